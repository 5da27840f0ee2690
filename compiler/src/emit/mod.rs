// SPDX-License-Identifier: Apache-2.0
//! From plans to Rust, as text: token streams would drop the positions at the end of the lines.
//!
//! Generated code is thin: data and calls. It names `tracecore_runtime::private` and each
//! component's module, and nothing else.

mod imports;
mod names;

use std::fmt::Write as _;

use tracecore_schema::Literal;

use self::imports::Imports;
use self::names::{Names, OWN_VALUES};
use crate::plan::{Hole, Lane, Plan, Stage};

/// The door through which generated code enters the runtime.
const DOOR: &str = "::tracecore_runtime::private";

/// One module per plan, and the list of all of them.
#[must_use]
pub fn emit(plans: &[Plan]) -> String {
    let mut names = Names::default();
    let mut text = String::new();
    let mut list = Vec::new();
    for plan in plans {
        let name = names.unique(&plan.name);
        text.push_str(&module(&name, plan));
        text.push('\n');
        list.push(format!("&{name}::PIPELINE"));
    }
    text.push_str(&format!("pub static PIPELINES: &[&{DOOR}::Pipeline] = &[{}];\n", list.join(", ")));
    text
}

/// One plan as a module of its own.
fn module(name: &str, plan: &Plan) -> String {
    let imports = Imports::of(plan);
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write_module(&mut out, name, plan, &imports);
    out
}

fn write_module(out: &mut String, name: &str, plan: &Plan, imports: &Imports) -> std::fmt::Result {
    writeln!(out, "/// {}", plan.file)?;
    writeln!(out, "pub mod {name} {{")?;
    writeln!(out, "    use {DOOR} as rt;")?;
    for line in imports.lines() {
        writeln!(out, "    {line}")?;
    }
    writeln!(out)?;
    writeln!(out, "    pub static PIPELINE: rt::Pipeline = rt::Pipeline {{")?;
    writeln!(out, "        name: {:?},", plan.name)?;
    writeln!(out, "        file: {:?},", plan.file)?;
    writeln!(out, "        hash: {:?},", plan.hash)?;
    writeln!(out, "        telemetry,")?;
    if plan.holes.is_empty() {
        writeln!(out, "        holes: &[],")?;
    } else {
        writeln!(out, "        holes: &[")?;
        for hole in &plan.holes {
            writeln!(out, "            {},", declare(hole, plan, imports))?;
        }
        writeln!(out, "        ],")?;
    }
    writeln!(out, "        start,")?;
    writeln!(out, "    }};")?;
    writeln!(out)?;
    write_telemetry(out, plan)?;
    writeln!(out)?;
    write_start(out, plan, imports)?;
    writeln!(out, "}}")
}

/// A hole with everything that start-up needs to fill it.
fn declare(hole: &Hole, plan: &Plan, imports: &Imports) -> String {
    let config = match &hole.module {
        Some(module) => format!("{}::{}", imports.of_module(module), hole.config),
        None => format!("rt::telemetry::{}", hole.config),
    };
    let place = format!("{}:{}", plan.file, hole.place);
    format!("rt::hole::<{config}>({:?}, &{:?}, {:?}, {place:?})", hole.component, hole.path, hole.template)
}

fn write_telemetry(out: &mut String, plan: &Plan) -> std::fmt::Result {
    let result = "rt::Result<Option<rt::telemetry::Config>>";
    match &plan.telemetry {
        None => {
            writeln!(out, "    fn telemetry(_: &rt::Holes) -> {result} {{")?;
            writeln!(out, "        Ok(None)")?;
        }
        Some(telemetry) => {
            let config = telemetry.config.render("rt::telemetry", &fill(0));
            let host = if config.contains("host.fill(") { "host" } else { "_" };
            writeln!(out, "    fn telemetry({host}: &rt::Holes) -> {result} {{")?;
            writeln!(out, "        Ok(Some({config})) // {}:{}", plan.file, telemetry.place)?;
        }
    }
    writeln!(out, "    }}")
}

fn write_start(out: &mut String, plan: &Plan, imports: &Imports) -> std::fmt::Result {
    let mut names = Names::besides(OWN_VALUES);
    let mut handles = Vec::new();
    writeln!(out, "    pub fn start(host: &mut rt::Host) -> rt::Result<()> {{")?;
    for (call, stages) in [("exporter", &plan.exporters), ("processor", &plan.processors)] {
        for stage in stages {
            let name = names.unique(&stage.id);
            let line = format!("let {name} = host.{call}{}?;", arguments(stage, imports));
            writeln!(out, "        {line} // {}:{}", plan.file, stage.place)?;
            handles.push((call, stage.id.as_str(), name));
        }
    }
    for lane in &plan.lanes {
        write_lane(out, plan, lane, imports, &|call, ids| {
            let of_call = |id: &String| {
                let handle = handles.iter().find(|(c, known, _)| *c == call && known == id);
                handle.map(|(_, _, name)| format!("&{name}"))
            };
            tuple(&ids.iter().filter_map(of_call).collect::<Vec<_>>())
        })?;
    }
    writeln!(out, "        Ok(())")?;
    writeln!(out, "    }}")
}

fn write_lane(
    out: &mut String,
    plan: &Plan,
    lane: &Lane,
    imports: &Imports,
    handles: &dyn Fn(&str, &[String]) -> String,
) -> std::fmt::Result {
    let receiver = &lane.receiver;
    let call = format!("host.receiver{}?", arguments(receiver, imports));
    writeln!(out, "        {call} // {}:{}", plan.file, receiver.place)?;
    for branch in &lane.branches {
        let processors = handles("processor", &branch.processors);
        let exporters = handles("exporter", &branch.exporters);
        let signal = branch.signal.name();
        let line = format!(".{signal}({:?}, {processors}, {exporters})", branch.pipeline);
        writeln!(out, "            {line} // {}:{}", plan.file, branch.place)?;
    }
    writeln!(out, "            .start()?;")
}

/// `::<clock::ClockReceiver>("clockreceiver", clock::Config::default())`.
fn arguments(stage: &Stage, imports: &Imports) -> String {
    let module = imports.of_module(&stage.module);
    let config: &Literal = &stage.config;
    let config = config.render(module, &fill(stage.first_hole));
    format!("::<{module}::{}>({:?}, {config})", stage.rust_type, stage.id)
}

/// The expression for a hole of a component whose first hole is `first`.
fn fill(first: usize) -> impl Fn(usize) -> String {
    move |index| format!("host.fill({})?", first + index)
}

fn tuple(items: &[String]) -> String {
    match items {
        [only] => format!("({only},)"),
        items => format!("({})", items.join(", ")),
    }
}
