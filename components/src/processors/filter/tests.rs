// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::signal::SeriesDraft;
use tracecore_runtime::{Admission, Metrics, Processes, Processor as _};
use tracecore_schema::{Attribute, Config as _, Descriptor, Glob, Instrument, NumberKind, Pattern};

use super::{AttributeMatch, Config, Filter};

static NETWORK: Descriptor = descriptor("system.network.io");
static DISK: Descriptor = descriptor("system.disk.io");

const fn descriptor(name: &'static str) -> Descriptor {
    Descriptor {
        name,
        unit: "By",
        description: "Bytes.",
        instrument: Instrument::Counter,
        number: NumberKind::U64,
        attributes: &["network.interface.name", "system.device", "cpu.logical_number"],
        spellings: &[],
    }
}

fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().map(|pattern| Glob::new(*pattern)).collect()
}

fn wanted(key: &str, value: &str, metrics: &[&str]) -> AttributeMatch {
    AttributeMatch {
        key: key.into(),
        value: Pattern::new(value),
        metrics: globs(metrics),
        events: Vec::new(),
    }
}

fn keeps(config: &Config, descriptor: &'static Descriptor, attributes: &[(&'static str, &str)]) -> bool {
    let attributes = attributes.iter().map(|(key, value)| Attribute::new(*key, *value)).collect();
    let mut filter = Filter::open(config).unwrap_or_else(|failure| unreachable!("{failure}"));
    Processes::<Metrics>::admit(&mut filter, &mut SeriesDraft::new(descriptor, attributes)) == Admission::Keep
}

#[test]
fn included_metrics_pass_unless_they_are_excluded() {
    let config = Config { include: globs(&["system.*"]), exclude: globs(&["*.disk.*"]), ..Config::default() };
    assert!(keeps(&config, &NETWORK, &[]));
    assert!(!keeps(&config, &DISK, &[]));

    let config = Config { include: globs(&["hw.*"]), ..Config::default() };
    assert!(!keeps(&config, &NETWORK, &[]));

    let config = Config { exclude: globs(&["hw.*"]), ..Config::default() };
    assert!(keeps(&config, &NETWORK, &[]), "without `include` everything is included");
}

#[test]
fn an_excluded_attribute_ends_its_series_and_no_other() {
    let exclude_attributes = vec![wanted("network.interface.name", "veth*", &[])];
    let config = Config { exclude_attributes, ..Config::default() };
    assert!(!keeps(&config, &NETWORK, &[("network.interface.name", "veth12ab")]));
    assert!(keeps(&config, &NETWORK, &[("network.interface.name", "eth0")]));
    assert!(keeps(&config, &DISK, &[("system.device", "sda")]));
}

#[test]
fn an_included_attribute_is_needed_to_pass() {
    let include_attributes =
        vec![wanted("system.device", "nvme?n1", &[]), wanted("system.device", "md*", &[])];
    let config = Config { include_attributes, ..Config::default() };
    assert!(keeps(&config, &DISK, &[("system.device", "nvme0n1")]));
    assert!(keeps(&config, &DISK, &[("system.device", "md127")]));
    assert!(!keeps(&config, &DISK, &[("system.device", "sda")]));
    assert!(!keeps(&config, &NETWORK, &[("network.interface.name", "eth0")]));
}

#[test]
fn a_match_about_some_metrics_leaves_the_others_alone() {
    let exclude_attributes = vec![wanted("system.device", "sd*", &["system.network.*"])];
    let config = Config { exclude_attributes, ..Config::default() };
    assert!(keeps(&config, &DISK, &[("system.device", "sda")]));
}

#[test]
fn a_value_that_is_a_number_is_matched_as_it_is_shown() {
    let exclude_attributes = vec![wanted("cpu.logical_number", "1?", &[])];
    let config = Config { exclude_attributes, ..Config::default() };
    let admit = |number: u32| {
        let attributes = vec![Attribute::new("cpu.logical_number", number)];
        let mut filter = Filter::open(&config).unwrap_or_else(|failure| unreachable!("{failure}"));
        Processes::<Metrics>::admit(&mut filter, &mut SeriesDraft::new(&NETWORK, attributes))
    };
    assert_eq!(admit(12), Admission::Drop);
    assert_eq!(admit(2), Admission::Keep);
}

#[test]
fn a_filter_that_lists_nothing_is_refused() {
    let violations = Config::default().check();
    assert_eq!(violations.len(), 1);
    assert!(violations[0].message.contains("everything would pass"), "{}", violations[0]);
    assert!(Config { exclude: globs(&["*"]), ..Config::default() }.check().is_empty());
}
