// SPDX-License-Identifier: Apache-2.0
//! The tables of the GPU receiver's README: written from the declarations, and compared with what
//! simulated GPUs emit, in both directions.
//!
//! `TRACECORE_UPDATE=1 cargo test -p tracecore-components --test nvml_page` writes them anew.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use tracecore_components::receivers::nvml::Config;
use tracecore_components::receivers::nvml::metrics::{Metrics, Origin};
use tracecore_schema::{Config as _, Field, MetricSet as _};

const BEGIN: &str = "<!-- written from the declarations: begin -->\n";
const END: &str = "<!-- end -->\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/receivers/nvml/README.md")
}

/// What all series of GPUs may carry.
fn common() -> &'static [&'static str] {
    Metrics::DESCRIPTORS.iter().map(|metric| metric.attributes).min_by_key(|keys| keys.len()).unwrap()
}

fn origins() -> BTreeMap<&'static str, &'static Origin> {
    Metrics::origins().map(|origin| (origin.metric, origin)).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A table of options.
fn options<'a>(fields: impl IntoIterator<Item = &'a Field>) -> String {
    let mut table = String::from("| option | what to write | default | what it is |\n|---|---|---|---|\n");
    for field in fields {
        let default = field.default.as_deref().unwrap_or("required");
        let default = if default == "none" { default.to_owned() } else { format!("`{default}`") };
        let (expected, help) = (one_line(&field.expected), one_line(field.help));
        let _ = writeln!(table, "| `{}` | {expected} | {default} | {help} |", field.name);
    }
    table
}

/// The tables between the marks, one for each mark in the page's order.
fn tables() -> Vec<String> {
    let top = Config::fields();
    let of = |name: &'static str| {
        top.iter().filter(move |field| field.name == name).flat_map(|field| &field.nested)
    };
    let details = of("processes").chain(of("simulated"));
    let mut metrics =
        String::from("| metric | instrument | unit | own attributes | what it is |\n|---|---|---|---|---|\n");
    let mut calls = String::from("| of | call | what it takes |\n|---|---|---|\n");
    let origins = origins();
    for metric in Metrics::DESCRIPTORS {
        let own: Vec<_> = metric.attributes.iter().copied().filter(|key| !common().contains(key)).collect();
        let (instrument, what) = (metric.instrument.name(), one_line(metric.description));
        let _ = writeln!(
            metrics,
            "| `{}` | {instrument} | `{}` | {} | {what} |",
            metric.name,
            metric.unit,
            quoted(&own)
        );
        let origin = origins.get(metric.name);
        let origin = origin.unwrap_or_else(|| panic!("{} does not say where it comes from", metric.name));
        let _ = writeln!(calls, "| `{}` | {} | {} |", metric.name, origin.call, origin.needs);
    }
    vec![options(&top), options(of("groups")), options(details), metrics, calls]
}

#[test]
fn the_tables_are_those_of_the_declarations() {
    let found = std::fs::read_to_string(path()).unwrap();
    let mut parts = found.split(BEGIN);
    let mut expected = parts.next().unwrap().to_owned();
    let tables = tables();
    let rest: Vec<_> = parts.collect();
    assert_eq!(rest.len(), tables.len(), "a mark for each table");
    for (part, table) in rest.iter().zip(&tables) {
        let (_, after) = part.split_once(END).unwrap();
        let _ = write!(expected, "{BEGIN}\n{table}\n{END}{after}");
    }
    if found == expected {
        return;
    }
    if std::env::var_os("TRACECORE_UPDATE").is_some_and(|update| update == "1") {
        return std::fs::write(path(), expected).unwrap();
    }
    let (now, then) =
        found.lines().zip(expected.lines()).find(|(now, then)| now != then).unwrap_or(("the end", "more"));
    panic!(
        "the README says\n  {now}\nand should say\n  {then}\n\
         write it anew: TRACECORE_UPDATE=1 cargo test -p tracecore-components --test nvml_page"
    );
}

#[test]
fn each_metric_says_where_it_comes_from_once() {
    let declared: BTreeSet<_> = Metrics::DESCRIPTORS.iter().map(|metric| metric.name).collect();
    assert_eq!(declared.len(), Metrics::DESCRIPTORS.len(), "no name is declared twice");
    assert!(origins().keys().copied().eq(declared.iter().copied()));
    assert_eq!(Metrics::origins().count(), declared.len());
}
