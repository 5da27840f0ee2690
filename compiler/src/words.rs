// SPDX-License-Identifier: Apache-2.0
//! Small pieces of sentences.

use tracecore_schema::{Role, SignalKind};

/// "`a`, `b` and `c`"; of many only the first.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] if names.len() <= 12 => format!("{} and {last}", rest.join(", ")),
        [..] => format!("{} and {} more", names[..11].join(", "), names.len() - 11),
    }
}

/// "the exporters of this file are `a` and `b`", "the only exporter of this file is `a`".
pub(crate) fn the_known<'a>(role: Role, whose: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<_> = names.collect();
    let known = listed(names.iter().copied());
    match names.len() {
        0 => None,
        1 => Some(format!("the only {role}{whose} is {known}")),
        _ => Some(format!("the {}{whose} are {known}", role.section())),
    }
}

/// "a receiver", "an exporter".
pub(crate) const fn a_role(role: Role) -> &'static str {
    match role {
        Role::Receiver => "a receiver",
        Role::Processor => "a processor",
        Role::Exporter => "an exporter",
    }
}

/// "metrics", "metrics and logs".
pub(crate) fn signals(signals: &[SignalKind]) -> String {
    signals.iter().map(|signal| signal.name()).collect::<Vec<_>>().join(" and ")
}

/// What a component of this role does with a signal: "emits", "takes".
pub(crate) const fn handles(role: Role) -> &'static str {
    match role {
        Role::Receiver => "emits",
        Role::Processor | Role::Exporter => "takes",
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn lists_read_as_sentences_do() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        let many: Vec<String> = (0..20).map(|i| i.to_string()).collect();
        assert!(listed(many.iter().map(String::as_str)).ends_with("`10` and 9 more"));
    }
}
