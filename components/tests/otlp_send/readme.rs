// SPDX-License-Identifier: Apache-2.0
//! The README's table of answers and the tables of these tests are the same.

use std::path::Path;

#[test]
fn each_row_of_the_readmes_table_is_tested_and_each_tested_row_is_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/exporters/otlp/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (_, table) = readme.split_once("| answer | outcome |\n|---|---|\n").unwrap();
    let written: Vec<(String, String)> = table
        .lines()
        .map_while(|line| line.strip_prefix("| "))
        .map(|row| {
            let (answer, outcome) = row.trim_end_matches(" |").split_once(" | ").unwrap();
            (answer.to_owned(), outcome.to_owned())
        })
        .collect();
    let grpc = crate::grpc::rows().into_iter().map(|(answer, outcome, ..)| (answer, outcome));
    let http = crate::http::rows().into_iter().map(|(answer, outcome, ..)| (answer, outcome));
    let tested: Vec<(String, String)> =
        grpc.chain(http).map(|(answer, outcome)| (answer.to_owned(), in_full(outcome))).collect();
    let shown = |rows: &[(String, String)]| {
        rows.iter()
            .map(|(answer, outcome)| format!("| {answer} | {outcome} |"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(shown(&written), shown(&tested), "what the README should have:\n{}", shown(&tested));
}

/// An outcome in the words of the table.
fn in_full(outcome: &str) -> String {
    match outcome {
        "delivered but" => "delivered, but for the items that were refused, which are counted".to_owned(),
        "delivered:" => "delivered, and what it says is logged".to_owned(),
        "`throttled`, tried again after" => "`throttled`, tried again after the wait it asks for".to_owned(),
        other => other.to_owned(),
    }
}
