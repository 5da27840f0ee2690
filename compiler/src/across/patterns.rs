// SPDX-License-Identifier: Apache-2.0
//! A pattern over metric names that fits no metric of its pipelines selects nothing, which
//! nobody means.

use tracecore_schema::{Fact, Glob, Problem, Role, SignalKind, nearest};

use super::{Checked, Told};
use crate::words::listed;

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    for told in file.facts() {
        let Fact::MetricPattern(pattern) = told.fact else { continue };
        let Some(metrics) = metrics(file, &told) else { continue };
        if metrics.iter().any(|metric| pattern.matches(metric)) {
            continue;
        }
        let component = told.component;
        let pipelines: Vec<_> = file.resolved.pipelines_of(told.index).map(|p| p.id.as_str()).collect();
        let message = format!(
            "{} `{}`: no metric of {} fits `{}`",
            component.role,
            component.id,
            match pipelines.as_slice() {
                [only] => format!("pipeline `{only}`"),
                several => format!("the pipelines {}", listed(several.iter().copied())),
            },
            pattern.as_str(),
        );
        let problem = Problem::error(told.place, message, "fits nothing");
        problems.push(problem.maybe_help(suggestion(pattern, &metrics)));
    }
}

/// The metrics that pass a component; `None` if they are not all known.
fn metrics(file: &Checked<'_, '_, '_>, told: &Told<'_, '_, '_>) -> Option<Vec<&'static str>> {
    let components = &file.resolved.components;
    let mut receivers: Vec<usize> = match told.component.role {
        Role::Receiver => vec![told.index],
        Role::Processor | Role::Exporter => {
            let mut receivers = Vec::new();
            for pipeline in file.resolved.pipelines_of(told.index) {
                if !pipeline.complete || pipeline.signal != SignalKind::Metrics {
                    return None;
                }
                receivers.extend(pipeline.stage(Role::Receiver).iter().map(|r| r.component));
            }
            receivers
        }
    };
    receivers.sort_unstable();
    receivers.dedup();
    let mut names: Vec<&'static str> = Vec::new();
    for receiver in receivers {
        let entry = components.get(receiver)?.entry?;
        names.extend((entry.metrics)().iter().map(|metric| metric.name));
    }
    names.sort_unstable();
    names.dedup();
    Some(names)
}

fn suggestion(pattern: &Glob, metrics: &[&'static str]) -> Option<String> {
    let text = pattern.as_str();
    if let Some(near) = nearest(text, metrics.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    // `hw.gpu.util` for `hw.gpu.utilization`, `system.cpus.*` for `system.cpu.*`.
    let stem = text.trim_end_matches(['*', '?', '.']);
    let begins = |stem: &str| metrics.iter().copied().filter(|m| m.starts_with(stem)).collect::<Vec<_>>();
    let longer = begins(stem);
    if !stem.is_empty() && !longer.is_empty() {
        return Some(format!("metrics that begin so are {}", listed(longer.into_iter().take(8))));
    }
    let namespaces = metrics.iter().filter_map(|metric| Some(metric.rsplit_once('.')?.0));
    if let Some(near) = nearest(stem, namespaces) {
        return Some(format!("did you mean `{near}.*`?"));
    }
    match metrics {
        [] => Some("no receiver of its pipelines declares a metric".to_owned()),
        _ => Some(format!("the metrics are {}", listed(metrics.iter().copied()))),
    }
}
