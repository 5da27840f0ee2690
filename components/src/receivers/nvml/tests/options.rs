// SPDX-License-Identifier: Apache-2.0
//! What an operator may write, and that the page about it says the same.

use std::time::Duration;

use tracecore_runtime::Receiver as _;
use tracecore_schema::{
    Config as _, Decoder, Fact, Key, MetricSet as _, Node, NodeKind, Span, Style, Text, Value as _,
};

use super::super::{Config, Metrics, Nvml, Simulated};

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

/// That it lists every option, metric and error kind is tested for all components at once, in
/// `components/tests/readmes.rs`.
#[test]
fn the_page_names_the_attributes_of_every_metric() {
    let common = Metrics::DESCRIPTORS[1].attributes;
    for metric in Metrics::DESCRIPTORS {
        let start = format!("| `{}` | {} | `{}` |", metric.name, metric.instrument.name(), metric.unit);
        let row = README.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no row begins with {start}"));
        for own in metric.attributes.iter().filter(|key| !common.contains(key)) {
            assert!(row.contains(own), "{own} is not in: {row}");
        }
    }
    for key in common {
        assert!(README.contains(&format!("`{key}`")), "{key}");
    }
}
