// SPDX-License-Identifier: Apache-2.0
//! Each component's README lists its options, its metrics and a runbook row per error kind:
//! all of them, nothing else, with their units and defaults (contract R10).
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tracecore_components::{exporters, processors, receivers};
use tracecore_runtime::{Declared, ErrorKind};
use tracecore_schema::{Config, Declaration, Descriptor, Field, Role};

/// The rows of all tables whose first column has this heading: the first cell, without its
/// backticks, and the others.
fn rows(readme: &str, heading: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut wanted = false;
    for line in readme.lines() {
        let Some(row) = line.strip_prefix("| ") else {
            wanted = wanted && line.starts_with("|-");
            continue;
        };
        let mut cells = row.trim_end_matches('|').split(" |").map(|cell| cell.trim().replace('`', ""));
        let first = cells.next().unwrap();
        if first == heading {
            wanted = true;
        } else if wanted {
            let twice = found.insert(first, cells.collect());
            assert_eq!(twice, None, "two rows for one {heading}: {line}");
        }
    }
    found
}

/// The fields of a config and of the structs in it. Of several with one name the outermost has
/// the row; the others are told of in the row of their struct.
fn all<'a>(fields: &'a [Field], found: &mut BTreeMap<String, &'a Field>) {
    for field in fields {
        found.entry(field.name.to_owned()).or_insert(field);
    }
    for field in fields {
        all(&field.nested, found);
    }
}

fn check<C: Declared>(folder: &str) -> (Role, &'static str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    assert!(readme.starts_with(&format!("# {}\n", C::Config::KIND)), "{folder}: the title is the kind");

    let fields = C::Config::fields();
    let mut options = BTreeMap::new();
    all(&fields, &mut options);
    let listed = rows(&readme, "option");
    assert!(listed.keys().eq(options.keys()), "{folder}: {:?}, {:?}", listed.keys(), options.keys());
    for (name, field) in options {
        let default = field.default.as_deref().unwrap_or("required");
        let shown = &listed[&name][1];
        assert!(
            shown == default || (default == "none" && shown == "all"),
            "{folder}: `{name}`: {shown}, {default}"
        );
    }

    let metrics: BTreeMap<String, &Descriptor> =
        C::Config::metrics().into_iter().map(|metric| (metric.name.to_owned(), metric)).collect();
    let listed = rows(&readme, "metric");
    assert!(listed.keys().eq(metrics.keys()), "{folder}: {:?}, {:?}", listed.keys(), metrics.keys());
    for (name, metric) in metrics {
        let [instrument, unit, _, what] = &listed[&name][..] else { unreachable!("{folder}: {name}") };
        assert_eq!((instrument.as_str(), unit.as_str()), (metric.instrument.name(), metric.unit), "{name}");
        assert_eq!(*what, metric.description.replace('`', ""), "{name}");
    }

    let kinds: BTreeMap<String, ()> = C::Kind::NAMES.iter().map(|&name| (name.to_owned(), ())).collect();
    let listed = rows(&readme, "kind");
    assert!(listed.keys().eq(kinds.keys()), "{folder}: {:?}, {:?}", listed.keys(), kinds.keys());
    (C::Config::ROLE, C::Config::KIND)
}

#[test]
fn each_readme_lists_what_there_is() {
    let checked = BTreeSet::from([
        check::<exporters::otlp::Otlp>("exporters/otlp"),
        check::<exporters::prometheus::Prometheus>("exporters/prometheus"),
        check::<exporters::stdout::Json>("exporters/stdout"),
        check::<exporters::stdout::Table>("exporters/stdout"),
        check::<receivers::clock::ClockReceiver>("receivers/clock"),
        check::<receivers::hostmetrics::HostMetrics>("receivers/hostmetrics"),
        check::<receivers::kernelevents::KernelEvents>("receivers/kernelevents"),
        check::<receivers::nvml::Nvml>("receivers/nvml"),
        check::<receivers::nvml::SimulatedNvml>("receivers/nvml"),
        check::<processors::attributes::Attributes>("processors/attributes"),
        check::<processors::filter::Filter>("processors/filter"),
    ]);
    let known = tracecore_components::catalog();
    let known: BTreeSet<_> = known.entries().iter().map(|entry| (entry.role, entry.kind)).collect();
    assert_eq!(checked, known, "every component has a README, and a line above");
}
