// SPDX-License-Identifier: Apache-2.0
//! Compiles every author's mistake and compares what is said about it. See README.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may end here")]

use std::fs;
use std::path::{Path, PathBuf};

const MISTAKES: [&str; 4] = ["config", "value", "metrics", "component"];

#[test]
fn mistakes_are_told_and_good_code_compiles() {
    let cases = trybuild::TestCases::new();
    for folder in MISTAKES {
        cases.compile_fail(format!("{folder}/*.rs"));
    }
    cases.pass("pass/*.rs");
}

#[test]
fn one_mistake_is_one_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for path in MISTAKES.iter().flat_map(|folder| files(&root.join(folder))) {
        let stderr = fs::read_to_string(path.with_extension("stderr")).expect("a mistake has its message");
        let errors = stderr.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "{}:\n{stderr}", path.display());
        assert!(!stderr.contains("\nwarning"), "{}:\n{stderr}", path.display());
        seen += 1;
    }
    assert!(seen >= 25, "only {seen} mistakes");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}
