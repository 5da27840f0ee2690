// SPDX-License-Identifier: Apache-2.0
//! What an operator may write, and that the page about it says the same.

use std::collections::BTreeSet;
use std::time::Duration;

use tracecore_runtime::ErrorKind as _;
use tracecore_runtime::Receiver as _;
use tracecore_schema::{
    Config as _, Decoder, Fact, Key, MetricSet as _, Node, NodeKind, Span, Style, Text, Value as _,
};

use super::super::{Config, Metrics, Nvml, NvmlKind, Simulated, SimulatedNvmlKind};

const README: &str = include_str!("../README.md");

fn map(entries: &[(&str, NodeKind)]) -> NodeKind {
    let span = Span::default();
    NodeKind::Map(
        entries
            .iter()
            .map(|(key, kind)| (Key { text: (*key).to_owned(), span }, Node { span, kind: kind.clone() }))
            .collect(),
    )
}

fn plain(text: &str) -> NodeKind {
    NodeKind::Scalar(Text { text: text.to_owned(), style: Style::Plain })
}

/// The Rust type that is chosen and whether it loads a library, or what is wrong.
fn decode(kind: NodeKind) -> Result<(&'static str, bool), Vec<String>> {
    let mut problems = Vec::new();
    let mut decoder = Decoder::new("receivers.nvml", &mut problems);
    let decoded = Config::decode(&Node { span: Span::default(), kind }, &mut decoder);
    let loads = decoder.facts.iter().any(|(fact, _)| matches!(fact, Fact::LoadsLibrary("libnvidia-ml.so.1")));
    let chosen = decoder.rust_type.map(|chosen| (chosen, loads));
    match (decoded, chosen) {
        (Some(_), Some(chosen)) if problems.is_empty() => Ok(chosen),
        _ => Err(problems.into_iter().map(|problem| problem.message).collect()),
    }
}

#[test]
fn the_file_chooses_the_driver() {
    assert_eq!(decode(NodeKind::Null), Ok(("Nvml", true)));
    assert_eq!(decode(map(&[("library", plain("/opt/libnvidia-ml.so.1"))])), Ok(("Nvml", true)));
    assert_eq!(decode(map(&[("simulated", map(&[]))])), Ok(("SimulatedNvml", false)));
    assert_eq!(decode(map(&[("simulated", map(&[("gpus", plain("4"))]))])), Ok(("SimulatedNvml", false)));
}

#[test]
fn a_library_and_a_simulation_exclude_each_other() {
    let both = map(&[("library", plain("/opt/x.so")), ("simulated", map(&[]))]);
    let problems = decode(both).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("simulated GPUs need no `library`"), "{problems:?}");
    let config = Config {
        library: Some("/opt/x.so".into()),
        simulated: Some(Simulated::default()),
        ..Config::default()
    };
    assert_eq!(config.check().len(), 1, "and again at start-up");
}

#[test]
fn a_control_file_has_the_say() {
    let control = Simulated { control: Some("/run/sim".into()), ..Simulated::default() };
    let with = |simulated| Config { simulated: Some(simulated), ..Config::default() }.check().len();
    assert_eq!(with(control.clone()), 0);
    assert_eq!(with(Simulated { gpus: Some(4), ..control.clone() }), 1);
    assert_eq!(with(Simulated { seed: Some(4), ..control }), 1);
    assert_eq!(with(Simulated { gpus: Some(33), ..Simulated::default() }), 1);
}

#[test]
fn intervals_have_a_floor() {
    let interval = |interval| Config { collection_interval: interval, ..Config::default() };
    assert_eq!(Config::default().collection_interval, Duration::from_secs(1));
    assert_eq!(Nvml::pace(&interval(Duration::from_secs(5))).interval, Duration::from_secs(5));
    assert_eq!(interval(Duration::from_millis(10)).check(), []);
    assert_eq!(interval(Duration::from_millis(9)).check().len(), 1);
}

/// The words in backquotes that begin a row of the page's tables.
fn rows(heading: &str) -> BTreeSet<String> {
    let section = README.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section `{heading}`"));
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(ToOwned::to_owned).collect()
}

#[test]
fn the_page_lists_every_metric_with_its_unit_and_attributes_and_no_other() {
    let declared: BTreeSet<_> = Metrics::DESCRIPTORS.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(rows("Metrics"), declared);
    for metric in Metrics::DESCRIPTORS {
        let start = format!("| `{}` | {} | `{}` |", metric.name, metric.instrument.name(), metric.unit);
        let row = README.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no row begins with {start}"));
        let common = Metrics::DESCRIPTORS[1].attributes;
        for own in metric.attributes.iter().filter(|key| !common.contains(key)) {
            assert!(row.contains(own), "{own} is not in: {row}");
        }
    }
    assert!(README.contains(&format!("has {} series", super::EACH)));
    for common in Metrics::DESCRIPTORS[1].attributes {
        assert!(README.contains(&format!("`{common}`")), "{common}");
    }
}

#[test]
fn the_page_lists_every_option_and_no_other() {
    let mut declared = BTreeSet::new();
    for field in Config::fields() {
        declared.insert(field.name.to_owned());
        declared.extend(field.nested.iter().map(|nested| format!("{}.{}", field.name, nested.name)));
    }
    assert_eq!(rows("Options"), declared);
}

#[test]
fn the_runbook_has_a_row_for_every_error_kind_and_no_other() {
    let declared: BTreeSet<_> = NvmlKind::NAMES.iter().map(|kind| (*kind).to_owned()).collect();
    assert_eq!(NvmlKind::NAMES, SimulatedNvmlKind::NAMES);
    assert_eq!(rows("Runbook"), declared);
}
