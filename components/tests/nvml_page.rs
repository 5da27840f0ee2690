// SPDX-License-Identifier: Apache-2.0
//! The tables of the GPU receiver's README: written from the declarations, and compared with what
//! simulated GPUs emit, in both directions.
//!
//! `TRACECORE_UPDATE=1 cargo test -p tracecore-components --test nvml_page` writes them anew.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use tracecore_components::receivers::nvml::metrics::{Metrics, Origin};
use tracecore_components::receivers::nvml::{Config, Groups, Processes, Simulated, SimulatedNvml};
use tracecore_gpusim::{self as gpusim, Control, Setup};
use tracecore_runtime::testing::Harness;
use tracecore_schema::{Config as _, Field, MetricSet as _};

const BEGIN: &str = "<!-- written from the declarations: begin -->\n";
const END: &str = "<!-- end -->\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/receivers/nvml/README.md")
}

/// What all series of GPUs may carry.
fn common() -> &'static [&'static str] {
    Metrics::DESCRIPTORS.iter().map(|metric| metric.attributes).min_by_key(|keys| keys.len()).unwrap()
}

fn origins() -> BTreeMap<&'static str, &'static Origin> {
    Metrics::origins().map(|origin| (origin.metric, origin)).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A table of options.
fn options<'a>(fields: impl IntoIterator<Item = &'a Field>) -> String {
    let mut table = String::from("| option | what to write | default | what it is |\n|---|---|---|---|\n");
    for field in fields {
        let default = field.default.as_deref().unwrap_or("required");
        let default = if default == "none" { default.to_owned() } else { format!("`{default}`") };
        let (expected, help) = (one_line(&field.expected), one_line(field.help));
        let _ = writeln!(table, "| `{}` | {expected} | {default} | {help} |", field.name);
    }
    table
}

/// The tables between the marks, one for each mark in the page's order.
fn tables() -> Vec<String> {
    let top = Config::fields();
    let of = |name: &'static str| {
        top.iter().filter(move |field| field.name == name).flat_map(|field| &field.nested)
    };
    let details = of("processes").chain(of("simulated"));
    let mut metrics =
        String::from("| metric | instrument | unit | own attributes | what it is |\n|---|---|---|---|---|\n");
    let mut calls = String::from("| of | call | what it takes |\n|---|---|---|\n");
    let origins = origins();
    for metric in Metrics::DESCRIPTORS {
        let own: Vec<_> = metric.attributes.iter().copied().filter(|key| !common().contains(key)).collect();
        let (instrument, what) = (metric.instrument.name(), one_line(metric.description));
        let _ = writeln!(
            metrics,
            "| `{}` | {instrument} | `{}` | {} | {what} |",
            metric.name,
            metric.unit,
            quoted(&own)
        );
        let origin = origins.get(metric.name);
        let origin = origin.unwrap_or_else(|| panic!("{} does not say where it comes from", metric.name));
        let _ = writeln!(calls, "| `{}` | {} | {} |", metric.name, origin.call, origin.needs);
    }
    vec![options(&top), options(of("groups")), options(details), metrics, calls]
}

#[test]
fn the_tables_are_those_of_the_declarations() {
    let found = std::fs::read_to_string(path()).unwrap();
    let mut parts = found.split(BEGIN);
    let mut expected = parts.next().unwrap().to_owned();
    let tables = tables();
    let rest: Vec<_> = parts.collect();
    assert_eq!(rest.len(), tables.len(), "a mark for each table");
    for (part, table) in rest.iter().zip(&tables) {
        let (_, after) = part.split_once(END).unwrap();
        let _ = write!(expected, "{BEGIN}\n{table}\n{END}{after}");
    }
    if found == expected {
        return;
    }
    if std::env::var_os("TRACECORE_UPDATE").is_some_and(|update| update == "1") {
        return std::fs::write(path(), expected).unwrap();
    }
    let (now, then) =
        found.lines().zip(expected.lines()).find(|(now, then)| now != then).unwrap_or(("the end", "more"));
    panic!(
        "the README says\n  {now}\nand should say\n  {then}\n\
         write it anew: TRACECORE_UPDATE=1 cargo test -p tracecore-components --test nvml_page"
    );
}

#[test]
fn each_metric_says_where_it_comes_from_once() {
    let declared: BTreeSet<_> = Metrics::DESCRIPTORS.iter().map(|metric| metric.name).collect();
    assert_eq!(declared.len(), Metrics::DESCRIPTORS.len(), "no name is declared twice");
    assert!(origins().keys().copied().eq(declared.iter().copied()));
    assert_eq!(Metrics::origins().count(), declared.len());
}

/// Metrics, with the attribute keys that their series carried, of eight GPUs of each profile.
fn emitted() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut emitted: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for profile in gpusim::Profile::ALL {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let control = Control::create_as(&path, Setup::new(8, 1).profile(*profile)).unwrap();
        let process = gpusim::Process {
            pid: 4711,
            kind: gpusim::ProcessKind::Compute,
            memory: 1 << 30,
            sm: 40,
            bandwidth: 20,
            encoder: 5,
            decoder: 5,
            gpu_instance: None,
        };
        for gpu in 0..8 {
            control.set_process(gpu, process).unwrap();
        }
        let simulated = Some(Simulated { control: Some(path), ..Simulated::default() });
        let groups = Groups { pcie_throughput: true, ..Groups::default() };
        let processes = Processes { enabled: true, ..Processes::default() };
        let config = Config { simulated, groups, processes, ..Config::default() };
        let mut receiver = Harness::<SimulatedNvml>::open(config).unwrap();
        for _ in 0..3 {
            receiver.tick().unwrap();
            receiver.discover().unwrap();
            std::thread::sleep(Duration::from_millis(150));
        }
        assert_eq!(receiver.refused(), []);
        for point in receiver.points() {
            let keys = point.attributes.iter().map(|attribute| attribute.key.to_string());
            emitted.entry(point.descriptor.name).or_default().extend(keys);
        }
    }
    emitted
}

/// No simulated board has fans: those of data centres have none.
const NOT_SIMULATED: &[&str] = &["hw.fan.speed_ratio"];
/// Simulated processes have no names.
const NOT_CARRIED: &[&str] = &["process.executable.name"];

#[test]
fn eight_gpus_of_each_profile_emit_what_the_page_lists_and_nothing_else() {
    let emitted = emitted();
    let declared: BTreeMap<_, _> = Metrics::DESCRIPTORS.iter().map(|metric| (metric.name, metric)).collect();
    let undeclared: Vec<_> = emitted.keys().filter(|name| !declared.contains_key(*name)).collect();
    assert!(undeclared.is_empty(), "{undeclared:?}");
    let missing: Vec<_> = declared.keys().filter(|name| !emitted.contains_key(*name)).copied().collect();
    assert_eq!(missing, NOT_SIMULATED, "declared, and emitted by no profile");
    for (name, keys) in &emitted {
        let own = declared[name].attributes.iter().filter(|key| !common().contains(key));
        let unused: Vec<_> = own.filter(|key| !keys.contains(**key) && !NOT_CARRIED.contains(key)).collect();
        assert!(unused.is_empty(), "{name} lists {unused:?}, which no series carries");
    }
}
