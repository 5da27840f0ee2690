// SPDX-License-Identifier: Apache-2.0
//! The reference in `docs/reference/` is what the declarations say: it is written from the
//! catalog, and these tests fail when the committed files say something else.
//!
//! `TRACECORE_UPDATE=1 cargo test -p tracecore-tests --test reference` writes them anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

#[path = "reference/render.rs"]
mod render;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tracecore_components::{catalog, exporters, processors, receivers};
use tracecore_runtime::{Declared, ErrorKind};
use tracecore_schema::{Declaration, Entry, Role};

use render::{Kinds, Origins};

/// The error kinds are declared where a component runs, which the catalog does not know: a line
/// for each type that a pipeline may choose.
fn kinds() -> Vec<Kinds> {
    fn of<C: Declared>() -> Kinds {
        Kinds { role: C::Config::ROLE, kind: C::Config::KIND, names: C::Kind::NAMES }
    }
    vec![
        of::<receivers::clock::ClockReceiver>(),
        of::<receivers::hostmetrics::HostMetrics>(),
        of::<receivers::kernelevents::KernelEvents>(),
        of::<receivers::nvml::Nvml>(),
        of::<receivers::nvml::SimulatedNvml>(),
        of::<processors::attributes::Attributes>(),
        of::<processors::filter::Filter>(),
        of::<exporters::otlp::Otlp>(),
        of::<exporters::prometheus::Prometheus>(),
        of::<exporters::stdout::Json>(),
        of::<exporters::stdout::Table>(),
    ]
}

/// So is where metrics come from, where there is more to say than their names do.
fn origins() -> Vec<Origins> {
    let nvml = receivers::nvml::metrics::Metrics::origins();
    let rows = nvml.map(|origin| [origin.metric, origin.call, origin.needs]).collect();
    vec![Origins { kind: "nvml", rows }]
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The folder of a component, which generated code names by its path:
/// `::tracecore_components::receivers::clock`.
fn folder(entry: &Entry) -> PathBuf {
    let module = entry.path.strip_prefix("::tracecore_components::").unwrap();
    Path::new("components/src").join(module.replace("::", "/"))
}

/// Compares a committed file with what it should say, or writes it if that is asked for.
#[track_caller]
fn committed(name: &str, expected: &str) {
    let path = repository().join("docs/reference").join(name);
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found == expected {
        return;
    }
    if std::env::var_os("TRACECORE_UPDATE").is_some_and(|update| update == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(&path, expected).unwrap();
    }
    let (line, (now, then)) = std::iter::zip(
        found.lines().map(Some).chain(std::iter::repeat(None)),
        expected.lines().map(Some).chain(std::iter::repeat(None)),
    )
    .enumerate()
    .find(|(_, (now, then))| now != then)
    .unwrap_or_default();
    panic!(
        "docs/reference/{name} is not what the declarations say, from line {}:\n  it says   {}\n  should be {}\n\
         write it anew: TRACECORE_UPDATE=1 cargo test -p tracecore-tests --test reference",
        line + 1,
        now.unwrap_or("(nothing more)"),
        then.unwrap_or("(nothing more)"),
    );
}

#[test]
fn the_list_of_components_is_what_they_declare() {
    committed("components.md", &render::components(&catalog(), &kinds(), &origins(), folder));
}

#[test]
fn the_schema_of_pipeline_files_is_what_the_components_declare() {
    // As `tracecore schema` prints it.
    committed("pipeline.schema.json", &format!("{:#}\n", tracecore_compiler::json_schema(&catalog())));
}

#[test]
fn every_component_has_a_readme_with_a_row_in_its_runbook_for_each_error_kind() {
    for entry in catalog().entries() {
        let path = folder(entry).join("README.md");
        let readme = fs::read_to_string(repository().join(&path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, runbook) = readme.split_once("\n## Runbook\n").unwrap_or_else(|| {
            panic!("{}: no `## Runbook` with a row for each error kind", path.display());
        });
        let rows: BTreeSet<&str> = runbook
            .lines()
            .take_while(|line| !line.starts_with("## "))
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(kind, _)| kind)
            .collect();
        let declared = kinds();
        let declared: BTreeSet<&str> = declared
            .iter()
            .filter(|known| (known.role, known.kind) == (entry.role, entry.kind))
            .flat_map(|known| known.names.iter().copied())
            .collect();
        assert_eq!(rows, declared, "{}: the runbook's rows and the declared kinds", path.display());
    }
}

#[test]
fn every_component_is_in_the_list_of_error_kinds_above() {
    let listed: BTreeSet<(Role, &str)> = kinds().iter().map(|known| (known.role, known.kind)).collect();
    let known = catalog();
    let known: BTreeSet<_> = known.entries().iter().map(|entry| (entry.role, entry.kind)).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_pipelines_that_come_with_tracecore_name_the_schema_for_editors() {
    for entry in fs::read_dir(repository().join("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let wanted = "# yaml-language-server: $schema=../docs/reference/pipeline.schema.json";
        assert_eq!(first, wanted, "the first line of {}", path.display());
    }
}

#[test]
fn every_fault_names_a_test_that_there_is() {
    let path = "docs/failure-modes.md";
    let text = fs::read_to_string(repository().join(path)).unwrap();
    let faults = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault"));
    let mut checked = 0;
    for row in faults {
        let fault = row.split('|').nth(1).unwrap().trim();
        let tests = row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap();
        // A file in backticks, then its functions in backticks; several files between semicolons.
        for of_file in tests.split("; ").filter(|tests| *tests != "the same") {
            let mut words = of_file.split('`').skip(1).step_by(2);
            let file = words.next().unwrap_or_else(|| panic!("{path}: no test for: {fault}"));
            let code = fs::read_to_string(repository().join(file))
                .unwrap_or_else(|error| panic!("{path}: {fault}: `{file}`: {error}"));
            for function in words {
                assert!(
                    code.contains(&format!("fn {function}(")),
                    "{path}: {fault}: no `{function}` in {file}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked >= 30, "{checked} rows only: is the table read?");
}
