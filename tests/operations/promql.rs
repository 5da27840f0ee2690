// SPDX-License-Identifier: Apache-2.0
//! Which metrics and labels an expression names. Not a parser of PromQL: whether an expression
//! is well-formed is promtool's to say.

/// `name{label="value"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) name: String,
    pub(crate) matchers: Vec<Matcher>,
}

/// `label="value"`, with one of four operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    pub(crate) op: String,
    pub(crate) value: String,
}

impl Matcher {
    /// The values that it names: one, or the alternatives of a regular expression that has
    /// nothing else in it.
    pub(crate) fn values(&self) -> Vec<&str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-:/|".contains(c);
        match self.op.as_str() {
            "=" | "!=" => vec![&self.value],
            _ if self.value.chars().all(plain) => self.value.split('|').collect(),
            _ => Vec::new(),
        }
    }
}

/// What an expression names.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) selectors: Vec<Selector>,
    /// Labels of `by`, `on` and their like.
    pub(crate) grouping: Vec<String>,
}

const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Words that stand before something else than a parenthesis.
const WORDS: [&str; 9] = ["and", "or", "unless", "bool", "offset", "sum", "min", "max", "avg"];

/// Reads an expression.
pub(crate) fn named(expr: &str) -> Named {
    let mut found = Named::default();
    let mut rest = expr.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let after = after.trim_start();
        rest = match first {
            '[' => past(rest, ']'),
            '"' => string(rest).1,
            '{' => {
                let (matchers, after) = matchers(rest);
                anonymous(&mut found.selectors, matchers);
                after
            }
            _ if length == 0 => &rest[first.len_utf8()..],
            _ if first.is_ascii_digit() => after,
            _ if GROUPING.contains(&word) => {
                let inside = after.strip_prefix('(').and_then(|rest| rest.split_once(')'));
                let (labels, after) = inside.unwrap_or_else(|| panic!("`{word}` without labels in {expr}"));
                let labels = labels.split(',').map(str::trim).filter(|label| !label.is_empty());
                found.grouping.extend(labels.map(str::to_owned));
                after
            }
            _ if after.starts_with('(') || WORDS.contains(&word) || word == "count" => after,
            _ => {
                let (matchers, after) = matchers(after);
                found.selectors.push(Selector { name: word.to_owned(), matchers });
                after
            }
        }
        .trim_start();
    }
    found
}

/// `{__name__=~"a|b",..}` stands for both names.
fn anonymous(selectors: &mut Vec<Selector>, matchers: Vec<Matcher>) {
    let (names, matchers): (Vec<_>, Vec<_>) =
        matchers.into_iter().partition(|matcher| matcher.label == "__name__");
    for name in names.iter().flat_map(Matcher::values) {
        selectors.push(Selector { name: name.to_owned(), matchers: matchers.clone() });
    }
}

/// What stands in braces, if anything does, and what follows.
fn matchers(rest: &str) -> (Vec<Matcher>, &str) {
    let Some(mut rest) = rest.strip_prefix('{') else { return (Vec::new(), rest) };
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',', '\n']);
        if let Some(after) = rest.strip_prefix('}') {
            return (found, after);
        }
        let quote = rest.find('"').unwrap_or_else(|| panic!("no value in {rest}"));
        let (matcher, after) = rest.split_at(quote);
        let label = matcher.trim_end_matches(['=', '!', '~', ' ']);
        let op = matcher[label.len()..].trim();
        let (value, after) = string(after);
        found.push(Matcher { label: label.to_owned(), op: op.to_owned(), value });
        rest = after;
    }
}

/// The string that starts here, and what follows it.
fn string(rest: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &rest[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    panic!("a string without an end: {rest}");
}

fn past(rest: &str, end: char) -> &str {
    rest.split_once(end).map_or("", |(_, after)| after)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '.'
}

#[test]
fn names_matchers_and_groupings_are_found_and_nothing_else() {
    let named = named(
        "sum by (job, kind) (rate(errors_total{kind!~\"a|b\", job=\"x\"}[5m])) > 0.5 * 1024\n  \
         and on (job) up == bool 1 unless ignoring () {__name__=~\"c:d|e\", f=\"(\"} offset 5m",
    );
    let names: Vec<_> = named.selectors.iter().map(|selector| selector.name.as_str()).collect();
    assert_eq!(names, ["errors_total", "up", "c:d", "e"]);
    let [kind, job] = &named.selectors[0].matchers[..] else { panic!("{named:?}") };
    assert_eq!((kind.label.as_str(), kind.op.as_str(), kind.values()), ("kind", "!~", vec!["a", "b"]));
    assert_eq!((job.label.as_str(), job.op.as_str(), job.values()), ("job", "=", vec!["x"]));
    assert_eq!(named.selectors[3].matchers[0].value, "(");
    assert_eq!(named.grouping, ["job", "kind", "job"]);
}
