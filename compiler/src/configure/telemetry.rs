// SPDX-License-Identifier: Apache-2.0
//! The `telemetry` block.

use tracecore_schema::telemetry::{Config, Switch, switch};
use tracecore_schema::{Config as _, Decoder, Field, Key, Node, NodeKind, Problem, Span, Value, nearest};

use super::Configured;
use crate::words::listed;

/// What the block says.
#[derive(Debug)]
pub(crate) enum Telemetry {
    /// There is none: nothing listens.
    Absent,
    /// `enabled: false`, or no block that could be read: nothing listens.
    Off,
    /// Something listens.
    On(Span, Configured),
}

/// Reads the block. What is wrong in it has been reported.
pub(crate) fn telemetry(block: Option<(Span, &Node)>, problems: &mut Vec<Problem>) -> Telemetry {
    let Some((place, node)) = block else { return Telemetry::Absent };
    let key = Key { text: "telemetry".to_owned(), span: place };
    let switch = switch(&key, node, problems);
    if switch == Some(Switch::Off) {
        unknown(node, "telemetry", &Config::fields(), problems);
        return Telemetry::Off;
    }
    if !matches!(node.kind, NodeKind::Map(_)) {
        return Telemetry::Off;
    }
    let mut cx = Decoder::new("telemetry", problems);
    let decoded = Config::decode(node, &mut cx);
    let Decoder { holes, facts, settings, .. } = cx;
    let config = decoded.map(|decoded| (decoded.literal, "Config"));
    Telemetry::On(place, Configured { config, holes, facts, settings })
}

/// Of a block that is off only the keys are checked (contract C1).
fn unknown(node: &Node, path: &str, known: &[Field], problems: &mut Vec<Problem>) {
    let NodeKind::Map(entries) = &node.kind else { return };
    for (key, value) in entries {
        if let Some(field) = known.iter().find(|field| field.name == key.text) {
            if !field.nested.is_empty() {
                unknown(value, &format!("{path}.{}", key.text), &field.nested, problems);
            }
            continue;
        }
        let message = format!("`{path}`: there is no field `{}`", key.text);
        let names = || known.iter().map(|field| field.name);
        let help = match nearest(&key.text, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the fields are {}", listed(names())),
        };
        problems.push(Problem::error(key.span, message, "unknown field").help(help));
    }
}
