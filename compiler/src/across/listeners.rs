// SPDX-License-Identifier: Apache-2.0
//! Two listeners on one address: the second would fail when the collector starts.

use tracecore_schema::{Fact, Listen, Problem, Span};

use super::Checked;
use crate::configure::Telemetry;

#[derive(Debug)]
struct Listener<'a> {
    who: String,
    address: &'a Listen,
    place: Span,
    /// Where its owner stands: an alias may have given two owners one place.
    owner: Span,
}

/// A default stands nowhere in the file; its owner does.
fn place(told: Span, config: Span, owner: Span) -> Span {
    if told == config { owner } else { told }
}

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    let mut listeners = Vec::new();
    if let (Telemetry::On(owner, configured), Some((_, node))) = (file.telemetry, file.resolved.telemetry) {
        for (fact, told) in &configured.facts {
            if let Fact::Listen(address) = fact {
                let (who, place) = ("`telemetry`".to_owned(), place(*told, node.span, *owner));
                listeners.push(Listener { who, address, place, owner: *owner });
            }
        }
    }
    for told in file.facts() {
        if let Fact::Listen(address) = told.fact {
            let who = format!("{} `{}`", told.component.role, told.component.id);
            let owner = told.component.place;
            let place = place(told.place, told.component.config.span, owner);
            listeners.push(Listener { who, address, place, owner });
        }
    }
    for (index, later) in listeners.iter().enumerate() {
        let Some(first) = listeners[..index].iter().find(|first| first.address.conflicts(later.address))
        else {
            continue;
        };
        let message = match first.address == later.address {
            true => format!("{} and {} both listen on {}", first.who, later.who, first.address),
            false => format!(
                "{} listens on {} and {} on {}, which overlap",
                first.who, first.address, later.who, later.address
            ),
        };
        let (at, other) =
            if first.place == later.place { (later.owner, first.owner) } else { (later.place, first.place) };
        problems.push(
            Problem::error(at, message, "taken").related(other, "taken here").help("give each its own port"),
        );
    }
}
