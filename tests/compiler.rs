// SPDX-License-Identifier: Apache-2.0
//! The compiler from outside: a corpus of mistakes, and files that compile. See
//! `compiler/README.md` beside this file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]

#[path = "compiler/catalog.rs"]
#[allow(dead_code, unreachable_pub, reason = "nothing runs these components")]
mod catalog;
#[path = "compiler/hostile.rs"]
mod hostile;

use std::fs;
use std::path::{Path, PathBuf};

use tracecore_compiler::{
    Compilation, Look, Source, Target, compile, compile_for, emit, explain, graph, json_schema, summary,
};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("compiler").join(name)
}

/// The files of a folder, by stem.
fn corpus(name: &str) -> Vec<(String, Source)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder(name)).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = Source::read(path, format!("{name}/{file}")).unwrap();
        (source.stem().to_owned(), source)
    };
    files.iter().map(read).collect()
}

fn one(path: &str, text: &str) -> Compilation {
    compile(&[Source::new(path, text)], &catalog::catalog())
}

fn good(name: &str) -> Compilation {
    let path = folder("good").join(name);
    let compilation = compile(&[Source::read(&path, name).unwrap()], &catalog::catalog());
    assert!(compilation.is_ok(), "{}", compilation.report);
    compilation
}

fn snapshot(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("compiler/snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn each_bad_file_has_its_one_mistake() {
    let corpus = corpus("bad");
    assert!(corpus.len() >= 40, "only {} files", corpus.len());
    for (name, source) in corpus {
        let compilation = compile(&[source], &catalog::catalog());
        let report = &compilation.report;
        let expected = if name == "ten-mistakes" { 10 } else { 1 };
        assert_eq!(report.problems().len(), expected, "{name}:\n{report}");
        assert_eq!(report.errors() == 0, name == "component-unused", "{name}:\n{report}");
        assert_eq!(compilation.plans.is_empty(), report.errors() > 0, "{name} is planned");
        let lines: Vec<String> = report.lines().collect();
        assert_eq!(lines.len(), expected, "{name}");
        assert!(lines.iter().all(|line| line.starts_with(&format!("bad/{name}.yaml:"))), "{lines:?}");
        snapshot("bad", &name, &format!("{}\n{}\n", report.draw(Look::Plain).trim_end(), lines.join("\n")));
    }
}

#[test]
fn good_files_have_plans_and_code() {
    for (name, source) in corpus("good") {
        let compilation = compile(&[source], &catalog::catalog());
        assert!(compilation.is_ok(), "{}", compilation.report);
        assert_eq!(compilation.report.warnings(), 0, "{}", compilation.report);
        snapshot("good", &format!("{name}.plan"), &compilation.plans[0].to_string());
        snapshot("good", &format!("{name}.rs"), &emit(&compilation.plans));
    }
}

#[test]
fn a_plan_is_explained_and_drawn() {
    let compilation = good("everything.yaml");
    let plan = &compilation.plans[0];
    snapshot("good", "everything.explain", &explain(plan));
    snapshot("good", "everything.graph", &graph(plan));
    assert!(
        summary(plan).starts_with("config valid: 3 pipeline(s)\n  metrics/gpu: receivers=2 processors=2 ")
    );
    let off = good("telemetry-off.yaml");
    assert!(explain(&off.plans[0]).contains("telemetry is off: nothing listens"));
}

#[test]
fn the_smallest_pipeline_expands_to_sixty_lines_at_most() {
    let code = emit(&good("smallest.yaml").plans);
    assert!(code.lines().count() <= 60, "{code}");
    let stages = code.lines().filter(|line| line.contains("host."));
    assert!(stages.clone().count() >= 2);
    for line in stages {
        assert!(line.contains("// smallest.yaml:"), "no position: {line}");
    }
}

/// What the files of `compiler/expanded/` expand to, compiled here with the real components.
#[allow(clippy::all, unreachable_pub, reason = "generated code stands in a binary's private module")]
mod expanded {
    pub(super) mod smallest {
        include!("compiler/expanded/smallest.rs");
    }
    pub(super) mod holes {
        include!("compiler/expanded/holes.rs");
    }
}

#[test]
fn the_expansions_that_are_compiled_here_are_those_of_today() {
    let known = [
        ("smallest", include_str!("compiler/expanded/smallest.rs"), expanded::smallest::PIPELINES),
        ("holes", include_str!("compiler/expanded/holes.rs"), expanded::holes::PIPELINES),
    ];
    for (name, code, pipelines) in known {
        let path = folder("expanded").join(format!("{name}.yaml"));
        let source = Source::read(&path, format!("pipelines/{name}.yaml")).unwrap();
        let compilation = compile(&[source], &tracecore_components::catalog());
        assert!(compilation.is_ok(), "{}", compilation.report);
        let expansion = emit(&compilation.plans);
        if expansion != code && std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            fs::write(path.with_extension("rs"), &expansion).unwrap();
        }
        assert_eq!(expansion, code, "accept it with INSTA_UPDATE=always, and read it");
        assert_eq!((pipelines.len(), pipelines[0].name), (1, name));
        assert_eq!(pipelines[0].hash, compilation.plans[0].hash);
    }
    let smallest = include_str!("compiler/expanded/smallest.rs");
    assert!(smallest.lines().count() <= 60, "{} lines", smallest.lines().count());
}

