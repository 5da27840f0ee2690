// SPDX-License-Identifier: Apache-2.0
//! Attributes as labels: `hw.id` is `hw_id`.

use std::collections::BTreeMap;

use tracecore_schema::{Attribute, AttributeValue};

/// The labels between the braces, sorted by name: `a="x",b="y"`.
///
/// Keys that become the same label share it, their values joined by `;` in the order of the
/// keys. A label without a value is to Prometheus the same as none, so it is left out.
pub(super) fn labels(attributes: &[Attribute]) -> String {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for Attribute { key, value } in attributes {
        let text = match value {
            AttributeValue::Text(text) => text.clone(),
            other => other.to_string(),
        };
        if text.is_empty() {
            continue;
        }
        let label = labels.entry(label_name(key)).or_default();
        if !label.is_empty() {
            label.push(';');
        }
        label.push_str(&text);
    }
    let mut out = String::new();
    for (name, value) in &labels {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(name);
        out.push_str("=\"");
        escape(&mut out, value, true);
        out.push('"');
    }
    out
}

/// Writes text with `\`, line ends and, if asked for, quotes escaped.
pub(super) fn escape(out: &mut String, text: &str, quotes: bool) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}

fn label_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    if key.starts_with(|c: char| c.is_ascii_digit()) {
        name.push_str("key_");
    }
    for c in key.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    if name.is_empty() {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use tracecore_schema::{Attribute, AttributeValue};

    use super::labels;

    fn of(attributes: &[(&'static str, &str)]) -> String {
        let attributes: Vec<_> = attributes.iter().map(|(key, value)| Attribute::new(*key, *value)).collect();
        labels(&attributes)
    }

    #[test]
    fn keys_become_label_names() {
        assert_eq!(
            of(&[("hw.id", "GPU-1"), ("1st", "x"), ("a-/b", "y")]),
            r#"a_b="y",hw_id="GPU-1",key_1st="x""#
        );
        assert_eq!(of(&[("", "x")]), r#"_="x""#);
        assert_eq!(of(&[]), "");
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(of(&[("a", "C:\\x \"y\"\nz é")]), r#"a="C:\\x \"y\"\nz é""#);
        let numbers = [
            Attribute::new("a", AttributeValue::Int(-3)),
            Attribute::new("b", true),
            Attribute::new("c", 0.5),
        ];
        assert_eq!(labels(&numbers), r#"a="-3",b="true",c="0.5""#);
    }

    #[test]
    fn keys_that_collide_share_a_label() {
        assert_eq!(of(&[("a.b", "1"), ("a/b", "2"), ("a_b", "3")]), r#"a_b="1;2;3""#);
    }

    #[test]
    fn an_empty_value_is_no_label() {
        assert_eq!(of(&[("a", ""), ("b", "x")]), r#"b="x""#);
    }
}
