// SPDX-License-Identifier: Apache-2.0
//! The catalog as Markdown. Says nothing that a declaration does not say.

use std::fmt::Write as _;
use std::path::PathBuf;

use tracecore_schema::{Catalog, Config as _, Descriptor, Entry, Field, Role, telemetry};

/// The error kinds of a type that a component may be.
pub(crate) struct Kinds {
    pub(crate) role: Role,
    pub(crate) kind: &'static str,
    pub(crate) names: &'static [&'static str],
}

const HEAD: &str = "\
# Components

What may stand in a pipeline file, and what comes of it. Written from the components' own declarations by
`TRACECORE_UPDATE=1 cargo test -p tracecore-tests --test reference`; do not edit. What to do about an error kind is in
the runbook of the component's README.

An option that is *fixed* is decided when the binary is built and takes no `${env:..}`. Where a metric's name is from:
*conventions* are OpenTelemetry's semantic conventions, *collector* the OpenTelemetry Collector, which has names that
the conventions lack, and *extension* is a name of TraceCore's own in their style.
";

/// The kinds that the runtime reports of every component of a role, not the component itself.
const fn of_the_runtime(role: Role) -> &'static [&'static str] {
    match role {
        Role::Receiver => &["init", "panic", "downstream", "cardinality"],
        Role::Processor => &["init"],
        Role::Exporter => &["init", "panic"],
    }
}

/// Names of the OpenTelemetry Collector's hostmetrics receiver that the conventions do not have.
const COLLECTOR: [&str; 3] =
    ["system.cpu.load_average.", "system.disk.pending_operations", "system.filesystem.inodes.usage"];

fn source(metric: &str) -> &'static str {
    if metric.starts_with("tracecore.") {
        "extension"
    } else if COLLECTOR.iter().any(|name| metric.starts_with(name)) {
        "collector"
    } else {
        "conventions"
    }
}

/// Where the metrics of a component come from, if it says so.
pub(crate) struct Origins {
    pub(crate) kind: &'static str,
    /// Of each metric: its name, the call that it takes, and what that needs.
    pub(crate) rows: Vec<[&'static str; 3]>,
}

/// All components of a catalog.
pub(crate) fn components(
    catalog: &Catalog,
    kinds: &[Kinds],
    origins: &[Origins],
    folder: fn(&Entry) -> PathBuf,
) -> String {
    let mut out = HEAD.to_owned();
    for role in Role::ALL {
        let _ = write!(out, "\n## {}\n", capital(role.section()));
        let mut entries: Vec<_> = catalog.entries().iter().filter(|entry| entry.role == role).collect();
        entries.sort_by_key(|entry| entry.kind);
        for entry in entries {
            component(&mut out, entry, &folder(entry).join("README.md").display().to_string());
            let from = origins.iter().find(|from| role == Role::Receiver && from.kind == entry.kind);
            from.into_iter().for_each(|from| calls(&mut out, &from.rows));
            let known = |known: &&Kinds| (known.role, known.kind) == (role, entry.kind);
            error_kinds(&mut out, role, kinds.iter().find(known).map_or(&[], |known| known.names));
        }
    }
    out.push_str("\n## Telemetry\n\n");
    out.push_str("What the collector tells of itself; without the block `telemetry:` nothing listens.\n");
    options(&mut out, &telemetry::Config::fields());
    for name in COLLECTOR {
        assert!(out.contains(&format!("| `{name}")), "no component declares `{name}` any more");
    }
    out
}

fn component(out: &mut String, entry: &Entry, readme: &str) {
    let signals: Vec<_> = entry.signals.iter().map(|signal| signal.name()).collect();
    let _ = write!(out, "\n### {}\n\n{}\n\n", entry.kind, one_line(entry.help));
    let _ = writeln!(out, "Carries {}. More: [{readme}](../../{readme}).", signals.join(" and "));
    options(out, &(entry.fields)());
    metrics(out, &(entry.metrics)());
}

fn options(out: &mut String, fields: &[Field]) {
    if !fields.is_empty() {
        out.push_str("\n| option | what to write | default | limits | what it is |\n|---|---|---|---|---|\n");
        fields.iter().for_each(|field| option(out, "", field));
    }
}

fn option(out: &mut String, above: &str, field: &Field) {
    let name = format!("{above}{}", field.name);
    let default = match field.default.as_deref() {
        None => "required".to_owned(),
        Some("none") => "none".to_owned(),
        Some(default) => format!("`{default}`"),
    };
    let mut limits = field.limits.clone();
    if field.fixed {
        limits.push("fixed".to_owned());
    }
    let cells =
        [format!("`{name}`"), field.expected.clone(), default, limits.join("; "), one_line(field.help)];
    row(out, &cells);
    // The fields of a list's items are named as those of the list: `actions[].key`.
    let inner = if field.expected.starts_with("a list") { format!("{name}[].") } else { format!("{name}.") };
    field.nested.iter().for_each(|nested| option(out, &inner, nested));
}

fn metrics(out: &mut String, metrics: &[&Descriptor]) {
    let Some((first, others)) = metrics.split_first() else { return };
    // What all have in common stands here once, unless it is all that there is to say.
    let common: Vec<&str> = match others {
        [] => Vec::new(),
        _ => first
            .attributes
            .iter()
            .copied()
            .filter(|key| others.iter().all(|m| m.attributes.contains(key)))
            .collect(),
    };
    if !common.is_empty() {
        let _ = writeln!(out, "\nAll series may carry {}.", quoted(&common));
    }
    out.push_str(
        "\n| metric | instrument | unit | attributes | from | what it is |\n|---|---|---|---|---|---|\n",
    );
    for metric in metrics {
        let own: Vec<&str> = metric.attributes.iter().copied().filter(|key| !common.contains(key)).collect();
        let cells = [
            format!("`{}`", metric.name),
            metric.instrument.name().to_owned(),
            format!("`{}`", metric.unit),
            quoted(&own),
            source(metric.name).to_owned(),
            one_line(metric.description),
        ];
        row(out, &cells);
    }
}

fn calls(out: &mut String, rows: &[[&str; 3]]) {
    out.push_str("\n| metric | where it comes from | what it takes |\n|---|---|---|\n");
    for [metric, call, needs] in rows {
        row(out, &[format!("`{metric}`"), one_line(call), one_line(needs)]);
    }
}

fn error_kinds(out: &mut String, role: Role, names: &[&str]) {
    let runtime = of_the_runtime(role);
    let (theirs, own): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| runtime.contains(name));
    let own = if own.is_empty() { String::new() } else { format!("{}; ", quoted(&own)) };
    let _ = writeln!(out, "\nError kinds: {own}by the runtime {}.", quoted(&theirs));
}

fn row(out: &mut String, cells: &[String]) {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
