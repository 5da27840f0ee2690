// SPDX-License-Identifier: Apache-2.0
//! The top of a file: which sections there are.

use tracecore_schema::{Key, Node, NodeKind, Problem, Role, Span, nearest};

use crate::words::listed;

/// The sections a file may have.
const SECTIONS: [&str; 5] = ["telemetry", "receivers", "processors", "exporters", "pipelines"];

/// Sections that other collectors have, and what stands for them here.
const ELSEWHERE: [(&str, &str); 4] = [
    ("service", "`pipelines` and `telemetry` stand at the top of the file"),
    ("extensions", "`telemetry` has the health endpoints"),
    ("connectors", "a receiver may stand in several pipelines"),
    ("global", "each component has its own settings"),
];

/// A section's entries.
pub(super) type Entries<'n> = &'n [(Key, Node)];

/// The sections of a file.
pub(super) struct Sections<'n> {
    pub(super) telemetry: Option<(Span, &'n Node)>,
    pub(super) pipelines: Entries<'n>,
    components: [Entries<'n>; 3],
    /// Whether the sections of components can be trusted to be complete.
    pub(super) complete: bool,
}

impl<'n> Sections<'n> {
    pub(super) fn of(&self, role: Role) -> Entries<'n> {
        match role {
            Role::Receiver => self.components[0],
            Role::Processor => self.components[1],
            Role::Exporter => self.components[2],
        }
    }
}

/// Finds the sections; reports what is none.
pub(super) fn read<'n>(root: &'n Node, problems: &mut Vec<Problem>) -> Sections<'n> {
    let none = Sections { telemetry: None, pipelines: &[], components: [&[]; 3], complete: false };
    let NodeKind::Map(entries) = &root.kind else {
        let message = format!("expected a map with {}, found {}", listed(SECTIONS), root.found());
        problems.push(Problem::error(root.span, message, "not a pipeline file"));
        return none;
    };
    let before = problems.len();
    for (key, _) in entries.iter().filter(|(key, _)| !SECTIONS.contains(&key.text.as_str())) {
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == key.text).map(|(_, help)| *help);
        let help = match (elsewhere, nearest(&key.text, SECTIONS)) {
            (Some(help), _) => help.to_owned(),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!("the sections are {}", listed(SECTIONS)),
        };
        let message = format!("there is no section `{}`", key.text);
        problems.push(Problem::error(key.span, message, "unknown section").help(help));
    }
    let complete = problems.len() == before;
    let pipelines = section(root, "pipelines", problems);
    if pipelines.is_some_and(<[_]>::is_empty) && complete {
        let (span, what) = match root.get("pipelines") {
            Some((key, _)) => (key.span, "empty"),
            None => (Span { end: root.span.start, ..root.span }, "`pipelines` is missing"),
        };
        problems.push(
            Problem::error(span, "the file has no pipelines, so nothing would run", what)
                .help("name one: `pipelines: {metrics/primary: {receivers: [..], exporters: [..]}}`"),
        );
    }
    let components = Role::ALL.map(|role| section(root, role.section(), problems));
    Sections {
        telemetry: root.get("telemetry").map(|(key, node)| (key.span, node)),
        pipelines: pipelines.unwrap_or_default(),
        complete: complete && components.iter().all(|section| section.is_some_and(literal)),
        components: components.map(Option::unwrap_or_default),
    }
}

/// Whether every id is known now; one that is not has been reported.
fn literal(entries: Entries<'_>) -> bool {
    entries.iter().all(|(key, _)| !key.text.contains("${"))
}

/// The entries of a section, none if it is absent; `None` if it is not a map.
fn section<'n>(root: &'n Node, name: &str, problems: &mut Vec<Problem>) -> Option<Entries<'n>> {
    let Some((_, node)) = root.get(name) else { return Some(&[]) };
    match &node.kind {
        NodeKind::Map(entries) => Some(entries),
        NodeKind::Null => Some(&[]),
        _ => {
            let (what, example) = match name {
                "pipelines" => ("pipelines", "metrics/primary: {receivers: [..], exporters: [..]}"),
                _ => ("components", "id: {..}"),
            };
            let message = format!("`{name}`: expected a map of {what}, found {}", node.found());
            problems.push(
                Problem::error(node.span, message, "not a map")
                    .help(format!("write `{name}: {{{example}}}`")),
            );
            None
        }
    }
}
