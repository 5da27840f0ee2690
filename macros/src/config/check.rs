// SPDX-License-Identifier: Apache-2.0
//! What is wrong with a config as a whole. Parts that are wrong are taken out, so that nothing
//! that follows from them is reported as well.
//!
//! Mutation ends here.

use super::known::{Known, Value};
use super::model::{Call, Claims, Component, Config, Default, Field, Rust, Scalar};
use crate::report::{Report, all_of, did_you_mean};

/// Checks everything that one look at the whole struct can tell.
pub(super) fn config(config: &mut Config, report: &mut Report) {
    for field in &mut config.fields {
        help(field, report);
        serde(field, report);
        values(field, report);
    }
    let Config { fields, rules, .. } = &mut *config;
    rules.retain(|rule| known_fields(rule, fields, report));
    let help_is_missing = config.help.is_empty();
    if let Some(component) = &mut config.component {
        if help_is_missing {
            let message =
                format!("the config of a {} has no doc comment: it is the help text", component.role.name());
            report.at(&config.ident, message);
        }
        declaration(component, &config.fields, report);
    }
}

fn help(field: &Field, report: &mut Report) {
    if field.help.is_empty() {
        let message = format!("the config field `{}` has no doc comment: it is the help text", field.key);
        report.at(&field.ident, message);
    }
}

fn serde(field: &mut Field, report: &mut Report) {
    if field.serde.is_none() {
        return;
    }
    const WHOLE: &str = "a field under `serde` is read as a whole";
    if let Default::Text(text) = &field.default {
        report.at(&text.tokens, format!("{WHOLE}: a bare `default` calls `Default::default()`"));
        field.default = Default::Wrong;
    }
    for bound in [field.min.take(), field.max.take()].into_iter().flatten() {
        report.at(&bound.tokens, format!("{WHOLE}: it has no `min` and no `max`; a `rule(..)` can check it"));
    }
    // `Option` knows what its absence means; the wrapper that reads it through serde does not.
    if field.is_option() && matches!(field.default, Default::None) {
        field.default = Default::Trait;
    }
}

/// Checks the default and the limits of a field whose type is known.
fn values(field: &mut Field, report: &mut Report) {
    let Some(known) = Known::of(&field.ty).filter(|_| field.serde.is_none()) else { return };
    if known == Known::Secret {
        if matches!(field.default, Default::Text(_) | Default::Trait) {
            let message = "a secret has no default: it is named in the file, by `${env:NAME}` or `${file:/path}`\nwithout it: `Option<Secret>`";
            match &field.default {
                Default::Text(text) => report.at(&text.tokens, message),
                _ if field.is_option() => return,
                _ => report.at(&field.ident, message),
            }
            field.default = Default::Wrong;
        }
        return;
    }
    if known == Known::Collection {
        const WHOLE: &str = "a list or a map is not written as one scalar";
        if let Default::Text(text) = &field.default {
            report.at(&text.tokens, format!("{WHOLE}: a bare `default` makes it empty"));
            field.default = Default::Wrong;
        }
        for bound in [field.min.take(), field.max.take()].into_iter().flatten() {
            report.at(
                &bound.tokens,
                format!("{WHOLE}: it has no `min` and no `max`; a `rule(..)` can check it"),
            );
        }
        return;
    }
    let default = match &field.default {
        Default::Text(text) => match read(known, text, report) {
            Some(value) => Some(value),
            None => {
                field.default = Default::Wrong;
                None
            }
        },
        _ => None,
    };
    let mut bound = |name: &str, bound: &mut Option<Scalar>| {
        let text = bound.as_ref()?;
        if !known.is_ordered() {
            report.at(
                &text.tokens,
                format!("`{name}` needs values that have an order: {} has none", known.expected()),
            );
            *bound = None;
            return None;
        }
        let value = read(known, text, report);
        if value.is_none() {
            *bound = None;
        }
        value
    };
    let (min, max) = (bound("min", &mut field.min), bound("max", &mut field.max));
    let (Field { min: min_text, max: max_text, .. }, default_text) = (&*field, text_of(&field.default));
    if let (Some(min), Some(max), Some(least), Some(most)) = (min, max, min_text, max_text)
        && min > max
    {
        report.at(
            &most.tokens,
            format!("`max` is `{}`, which is less than `min`, `{}`", most.text, least.text),
        );
        return;
    }
    let Some(default) = default else { return };
    if let (Some(min), Some(least), Some(text)) = (min, min_text, default_text)
        && default < min
    {
        report.at(&text.tokens, format!("the default `{}` is less than `min`, `{}`", text.text, least.text));
    }
    if let (Some(max), Some(most), Some(text)) = (max, max_text, default_text)
        && default > max
    {
        report.at(&text.tokens, format!("the default `{}` is more than `max`, `{}`", text.text, most.text));
    }
}

fn text_of(default: &Default) -> Option<&Scalar> {
    match default {
        Default::Text(text) => Some(text),
        _ => None,
    }
}

fn read(known: Known, text: &Scalar, report: &mut Report) -> Option<Value> {
    match known.read(&text.text) {
        Ok(value) => Some(value),
        Err(why) => {
            let message = format!("expected {}, found `{}`: {why}", known.expected(), text.text);
            report.at(&text.tokens, message);
            None
        }
    }
}

/// Whether all fields of a call exist.
fn known_fields(call: &Call, fields: &[Field], report: &mut Report) -> bool {
    let mut known = true;
    for name in &call.fields {
        if !fields.iter().any(|field| field.ident == *name) {
            let keys = || fields.iter().map(|field| field.key.as_str());
            let near = did_you_mean(&name.to_string(), keys());
            let accepted = if fields.is_empty() { "none".to_owned() } else { all_of(keys()) };
            report.at(name, format!("there is no field `{name}`{near}\nthe fields are: {accepted}"));
            known = false;
        }
    }
    known
}

fn declaration(component: &mut Component, fields: &[Field], report: &mut Report) {
    let kind = component.kind.value();
    let fits = kind.starts_with(|c: char| c.is_ascii_lowercase())
        && kind.len() <= 63
        && kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !fits {
        report.at(
            &component.kind,
            format!("`{kind}` cannot be a component's kind: a lower-case letter, then lower-case letters, digits and `_`, 63 of them at most"),
        );
    }
    if let Some(Rust::Choice(call)) = &component.rust
        && !(known_fields(call, fields, report)
            & fixed_fields(call, fields, "the component's Rust type", report))
    {
        component.rust = None;
    }
    let notes = [
        (&mut component.claims, "what a component claims"),
        (&mut component.loads, "what a component loads"),
        (&mut component.page, "what page a component shows"),
        (&mut component.no_metrics, "whether a component carries metrics"),
        (&mut component.no_logs, "whether a component carries logs"),
    ];
    for (note, what) in notes {
        if let Some(Claims::Choice(call)) = note
            && !(known_fields(call, fields, report) & fixed_fields(call, fields, what, report))
        {
            *note = None;
        }
    }
}

/// Whether all fields of a call are fixed: what they decide is decided by the build.
fn fixed_fields(call: &Call, fields: &[Field], what: &str, report: &mut Report) -> bool {
    let mut fixed = true;
    for name in &call.fields {
        if fields.iter().any(|field| field.ident == *name && !field.fixed && field.serde.is_none()) {
            report.at(
                name,
                format!(
                    "`{name}` decides {what}, so the build must know it: mark the field `#[config(fixed)]`"
                ),
            );
            fixed = false;
        }
    }
    fixed
}
