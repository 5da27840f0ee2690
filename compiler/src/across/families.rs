// SPDX-License-Identifier: Apache-2.0
//! Two declarations of one metric that disagree, and meet in one exporter: a page could not
//! show both under one name.

use std::collections::HashMap;

use tracecore_schema::{Descriptor, Problem, Role};

use super::Checked;

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    let resolved = file.resolved;
    let mut reported: Vec<(&str, &str, &str)> = Vec::new();
    for (exporter, shown) in resolved.of(Role::Exporter) {
        let mut families: HashMap<&'static str, (usize, &'static Descriptor)> = HashMap::new();
        let pipelines = resolved.pipelines_of(exporter);
        let mut receivers: Vec<usize> =
            pipelines.flat_map(|p| p.stage(Role::Receiver)).map(|receiver| receiver.component).collect();
        receivers.sort_unstable();
        receivers.dedup();
        for receiver in receivers {
            let Some(entry) = resolved.components[receiver].entry else { continue };
            for metric in (entry.metrics)() {
                let (first, known) = *families.entry(metric.name).or_insert((receiver, metric));
                let Some(difference) = difference(known, metric) else { continue };
                let (first, later) = (&resolved.components[first], &resolved.components[receiver]);
                let pair = (metric.name, first.id, later.id);
                if reported.contains(&pair) {
                    continue;
                }
                reported.push(pair);
                let message = format!(
                    "receivers `{}` and `{}` disagree about `{}`: {difference}; both reach exporter `{}`",
                    first.id, later.id, metric.name, shown.id
                );
                problems.push(
                    Problem::error(later.place, message, "declares it otherwise")
                        .related(first.place, "declares it")
                        .help("send them to two exporters"),
                );
            }
        }
    }
}

/// What of two declarations differs.
fn difference(a: &Descriptor, b: &Descriptor) -> Option<String> {
    if a.instrument != b.instrument {
        return Some(format!("{} and {}", a.instrument.name(), b.instrument.name()));
    }
    if a.unit != b.unit {
        return Some(format!("the unit is `{}` and `{}`", a.unit, b.unit));
    }
    (a.number != b.number)
        .then(|| format!("its numbers are {:?} and {:?}", a.number, b.number).to_lowercase())
}
