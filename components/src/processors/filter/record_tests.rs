// SPDX-License-Identifier: Apache-2.0
//! What the filter does with log records.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use tracecore_runtime::testing::admit_record;
use tracecore_runtime::{LogBatch, Severity};
use tracecore_schema::{Config as _, Glob, Pattern};

use super::{AttributeMatch, Config, Filter, Level};

fn written(out: &mut LogBatch) {
    out.record(1).severity(Severity::ERROR).event_name("gpu.xid").body("79").attribute("hw.id", "GPU-1");
    out.record(2).severity(Severity::INFO).event_name("gpu.xid").body("13").attribute("gpu.index", 3);
    out.record(3).event_name("kernel.oom").body("killed").attribute("process.pid", 4711);
    out.record(4).severity(Severity::WARN).body("plain");
}

/// The bodies of what passes.
fn passes(config: &Config) -> Vec<String> {
    assert_eq!(config.check(), []);
    let left = admit_record::<Filter>(config, written).unwrap_or_else(|fault| unreachable!("{fault}"));
    left.into_iter().map(|record| record.body).collect()
}

fn patterns(patterns: &[&str]) -> Vec<Pattern> {
    patterns.iter().map(|pattern| Pattern::new(*pattern)).collect()
}

fn has(key: &str, value: &str) -> AttributeMatch {
    AttributeMatch { key: key.into(), value: Pattern::new(value), metrics: Vec::new(), events: Vec::new() }
}

#[test]
fn what_does_not_say_how_bad_it_is_passes_every_severity() {
    let least = |level| passes(&Config { min_severity: Some(level), ..Config::default() });
    assert_eq!(least(Level::Trace), ["79", "13", "killed", "plain"]);
    assert_eq!(least(Level::Warn), ["79", "killed", "plain"]);
    assert_eq!(least(Level::Fatal), ["killed"]);
}

#[test]
fn events_are_included_and_then_excluded() {
    let config = Config { include_events: patterns(&["gpu.*", "kernel.oom"]), ..Config::default() };
    assert_eq!(passes(&config), ["79", "13", "killed"], "a record without an event name fits no pattern");
    let config = Config { exclude_events: patterns(&["gpu.*"]), ..config };
    assert_eq!(passes(&config), ["killed"]);
}

#[test]
fn attributes_are_matched_by_their_text_whatever_they_are() {
    let config = Config {
        include_attributes: vec![has("gpu.index", "3"), has("process.pid", "47*")],
        ..Config::default()
    };
    assert_eq!(passes(&config), ["13", "killed"]);
    let config = Config { exclude_attributes: vec![has("hw.id", "GPU-?")], ..Config::default() };
    assert_eq!(passes(&config), ["13", "killed", "plain"]);
    let of_oom = AttributeMatch { events: patterns(&["kernel.oom"]), ..has("*", "*") };
    let config = Config {
        exclude_attributes: vec![AttributeMatch { key: "process.pid".into(), ..of_oom }],
        ..Config::default()
    };
    assert_eq!(passes(&config), ["79", "13", "plain"]);
}

#[test]
fn an_attribute_of_metrics_says_nothing_of_records() {
    let of_metrics = AttributeMatch { metrics: vec![Glob::new("hw.*")], ..has("hw.id", "nothing") };
    let min_severity = Some(Level::Error);
    let config = Config { include_attributes: vec![of_metrics], min_severity, ..Config::default() };
    assert_eq!(passes(&config), ["79", "killed"]);
}

#[test]
fn an_attribute_of_metrics_and_events_would_be_about_nothing() {
    let both = AttributeMatch {
        metrics: vec![Glob::new("hw.*")],
        events: patterns(&["gpu.*"]),
        ..has("hw.id", "x")
    };
    let violations = Config { exclude_attributes: vec![both], ..Config::default() }.check();
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(
        violations[0].message.contains("the attribute `hw.id` lists `metrics` and `events`"),
        "{}",
        violations[0]
    );
}
