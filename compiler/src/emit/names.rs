// SPDX-License-Identifier: Apache-2.0
//! Every name that generated code invents.

use std::collections::HashSet;

/// Words that are no identifiers, of every edition.
const RESERVED: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Names that generated code uses itself, for modules.
pub(super) const OWN_MODULES: &[&str] = &["rt"];
/// Names that generated code uses itself, for values.
pub(super) const OWN_VALUES: &[&str] = &["host", "rt", "start", "telemetry"];

/// Names of one scope.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A scope in which some names have a meaning already.
    pub(super) fn besides(own: &[&str]) -> Self {
        Self(own.iter().map(|name| (*name).to_owned()).collect())
    }

    /// An identifier that reads like `wish` and that nobody else has.
    pub(super) fn unique(&mut self, wish: &str) -> String {
        let wish = identifier(wish);
        let numbered = (2_u32..).map(|number| format!("{wish}_{number}"));
        let mut candidates = std::iter::once(wish.clone()).chain(numbered);
        // There are more numbers than names.
        let name = candidates.find(|name| !self.0.contains(name)).unwrap_or(wish);
        self.0.insert(name.clone());
        name
    }
}

/// `hostmetrics/fast` -> `hostmetrics_fast`, `type` -> `type_`, `8gpu` -> `_8gpu`.
pub(super) fn identifier(text: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let mut name: String = text.chars().map(word).collect();
    if name.chars().all(|c| c == '_') {
        name = "unnamed".to_owned();
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    if RESERVED.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{Names, identifier};

    #[test]
    fn any_text_becomes_an_identifier() {
        for (text, name) in [
            ("hostmetrics/fast", "hostmetrics_fast"),
            ("gpu-node", "gpu_node"),
            ("type", "type_"),
            ("8gpu", "_8gpu"),
            ("Self", "self_"),
            ("", "unnamed"),
            ("_", "unnamed"),
            ("über.x", "_ber_x"),
        ] {
            assert_eq!(identifier(text), name);
        }
    }

    #[test]
    fn no_two_texts_become_the_same() {
        let mut names = Names::default();
        let made: Vec<_> = ["a/b", "a_b", "a-b", "a_b_2"].iter().map(|text| names.unique(text)).collect();
        assert_eq!(made, ["a_b", "a_b_2", "a_b_3", "a_b_2_2"]);
        assert_eq!(Names::besides(&["rt"]).unique("rt"), "rt_2");
    }
}
