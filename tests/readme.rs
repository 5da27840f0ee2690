// SPDX-License-Identifier: Apache-2.0
//! What the README shows is what there is: its pipeline file compiles, its build error is the
//! one that the compiler draws, its code is the example's.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may end here")]

use std::path::Path;

use tracecore_compiler::{Look, Source, compile};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of this language, without their fences.
fn blocks(readme: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let mut blocks = Vec::new();
    let mut rest = readme;
    while let Some((_, after)) = rest.split_once(&fence) {
        let (block, after) = after.split_once("```").expect("the fence is closed");
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

#[test]
fn the_pipeline_file_compiles() {
    let readme = read("README.md");
    let files = blocks(&readme, "yaml");
    assert_eq!(files.len(), 1, "one pipeline file is shown");
    let source = Source::new("pipelines/readme.yaml", files[0].as_bytes().to_vec());
    let compilation = compile(&[source], &tracecore_components::catalog());
    assert!(compilation.is_ok(), "{}", compilation.report.draw(Look::Plain));
}

#[test]
fn the_build_error_is_the_one_that_the_compiler_draws() {
    let mistakes = read("tests/readme/gpu-node.yaml");
    let source = Source::new("pipelines/gpu-node.yaml", mistakes.into_bytes());
    let drawn = compile(&[source], &tracecore_components::catalog()).report.draw(Look::Plain);
    let shown = blocks(&read("README.md"), "text");
    let drawn = drawn.trim();
    assert!(shown.iter().any(|block| block.trim() == drawn), "the README should show:\n{drawn}");
}

#[test]
fn the_receiver_is_the_examples_own() {
    let readme = read("README.md");
    let shown = blocks(&readme, "rust");
    for file in ["config.rs", "receiver.rs"] {
        let code = read(&format!("examples/custom-collector/src/heartbeat/{file}"));
        let (_, code) = code.split_once("\n\n").expect("a head, then code");
        assert!(shown.iter().any(|block| block.trim() == code.trim()), "{file} is shown as:\n{code}");
    }
}
