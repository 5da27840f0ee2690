// SPDX-License-Identifier: Apache-2.0
//! Lines of kernel logs, and what each of them means.
//!
//! `m` is a message; `k` is a record of `/dev/kmsg`, which goes on after `+`; `b` is one whose
//! `\xHH` are raw bytes; `j` is a line of the journal. The line with `=` says what was expected.
//! `TRACECORE_CORPUS=write` writes what there is: look at the difference as its reader would.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use super::super::record::Scratch;
use super::super::{journal, kmsg, text};
use super::describe;

/// One case of the corpus.
struct Case {
    kind: char,
    lines: Vec<String>,
    expected: Option<String>,
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.kind {
            'b' => text::unescape(self.lines[0].as_bytes(), &mut bytes),
            _ => bytes.extend_from_slice(self.lines.join("\n").as_bytes()),
        }
        bytes
    }

    fn describe(&self, scratch: &mut Scratch) -> String {
        let bytes = self.bytes();
        match self.kind {
            'm' => describe::message(std::str::from_utf8(&bytes).unwrap()),
            'j' => describe::record(journal::parse(&bytes, scratch)),
            _ => describe::record(kmsg::parse(&bytes, scratch)),
        }
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/receivers/kernelevents/lines/tests/corpus")
}

/// What a file holds: cases, and the comments and blank lines between them.
fn read(content: &str) -> Vec<Result<Case, String>> {
    let mut items: Vec<Result<Case, String>> = Vec::new();
    for line in content.lines() {
        let (kind, rest) = match line.split_once(' ') {
            Some(("m" | "k" | "b" | "j", rest)) => (line.chars().next().unwrap(), rest),
            Some(("+", rest)) => {
                let Some(Ok(case)) = items.last_mut() else { unreachable!("no record before: {line}") };
                case.lines.push(rest.to_owned());
                continue;
            }
            Some(("=", rest)) => {
                let Some(Ok(case)) = items.last_mut() else { unreachable!("no case before: {line}") };
                assert_eq!(case.expected.replace(rest.to_owned()), None, "twice: {line}");
                continue;
            }
            _ => {
                assert!(line.is_empty() || line.starts_with('#'), "not understood: {line}");
                items.push(Err(line.to_owned()));
                continue;
            }
        };
        items.push(Ok(Case { kind, lines: vec![rest.to_owned()], expected: None }));
    }
    items
}

/// Every input of the corpus.
pub(super) fn inputs() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let content = fs::read_to_string(entry.unwrap().path()).unwrap();
        inputs.extend(read(&content).into_iter().flatten().map(|case| case.bytes()));
    }
    // The order of a folder is nobody's promise.
    inputs.sort();
    inputs
}

#[test]
fn each_line_of_the_corpus_means_what_is_expected() {
    let write = env::var_os("TRACECORE_CORPUS").is_some_and(|value| value == "write");
    let mut scratch = Scratch::new();
    let (mut cases, mut wrong) = (0, Vec::new());
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let mut written = String::new();
        for item in read(&fs::read_to_string(&path).unwrap()) {
            let case = match item {
                Err(line) => {
                    written.push_str(&format!("{line}\n"));
                    continue;
                }
                Ok(case) => case,
            };
            cases += 1;
            assert!(seen.insert((case.kind == 'm', case.lines.clone())), "twice: {:?}", case.lines);
            let found = case.describe(&mut scratch);
            written.push_str(&format!("{} {}\n", case.kind, case.lines.join("\n+ ")));
            written.push_str(&format!("= {found}\n"));
            if case.expected.as_deref() != Some(&found) {
                wrong.push(format!(
                    "{:?}\n  expected {}\n  found    {found}",
                    case.lines,
                    case.expected.unwrap_or_default()
                ));
            }
        }
        if write {
            fs::write(&path, written).unwrap();
        }
    }
    assert!(write || wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 150, "{cases} cases");
}
