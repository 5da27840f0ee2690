// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
//! The tree is what another reader of YAML makes of the same file, and every scalar stands
//! where its text stands.

use std::fs;
use std::path::Path;

use serde_yaml::Value as Yaml;
use tracecore_schema::{FileId, Node, NodeKind, Problem, Style};

use super::{Tree, parse};
use crate::Source;

fn read(text: &str) -> Result<Tree, Vec<Problem>> {
    let mut problems = Vec::new();
    let (_, tree) = parse(FileId(0), &Source::new("x.yaml", text), &mut problems);
    match tree {
        Some(tree) if problems.is_empty() => Ok(tree),
        _ => Err(problems),
    }
}

/// The node as the other reader's type. Plain scalars get their meaning from the other reader.
fn yaml(node: &Node) -> Yaml {
    match &node.kind {
        NodeKind::Null => Yaml::Null,
        NodeKind::Scalar(text) if text.style == Style::Plain => {
            serde_yaml::from_str(&text.text).unwrap_or(Yaml::String(text.text.clone()))
        }
        NodeKind::Scalar(text) => Yaml::String(text.text.clone()),
        NodeKind::Template(template) => Yaml::String(template.to_string()),
        NodeKind::List(items) => Yaml::Sequence(items.iter().map(yaml).collect()),
        NodeKind::Map(entries) => Yaml::Mapping(
            entries.iter().map(|(key, value)| (key.text.as_str().into(), yaml(value))).collect(),
        ),
    }
}

/// The other reader's value as ours would have it: `$$` resolved, `${X}` written in full.
fn resolved(value: Yaml) -> Yaml {
    match value {
        Yaml::String(text) => match tracecore_schema::Template::parse(&text).unwrap() {
            Ok(text) => Yaml::String(text),
            Err(template) => Yaml::String(template.to_string()),
        },
        Yaml::Sequence(items) => Yaml::Sequence(items.into_iter().map(resolved).collect()),
        Yaml::Mapping(entries) => {
            Yaml::Mapping(entries.into_iter().map(|(key, value)| (key, resolved(value))).collect())
        }
        other => other,
    }
}

/// Each scalar that the file has as it is must be found at its span.
fn check_spans(node: &Node, text: &str) -> usize {
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            let raw = &text[node.span.start as usize..node.span.end as usize];
            let plain = scalar.style == Style::Plain && !scalar.text.contains('$') && !raw.contains('\n');
            if plain {
                assert_eq!(raw, scalar.text);
            }
            usize::from(plain)
        }
        NodeKind::List(items) => items.iter().map(|item| check_spans(item, text)).sum(),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|(key, value)| {
                let raw = &text[key.span.start as usize..key.span.end as usize];
                assert!(raw.trim_matches(['"', '\'']) == key.text, "{raw} is not {}", key.text);
                check_spans(value, text)
            })
            .sum(),
        NodeKind::Null | NodeKind::Template(_) => 0,
    }
}

#[test]
fn another_reader_sees_the_same() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut compared = 0;
    let mut located = 0;
    for folder in ["tests/compiler/good", "tests/compiler/bad", "pipelines"] {
        for entry in fs::read_dir(repository.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            let Ok(tree) = read(text) else {
                assert!(!folder.ends_with("good"), "{} cannot be read", path.display());
                continue;
            };
            let mut theirs: Yaml =
                serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            theirs.apply_merge().unwrap();
            assert_eq!(yaml(&tree.root), resolved(theirs), "{}", path.display());
            compared += 1;
            located += check_spans(&tree.root, text);
        }
    }
    assert!(compared >= 60 && located >= 200, "{compared} files, {located} scalars");
}

#[test]
fn places_count_bytes_whatever_the_characters() {
    let text = "é: [日本, x]\n\"ö\": {k: v}\n";
    let tree = read(text).unwrap();
    let (key, list) = tree.root.get("é").unwrap();
    assert_eq!((key.span.start, key.span.end), (0, 2));
    assert_eq!(&text[list.span.start as usize..list.span.end as usize], "[日本, x]");
    let (_, map) = tree.root.get("ö").unwrap();
    assert_eq!(&text[map.span.start as usize..map.span.end as usize], "{k: v}");
}

#[test]
fn what_has_no_text_on_its_line_stands_at_its_key() {
    let tree = read("a:\n  b:\n    - 1\n  c:\n").unwrap();
    let (a, map) = tree.root.get("a").unwrap();
    assert_eq!(map.span, a.span);
    for key in ["b", "c"] {
        let (key, node) = map.get(key).unwrap();
        assert_eq!(node.span, key.span);
    }
}

#[test]
fn the_offending_bytes_of_a_substitution_are_underlined() {
    for (text, piece) in [
        ("a: x-${env:1}-y", "${env:1}"),
        ("a: \"\\x24\\x24${x:y}\"", "${x:y}"),
        ("a: '${env:A}${vault:b}'", "${vault:b}"),
        ("a: \"é${env:A} ${env:B\"", "${env:B"),
        ("a: >\n  folded\n  ${file:} text\n", "${file:}"),
    ] {
        let problems = read(text).unwrap_err();
        let span = problems[0].span;
        assert_eq!(&text[span.start as usize..span.end as usize], piece, "{text}");
    }
}

#[test]
fn own_entries_go_before_merged_ones_and_earlier_merges_before_later_ones() {
    let tree = read("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {c: 3, <<: [*x, *y]}\n").unwrap();
    let (_, z) = tree.root.get("z").unwrap();
    let value = |key| match &z.get(key).unwrap().1.kind {
        NodeKind::Scalar(text) => text.text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((value("a"), value("b"), value("c")), ("1".into(), "1".into(), "3".into()));
}

#[test]
fn no_message_of_the_reader_is_passed_on_untranslated() {
    // Every way to get an error out of the reader that its own tests show.
    let untranslated = [
        "a: [",
        "a: {",
        "a: \"x",
        "a: 'x",
        "a: ]",
        "a: }",
        "a: b: c",
        "a\nb: c",
        "- a\nb: c",
        "a: - b",
        "a: [- b]",
        "a: *b",
        "a: &",
        "a: *",
        "a: !<x",
        "a: \"\\q\"",
        "a: \"\\xZZ\"",
        "a: @x",
        "a: `x`",
        "a: %x",
        "%YAML\n---\n",
        "%TAG !\n---\n",
        "%YAML 1.2\na: b",
        "a: |x",
        "a: |0",
        "a: \"x\" y",
        "\ta: b",
        "a:\n\t- b",
        "a: b\n...\nc: d",
        "? a\n? b: c: d",
        "a: 'x\nb: c",
        "{a: b}}",
        "[a]]",
        "a: [b, c\nd: e",
        "a: {b: c\nd: e",
        "a: |\n\tb",
        "--- |\na",
        "a: !x!y z",
        "a: !!",
        "- - a\n - b",
        "a:\n  b\n c: d",
        "[a: b: c]",
        "{a, b: c: d}",
        "{? a : b",
        "a: \"b\n---\n\"",
    ]
    .into_iter()
    .filter_map(|text| Some((text, read(text).err()?)))
    .filter(|(_, problems)| problems.iter().any(|problem| problem.message.starts_with("not YAML")))
    .map(|(text, problems)| format!("{text:?}: {}\n", problems[0].message));
    assert_eq!(untranslated.collect::<String>(), "");
}
