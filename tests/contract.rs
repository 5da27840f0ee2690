// SPDX-License-Identifier: Apache-2.0
//! The promises to operators and component authors, each with the test that pins it.
//!
//! `docs/self-telemetry.md` has a table from id to tests. These tests fail when an id has no
//! test, when a test that is named does not exist, and when the reference of metrics in the same
//! file is not what the declarations say (`TRACECORE_UPDATE=1` writes it anew).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tracecore_runtime::telemetry::declared;
use tracecore_schema::words;

/// Every promise there is. A new one is added here first.
const IDS: [&str; 51] = [
    "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "X1", "X2", "X3", "X4",
    "X5", "X6", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "H1", "H2", "H3", "H4", "H5", "H6", "H7",
    "H8", "H9", "H10", "H11", "H12", "C1", "C2", "C3", "C4", "L1", "L2", "L3", "L4", "M1", "M2", "M3", "N1",
];

const PAGE: &str = "docs/self-telemetry.md";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table: an id, and where its tests are.
fn rows() -> BTreeMap<String, String> {
    let page = read(PAGE);
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.trim_end_matches([' ', '|']).split(" | ");
        let (id, tests) = (cells.next()?.trim(), cells.last()?);
        let is_id = id.starts_with(|c: char| c.is_ascii_uppercase()) && id[1..].parse::<u32>().is_ok();
        is_id.then(|| (id.to_owned(), tests.to_owned()))
    });
    rows.collect()
}

#[test]
fn every_promise_has_a_test_and_every_test_that_is_named_is_there() {
    let rows = rows();
    let missing: Vec<_> = IDS.iter().filter(|id| !rows.contains_key(**id)).collect();
    assert!(missing.is_empty(), "{PAGE}: no row for {missing:?}");
    for (id, tests) in &rows {
        assert!(IDS.contains(&id.as_str()), "{PAGE}: `{id}` is no promise");
        let mut functions = 0;
        // A file in backticks, then its functions in backticks; several files between semicolons.
        for of_file in tests.split("; ") {
            let mut words = of_file.split('`').skip(1).step_by(2);
            let file = words.next().unwrap_or_else(|| panic!("{PAGE}: {id} names no test"));
            let code = read(file);
            for function in words {
                let at = code.find(&format!("fn {function}(")).unwrap_or_else(|| {
                    panic!("{PAGE}: {id}: there is no `{function}` in {file}");
                });
                let before = &code[code[..at].rfind("\n\n").unwrap_or(0)..at];
                assert!(
                    before.contains("#[test]") || before.contains("#[tokio::test"),
                    "{PAGE}: {id}: `{function}` in {file} is no test"
                );
                functions += 1;
            }
        }
        assert!(functions > 0, "{PAGE}: {id} names no test");
    }
}

#[test]
fn the_reference_of_metrics_is_what_is_declared() {
    let (begin, end) = ("<!-- metrics: begin -->\n", "<!-- metrics: end -->");
    let page = read(PAGE);
    let (head, rest) = page.split_once(begin).unwrap();
    let (found, tail) = rest.split_once(end).unwrap();
    let expected = format!("\n{}\n", declared::reference());
    if found == expected {
        return;
    }
    if std::env::var_os("TRACECORE_UPDATE").is_some_and(|update| update == "1") {
        fs::write(repository().join(PAGE), format!("{head}{begin}{expected}{end}{tail}")).unwrap();
        return;
    }
    panic!(
        "{PAGE} is not what is declared; `TRACECORE_UPDATE=1 cargo test -p tracecore-tests --test contract` writes it"
    );
}

#[test]
fn r9_the_canonical_error_kinds_are_closed_lists() {
    let receiver = ["connect", "parse", "downstream", "enumerate", "read", "cardinality", "panic", "init"];
    assert_eq!(words::RECEIVER_ERROR_KINDS, receiver);
    assert_eq!(words::RECEIVER_RUNTIME_KINDS, ["init", "panic", "downstream", "cardinality"]);
    let exporter = ["marshal", "connect", "io", "timeout", "throttled", "rejected", "auth", "init", "panic"];
    assert_eq!(words::EXPORTER_ERROR_KINDS, exporter);
    for (canonical, runtime) in [
        (words::RECEIVER_ERROR_KINDS, words::RECEIVER_RUNTIME_KINDS),
        (words::EXPORTER_ERROR_KINDS, words::EXPORTER_RUNTIME_KINDS),
        (words::PROCESSOR_ERROR_KINDS, words::PROCESSOR_RUNTIME_KINDS),
    ] {
        assert!(runtime.iter().all(|kind| canonical.contains(kind)), "R10: membership");
        assert!(canonical.iter().all(|kind| kind.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }
}

#[test]
fn x5_settings_can_grow_without_breaking_callers() {
    for (file, names) in [
        ("runtime/src/settings.rs", &["BuildInfo", "Settings", "LaneInfo"][..]),
        ("runtime/src/host/mod.rs", &["RunOptions"]),
        ("runtime/src/http/mod.rs", &["Limits"]),
        ("runtime/src/telemetry/status.rs", &["StatusEvent"]),
    ] {
        let code = read(file);
        for name in names {
            let at =
                code.find(&format!("pub struct {name}")).unwrap_or_else(|| panic!("no {name} in {file}"));
            let attributes = &code[code[..at].rfind("\n\n").unwrap_or(0)..at];
            assert!(attributes.contains("#[non_exhaustive]"), "{name} in {file}");
        }
    }
    // `Open` has no public field, and so grows as well.
    assert!(
        !read("runtime/src/settings.rs")
            .split("pub struct Open")
            .nth(1)
            .unwrap()
            .split('}')
            .next()
            .unwrap()
            .contains("pub ")
    );
}

#[test]
fn every_metric_is_documented_and_no_name_is_there_twice() {
    let mut shown: Vec<_> = declared::ALL.iter().map(|metric| metric.shown()).collect();
    shown.sort();
    let count = shown.len();
    shown.dedup();
    assert_eq!(shown.len(), count);
    for metric in declared::ALL {
        assert!(metric.help.ends_with('.') && metric.help.len() > 10, "{}", metric.name);
        assert!(!metric.help.contains('|'), "{}: it stands in a table", metric.name);
    }
}