#[test]
fn the_pipelines_that_come_with_tracecore_compile_without_a_warning() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = Vec::new();
    for entry in fs::read_dir(repository.join("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            sources.push(Source::read(&path, path.to_string_lossy()).unwrap());
        }
    }
    assert!(sources.len() >= 2);
    let compilation = compile(&sources, &tracecore_components::catalog());
    assert_eq!(compilation.report.problems(), [], "{}", compilation.report);
}

#[test]
fn all_mistakes_of_all_files_show_at_once() {
    let sources: Vec<Source> = corpus("bad")
        .into_iter()
        .filter(|(name, _)| ["tag", "field-missing", "tab-indentation"].contains(&name.as_str()))
        .map(|(_, source)| source)
        .chain([Source::read(&folder("good/smallest.yaml"), "good/smallest.yaml").unwrap()])
        .collect();
    let compilation = compile(&sources, &catalog::catalog());
    let places: Vec<String> =
        compilation.report.lines().map(|line| line.split(": ").next().unwrap().to_owned()).collect();
    let expected = ["bad/field-missing.yaml:4:9", "bad/tab-indentation.yaml:2:2", "bad/tag.yaml:2:21"];
    assert_eq!(places, expected);
    assert_eq!(compilation.plans.len(), 1);
}

#[test]
fn two_files_of_one_name_are_refused() {
    let text = fs::read_to_string(folder("good/smallest.yaml")).unwrap();
    let sources = [Source::new("a/x.yaml", text.clone()), Source::new("b/x.yml", text)];
    let compilation = compile(&sources, &catalog::catalog());
    let lines: Vec<String> = compilation.report.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("b/x.yml:1:1: two files are called `x`: a/x.yaml"), "{lines:?}");
}

#[test]
fn a_static_executable_refuses_what_loads_a_library() {
    let file = |gpu: &str| {
        let text = format!(
            "receivers:\n  gpu: {gpu}\nexporters:\n  lines:\npipelines:\n  metrics/x: {{receivers: [gpu], exporters: [lines]}}\n"
        );
        let target = Target::default().fully_static(true);
        compile_for(&[Source::new("x.yaml", text)], &catalog::catalog(), target)
    };
    assert!(file("{simulated: {gpus: 8}}").is_ok());
    let report = file("").report;
    snapshot("bad", "library-in-a-static-executable", &report.draw(Look::Plain));
    assert_eq!(report.errors(), 1);
}

#[test]
fn the_hash_says_what_runs_and_nothing_else() {
    let hash = |name: &str, text: &str| {
        let compilation = one(name, text);
        assert!(compilation.is_ok(), "{}", compilation.report);
        compilation.plans[0].hash.clone()
    };
    let text = fs::read_to_string(folder("good/smallest.yaml")).unwrap();
    let plain = hash("a.yaml", &text);
    assert_eq!(plain, hash("b.yaml", &format!("# a comment\n\n{text}")));
    assert_eq!(plain, hash("a.yaml", &text.replace("clock:", "clock: {interval: 1000ms}")));
    assert_ne!(plain, hash("a.yaml", &text.replace("clock:", "clock: {interval: 2s}")));
    assert_ne!(plain, hash("a.yaml", &text.replace("  lines:", "  lines: {format: table}")));
    assert_ne!(plain, hash("a.yaml", &text.replace("metrics:", "metrics/b:")));
}

#[test]
fn a_mistake_that_aliases_repeat_is_told_once() {
    let text = "receivers:\n  host/a: &a {collection_interval: 10}\n  host/b: *a\n  host/c: {<<: *a}\n\
                exporters:\n  lines:\npipelines:\n  metrics: {receivers: [host/a, host/b, host/c], exporters: [lines]}\n";
    let report = one("x.yaml", text).report;
    assert_eq!(report.problems().len(), 1, "{report}");
}

#[test]
fn mistakes_at_one_place_are_all_told() {
    let text = "receivers:\n  gpu: {simulated: {}, collection_interval: 1ms, library: 5}\nexporters:\n  push: {}\n\
                pipelines:\n  metrics: {receivers: [gpu], exporters: [push]}\n";
    let lines: Vec<String> = one("x.yaml", text).report.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:#?}");
}

#[test]
fn messages_cannot_command_a_terminal() {
    let report = one("x.yaml", "receivers:\n  clock: {interval: \"\\e[2J\\n\\u202e\"}\n").report;
    let drawn: String = report.lines().chain([report.draw(Look::Plain)]).collect();
    assert!(!drawn.contains(['\u{1b}', '\u{202e}']), "{drawn:?}");
    assert!(report.lines().all(|line| !line.contains('\n')));
}

#[test]
fn the_json_schema_of_a_file_knows_every_component() {
    let schema = json_schema(&catalog::catalog());
    snapshot("good", "schema", &serde_json::to_string_pretty(&schema).unwrap());
}

#[test]
fn colours_are_for_those_who_ask() {
    let (_, source) = corpus("bad").into_iter().next().unwrap();
    let report = compile(&[source], &catalog::catalog()).report;
    assert!(!report.draw(Look::Plain).contains('\u{1b}'));
    assert!(report.draw(Look::Color).contains('\u{1b}'));
}
