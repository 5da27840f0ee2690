// SPDX-License-Identifier: Apache-2.0
//! `components`: what an operator may write, and what comes of it.

use std::fmt::Write as _;

use tracecore_schema::{Descriptor, Entry, Field, Role, nearest};

use crate::args::Which;
use crate::output::{print, say};
use crate::{App, Exit};

pub(crate) fn components(app: &App, which: &Which) -> Exit {
    let catalog = (app.catalog)();
    let mut unknown = false;
    for kind in &which.kinds {
        if catalog.entries().iter().all(|entry| entry.kind != kind) {
            unknown = true;
            let near = nearest(kind, catalog.entries().iter().map(|entry| entry.kind));
            let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            say(&format!("error: this binary has no component `{kind}`{help}\n"));
        }
    }
    if unknown {
        return Exit::Usage;
    }
    let mut out = String::new();
    for role in Role::ALL {
        let mut entries: Vec<_> = catalog
            .entries()
            .iter()
            .filter(|entry| entry.role == role)
            .filter(|entry| which.kinds.is_empty() || which.kinds.iter().any(|kind| kind == entry.kind))
            .collect();
        entries.sort_by_key(|entry| entry.kind);
        if !entries.is_empty() {
            push(&mut out, 0, &format!("{}:", role.section()));
        }
        for entry in entries {
            component(&mut out, entry);
        }
    }
    print(&out)
}

fn component(out: &mut String, entry: &Entry) {
    let signals: Vec<_> = entry.signals.iter().map(|signal| signal.name()).collect();
    push(out, 2, &format!("{} ({})", entry.kind, signals.join(", ")));
    prose(out, 4, entry.help);
    let fields = (entry.fields)();
    if !fields.is_empty() {
        push(out, 4, "options:");
        fields.iter().for_each(|one| field(out, 6, one));
    }
    let metrics = (entry.metrics)();
    if !metrics.is_empty() {
        push(out, 4, "metrics:");
        metrics.iter().for_each(|one| metric(out, 6, one));
    }
    out.push('\n');
}

fn field(out: &mut String, indent: usize, field: &Field) {
    let mut notes = vec![field.expected.clone()];
    match &field.default {
        Some(default) => notes.push(format!("default `{default}`")),
        None => notes.push("required".to_owned()),
    }
    notes.extend(field.limits.iter().cloned());
    if field.fixed {
        notes.push("fixed when the binary is built".to_owned());
    }
    push(out, indent, &format!("{}: {}", field.name, notes.join("; ")));
    prose(out, indent + 2, field.help);
    field.nested.iter().for_each(|nested| self::field(out, indent + 2, nested));
}

fn metric(out: &mut String, indent: usize, metric: &Descriptor) {
    let mut line = format!("{} [{}] {}", metric.name, metric.unit, metric.instrument.name());
    if !metric.attributes.is_empty() {
        // Writing to a string does not fail.
        let _ = write!(line, ", by {}", metric.attributes.join(", "));
    }
    push(out, indent, &line);
    prose(out, indent + 2, metric.description);
}

fn push(out: &mut String, indent: usize, line: &str) {
    let _ = writeln!(out, "{:indent$}{line}", "");
}

fn prose(out: &mut String, indent: usize, text: &str) {
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            out.push('\n');
        } else {
            push(out, indent, line);
        }
    }
}
