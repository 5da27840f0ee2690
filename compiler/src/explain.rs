// SPDX-License-Identifier: Apache-2.0
//! What a valid file says, for people: a summary, and every value with its origin (contract M1).

use std::fmt::Write as _;

use crate::plan::{Origin, Plan, Setting};

/// The first lines of `validate`: how many pipelines, and what each is made of.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let mut out = format!("config valid: {} pipeline(s)\n", plan.pipelines.len());
    for pipeline in &plan.pipelines {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "  {}: receivers={} processors={} exporters={}",
            pipeline.id,
            pipeline.receivers.len(),
            pipeline.processors.len(),
            pipeline.exporters.len(),
        );
    }
    out
}

/// The summary, then every resolved value and where it came from.
#[must_use]
pub fn explain(plan: &Plan) -> String {
    let mut out = summary(plan);
    let mut rows: Vec<(String, String)> = Vec::new();
    if let Some(telemetry) = &plan.telemetry {
        rows.extend(telemetry.settings.iter().map(|setting| row(plan, setting)));
    }
    for stage in plan.lanes.iter().map(|lane| &lane.receiver).chain(&plan.processors).chain(&plan.exporters) {
        if stage.settings.is_empty() {
            let path = format!("{}.{}", stage.role.section(), stage.id);
            rows.push((path, format!("{}:{}", plan.file, stage.place)));
        }
        rows.extend(stage.settings.iter().map(|setting| row(plan, setting)));
    }
    let width = rows.iter().map(|(value, _)| value.chars().count()).filter(|width| *width <= 72).max();
    out.push('\n');
    if plan.telemetry.is_none() {
        out.push_str("telemetry is off: nothing listens\n");
    }
    for (value, origin) in rows {
        let _ = writeln!(out, "{value:width$}  # {origin}", width = width.unwrap_or(0));
    }
    out
}

fn row(plan: &Plan, setting: &Setting) -> (String, String) {
    let Setting { path, value, origin } = setting;
    let origin = match origin {
        Origin::File(place) => format!("{}:{place}", plan.file),
        Origin::Hole(place) => format!("{}:{place}, known at start-up", plan.file),
        Origin::Default => "default".to_owned(),
    };
    (format!("{path} = {value}"), origin)
}
