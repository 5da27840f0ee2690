// SPDX-License-Identifier: Apache-2.0
//! The declared metrics against a real scrape, and what a renamed one would show.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tracecore_schema::Role;
use tracecore_schema::telemetry::Level;

use super::Instruments;
use crate::queue::queue;
use crate::telemetry::declared::{self, Kind, Metric};
use crate::telemetry::{
    EdgeOutcome, ExporterTelemetry, Format, InitErrorReason, ProcessorTelemetry, ReceiverTelemetry,
    RecordReceiver, Registry,
};
use crate::{BuildInfo, Resource};

fn full(level: Level) -> Registry {
    let registry = Registry::new(&BuildInfo::new("tracecore", "1.2.3"), "3f2a", &Resource::default(), level);
    let nvml = ReceiverTelemetry::new("nvml".into(), &["read"], false);
    nvml.collected(Duration::from_millis(1));
    registry.add_receiver(&nvml);
    let otlp = ExporterTelemetry::new("otlp".into(), &["io"]);
    otlp.queue(queue(100).0);
    registry.add_exporter(&otlp);
    registry.add_processor(&ProcessorTelemetry::new("filter".into()));
    registry.edge(&"metrics".into(), &"nvml".into(), &"otlp".into()).items(EdgeOutcome::Taken, 1);
    crate::testing::fail_registrations(&registry, Some(InitErrorReason::NilProvider));
    drop(registry.meter(Role::Receiver, &Arc::from("nvml")));
    registry
}

/// The families of a scrape with their type and label keys.
fn families(registry: &Registry) -> BTreeMap<String, (String, String, BTreeSet<String>)> {
    let text = String::from_utf8(registry.render(Format::Text).unwrap()).unwrap();
    let mut families: BTreeMap<String, (String, String, BTreeSet<String>)> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            name.clone_into(&mut current);
            families.entry(current.clone()).or_default().1 = help.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            name.clone_into(&mut current);
            families.entry(current.clone()).or_default().0 = kind.to_owned();
        } else if let Some((_, labels)) = line.split_once('{') {
            let keys = labels.split("=\"").filter_map(|part| part.rsplit(['{', ',', '"']).next());
            let keys = keys.filter(|key| !key.contains('}') && *key != "le").map(str::to_owned);
            families.entry(current.clone()).or_default().2.extend(keys);
        }
    }
    families.remove("target_info");
    families
}

#[test]
fn each_level_shows_exactly_what_is_declared_for_it() {
    for level in [Level::None, Level::Basic, Level::Normal, Level::Detailed] {
        let shown = families(&full(level));
        let expected: BTreeSet<_> = declared::ALL
            .iter()
            .filter(|metric| metric.level <= level && metric.name != declared::DEPRECATED_METRIC.name)
            .map(|metric| metric.shown())
            .collect();
        assert_eq!(shown.keys().cloned().collect::<BTreeSet<_>>(), expected, "{level:?}");
    }
}

#[test]
fn types_labels_and_help_are_as_declared() {
    let shown = families(&full(Level::Detailed));
    for metric in declared::ALL {
        if metric.name == declared::DEPRECATED_METRIC.name {
            continue;
        }
        let (kind, help, keys) = &shown[&metric.shown()];
        assert_eq!(kind, metric.kind.name(), "{}", metric.name);
        assert_eq!(help, metric.help, "{}", metric.name);
        let declared: BTreeSet<_> = metric.labels.iter().map(|&label| label.to_owned()).collect();
        assert_eq!(*keys, declared, "{}", metric.name);
    }
}

/// As a metric that was renamed in 1.0 would be declared.
static RENAMED: Metric = Metric {
    name: "tracecore.new.errors",
    kind: Kind::Counter,
    unit: "{error}",
    labels: &["component_id"],
    level: Level::Basic,
    formerly: Some("tracecore.old.errors"),
    help: "Errors.",
};

#[test]
fn n1_a_renamed_metric_is_shown_under_both_names_and_counted() {
    let registry = full(Level::Basic);
    registry.with_own_meter(|meter, live| {
        let metrics = Instruments { meter, live, level: Level::Basic };
        metrics.counter(&RENAMED, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], 7);
            }
        });
    });
    let mut text = String::new();
    for _ in 0..2 {
        text = String::from_utf8(registry.render(Format::Text).unwrap()).unwrap();
    }
    for line in [
        r#"tracecore_new_errors_total{component_id="nvml"} 7"#,
        r#"tracecore_old_errors_total{component_id="nvml"} 7"#,
    ] {
        assert!(text.lines().any(|one| one == line), "no `{line}` in:\n{text}");
    }
    let names = r#"{new_name="tracecore_new_errors_total",old_name="tracecore_old_errors_total"}"#;
    let counted = text.lines().find_map(|line| {
        line.strip_prefix("tracecore_deprecated_metric_total")?
            .strip_prefix(names)?
            .trim()
            .parse::<u64>()
            .ok()
    });
    assert!(counted.is_some_and(|count| count >= 1), "{text}");
}
