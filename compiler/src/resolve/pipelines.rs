// SPDX-License-Identifier: Apache-2.0
//! The pipelines of a file: does every name lead to a component that carries the signal?

use tracecore_schema::{Catalog, ComponentId, Key, Node, NodeKind, Problem, Role, SignalKind, Span, nearest};

use super::sections::Sections;
use super::{Component, Pipeline, Reference};
use crate::limits;
use crate::words::{a_role, handles, listed, signals, the_known};

/// Every pipeline of the file.
pub(super) fn read(
    sections: &Sections<'_>,
    components: &[Component<'_, '_>],
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Vec<Pipeline> {
    let mut reader = Reader { components, catalog, trusted: sections.complete, problems };
    let pipelines: Vec<_> =
        sections.pipelines.iter().filter_map(|(key, node)| reader.pipeline(key, node)).collect();
    reader.branches(&pipelines);
    pipelines
}

struct Reader<'a, 'n, 'c> {
    components: &'a [Component<'n, 'c>],
    catalog: &'a Catalog,
    /// Whether a name that leads nowhere is a mistake: not if a section could not be read.
    trusted: bool,
    problems: &'a mut Vec<Problem>,
}

/// What a pipeline may say.
const KEYS: [&str; 3] = [Role::Receiver.section(), Role::Processor.section(), Role::Exporter.section()];

