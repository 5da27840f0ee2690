// SPDX-License-Identifier: Apache-2.0
//! The plan as readable text.

use std::fmt;

use super::{Origin, Plan, Setting, Stage};

/// What the hash is made from: what runs, without names and positions.
pub(super) fn canonical(plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = body(plan, &mut text, false);
    text
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan {}", self.name)?;
        writeln!(f, "file {}", self.file)?;
        writeln!(f, "hash {}", self.hash)?;
        body(self, f, true)
    }
}

fn body(plan: &Plan, out: &mut dyn fmt::Write, places: bool) -> fmt::Result {
    match &plan.telemetry {
        None => writeln!(out, "\ntelemetry off")?,
        Some(telemetry) => {
            writeln!(out, "\ntelemetry{}", at(telemetry.place, places))?;
            settings(&telemetry.settings, out, places)?;
        }
    }
    for component in plan.exporters.iter().chain(&plan.processors) {
        stage(component, out, places)?;
    }
    for lane in &plan.lanes {
        stage(&lane.receiver, out, places)?;
        for branch in &lane.branches {
            write!(out, "  in {}: ", branch.pipeline)?;
            for processor in &branch.processors {
                write!(out, "{processor} -> ")?;
            }
            writeln!(out, "{}{}", branch.exporters.join(", "), at(branch.place, places))?;
        }
    }
    Ok(())
}

fn stage(stage: &Stage, out: &mut dyn fmt::Write, places: bool) -> fmt::Result {
    let Stage { role, id, module, rust_type, .. } = stage;
    writeln!(out, "\n{role} {id}: {module}::{rust_type}{}", at(stage.place, places))?;
    settings(&stage.settings, out, places)
}

fn settings(settings: &[Setting], out: &mut dyn fmt::Write, places: bool) -> fmt::Result {
    for Setting { path, value, origin } in settings {
        write!(out, "  {path} = {value}")?;
        match origin {
            _ if !places => writeln!(out)?,
            Origin::File(place) => writeln!(out, "{}", at(*place, true))?,
            Origin::Hole(place) => writeln!(out, "{}, filled at start-up", at(*place, true))?,
            Origin::Default => writeln!(out, "  # default")?,
        }
    }
    Ok(())
}

fn at(place: crate::Position, places: bool) -> String {
    if places { format!("  # {place}") } else { String::new() }
}