impl Reader<'_, '_, '_> {
    fn pipeline(&mut self, key: &Key, node: &Node) -> Option<Pipeline> {
        let signal = signal(key).map_err(|problem| self.problems.push(*problem)).ok();
        let known = match &node.kind {
            NodeKind::Map(entries) => {
                let before = self.problems.len();
                entries.iter().for_each(|(field, _)| self.known(key, field));
                self.problems.len() == before
            }
            NodeKind::Null => true,
            _ => {
                let message = format!(
                    "pipeline `{}`: expected a map with {}, found {}",
                    key.text,
                    listed(KEYS),
                    node.found()
                );
                self.problems.push(
                    Problem::error(node.span, message, "not a map")
                        .help("write `receivers: [..]` and `exporters: [..]`"),
                );
                return None;
            }
        };
        let mut complete = true;
        let stages = Role::ALL.map(|role| {
            let (stage, whole) = self.stage(key, node, role, signal, known);
            complete &= whole;
            stage
        });
        signal.map(|signal| Pipeline { id: key.text.clone(), signal, place: key.span, stages, complete })
    }

    fn known(&mut self, pipeline: &Key, field: &Key) {
        if KEYS.contains(&field.text.as_str()) {
            return;
        }
        let message = format!("pipeline `{}`: there is no field `{}`", pipeline.text, field.text);
        let help = match nearest(&field.text, KEYS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the fields are {}", listed(KEYS)),
        };
        self.problems.push(Problem::error(field.span, message, "unknown field").help(help));
    }

    /// The components of one role, and whether every name leads to one.
    fn stage(
        &mut self,
        pipeline: &Key,
        node: &Node,
        role: Role,
        signal: Option<SignalKind>,
        known: bool,
    ) -> (Vec<Reference>, bool) {
        let path = format!("pipelines.{}.{}", pipeline.text, role.section());
        let (place, items) = match node.get(role.section()) {
            None => (pipeline.span, &[][..]),
            Some((key, Node { kind: NodeKind::Null, .. })) => (key.span, &[][..]),
            Some((_, Node { span, kind: NodeKind::List(items) })) => (*span, items.as_slice()),
            Some((_, other)) => {
                let message = format!("`{path}`: expected a list of ids, found {}", other.found());
                let mut problem = Problem::error(other.span, message, "not a list");
                if let NodeKind::Scalar(text) = &other.kind {
                    problem = problem.help(format!("write `[{}]`", text.text));
                }
                self.problems.push(problem);
                return (Vec::new(), false);
            }
        };
        // A missing list may be there under a name that has been reported.
        if items.is_empty() && role != Role::Processor && (known || node.get(role.section()).is_some()) {
            let message = format!("pipeline `{}` has no {}", pipeline.text, role.section());
            let what = if node.get(role.section()).is_some() { "empty" } else { "lacks a list" };
            let help = match role {
                Role::Exporter => "nobody would see what it carries: add `exporters: [..]`",
                _ => "nothing would ever pass: add `receivers: [..]`",
            };
            self.problems.push(Problem::error(place, message, what).help(help));
        }
        if items.len() > limits::STAGES && role != Role::Receiver {
            let message = format!("pipeline `{}` has {} {}", pipeline.text, items.len(), role.section());
            self.problems.push(
                Problem::error(place, message, format!("at most {}", limits::STAGES))
                    .help("divide it into two pipelines that name the same receivers"),
            );
        }
        let mut stage: Vec<Reference> = Vec::new();
        let mut whole = known;
        for item in items {
            let Some(reference) = self.reference(pipeline, role, item) else {
                whole = false;
                continue;
            };
            let component = &self.components[reference.component];
            if let Some(first) = stage.iter().find(|earlier| earlier.component == reference.component) {
                let message = format!("pipeline `{}` names {role} `{}` twice", pipeline.text, component.id);
                let problem = Problem::error(reference.place, message, "again here");
                self.problems.push(problem.related(first.place, "first here"));
                continue;
            }
            if let (Some(entry), Some(signal)) = (component.entry, signal)
                && !entry.signals.contains(&signal)
            {
                let message = format!(
                    "{role} `{}` {} {}, but pipeline `{}` carries {signal}",
                    component.id,
                    handles(role),
                    signals(entry.signals),
                    pipeline.text,
                );
                let label = format!("{} {}", handles(role), signals(entry.signals));
                self.problems.push(
                    Problem::error(reference.place, message, label)
                        .related(pipeline.span, format!("carries {signal}")),
                );
            }
            stage.push(reference);
        }
        (stage, whole)
    }

    fn reference(&mut self, pipeline: &Key, role: Role, item: &Node) -> Option<Reference> {
        let text = match &item.kind {
            NodeKind::Scalar(text) => &text.text,
            NodeKind::Template(template) => {
                let message = format!(
                    "pipeline `{}`: its {} are fixed when the binary is built, so they take no `{template}`",
                    pipeline.text,
                    role.section()
                );
                self.problems.push(
                    Problem::error(item.span, message, "not known when the file is compiled")
                        .help("write the id itself"),
                );
                return None;
            }
            _ => {
                let message = format!(
                    "pipeline `{}`: expected the id of {}, found {}",
                    pipeline.text,
                    a_role(role),
                    item.found()
                );
                self.problems.push(
                    Problem::error(item.span, message, "not an id")
                        .help(format!("configure it under `{}:` and write its id here", role.section())),
                );
                return None;
            }
        };
        let found = self.components.iter().position(|c| c.role == role && c.id == text);
        if found.is_none() && self.trusted {
            let problem = self.unknown(pipeline, role, text, item.span);
            self.problems.push(problem);
        }
        found.map(|component| Reference { component, place: item.span })
    }

    fn unknown(&self, pipeline: &Key, role: Role, text: &str, span: Span) -> Problem {
        let message = format!("pipeline `{}`: there is no {role} `{text}` in this file", pipeline.text);
        if let Some(other) = self.components.iter().find(|component| component.id == text) {
            return Problem::error(span, message, format!("not {}", a_role(role)))
                .related(other.place, format!("declared as {}", a_role(other.role)))
                .help(format!("write it under `{}:`", other.role.section()));
        }
        let declared = || self.components.iter().filter(|c| c.role == role).map(|c| c.id);
        let kind = ComponentId::parse(text).ok();
        let kind = kind.as_ref().map_or(text, ComponentId::kind);
        let kinds = self.catalog.entries().iter().filter(|entry| entry.role == role).map(|e| e.kind);
        let near = nearest(text, declared());
        let declare = match self.catalog.get(role, kind) {
            Some(_) => Some(format!("declare it: `{text}:` under `{}:`", role.section())),
            None if near.is_some() => None,
            None => nearest(kind, kinds)
                .map(|kind| format!("did you mean `{kind}`? declare it under `{}:`", role.section())),
        };
        let help = match (near, declare) {
            (Some(near), None) => format!("did you mean `{near}`?"),
            (Some(near), Some(declare)) => format!("did you mean `{near}`? otherwise {declare}"),
            (None, Some(declare)) => declare,
            (None, None) => the_known(role, " of this file", declared())
                .unwrap_or_else(|| format!("declare it under `{}:`", role.section())),
        };
        Problem::error(span, message, "not declared").help(help)
    }

    /// Each branch of a lane is a level of a type, so there is an end to them.
    fn branches(&mut self, pipelines: &[Pipeline]) {
        for (index, component) in self.components.iter().enumerate() {
            let count = pipelines.iter().filter(|pipeline| pipeline.names(index)).count();
            if component.role == Role::Receiver && count > limits::BRANCHES {
                let message = format!("receiver `{}` stands in {count} pipelines", component.id);
                self.problems.push(
                    Problem::error(component.place, message, format!("at most {}", limits::BRANCHES))
                        .help("a pipeline may have several exporters"),
                );
            }
        }
    }
}

/// The signal in a pipeline's id.
fn signal(key: &Key) -> Result<SignalKind, Box<Problem>> {
    let kind = key.text.split('/').next().unwrap_or_default();
    let names = SignalKind::ALL.map(SignalKind::name);
    let Some(signal) = SignalKind::ALL.into_iter().find(|signal| signal.name() == kind) else {
        let message = format!("`pipelines`: there is no signal `{kind}`");
        let help = match nearest(kind, names) {
            Some(near) => format!("did you mean `{}`?", key.text.replacen(kind, near, 1)),
            None => {
                format!("a pipeline's id is its signal and perhaps a name; signals are {}", listed(names))
            }
        };
        return Err(Box::new(Problem::error(key.span, message, "unknown signal").help(help)));
    };
    match ComponentId::parse(&key.text) {
        Ok(_) => Ok(signal),
        Err(invalid) => {
            let message = format!("`{}` is not a pipeline id: {invalid}", key.text);
            Err(Box::new(Problem::error(key.span, message, "not `signal` or `signal/name`")))
        }
    }
}
