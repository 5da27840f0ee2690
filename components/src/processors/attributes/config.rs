// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use tracecore_schema::{ConfigValue, Glob, Pattern, Secret};

/// Sets, renames, removes and hashes attributes of series and log records, one action after the
/// other.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(processor = "attributes", signals(metrics, logs), rust = Attributes)]
#[config(rule(does_something(actions)), rule(hashes_with_salt(actions, salt)))]
pub struct Config {
    /// What is done, in this order.
    pub actions: Vec<Action>,
    /// Metrics that this is about, by name or pattern (`hw.gpu.*`). All, unless some are listed.
    #[config(fixed, default)]
    pub metrics: Vec<Glob>,
    /// Events of log records that this is about, by name or pattern (`gpu.*`). All records,
    /// unless some are listed.
    #[config(fixed, default)]
    pub events: Vec<Pattern>,
    /// What `hash` mixes into each value, so that nobody can find a value by trying them all.
    /// Collectors with the same salt give the same hashes.
    pub salt: Option<Secret>,
}

/// One change.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(rule(key_is_named(key)), rule(value_fits(action, value)), rule(target_fits(key, action, to)))]
pub struct Action {
    /// The attribute's key, in full: `hw.serial_number`.
    #[config(fixed)]
    pub key: String,
    /// What is done with it: `insert`, `update`, `upsert`, `rename`, `delete` or `hash`.
    #[config(fixed)]
    pub action: Verb,
    /// The value for `insert`, `update` and `upsert`.
    pub value: Option<String>,
    /// The new key for `rename`.
    #[config(fixed)]
    pub to: Option<String>,
}

/// What is done with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Verb {
    /// Sets the value where the attribute is absent.
    Insert,
    /// Sets the value where the attribute is present.
    Update,
    /// Sets the value.
    Upsert,
    /// Moves the value to another key, which loses the one it had.
    Rename,
    /// Removes the attribute.
    Delete,
    /// Replaces the value by a salted hash of it.
    Hash,
}

impl Verb {
    const fn sets(self) -> bool {
        matches!(self, Self::Insert | Self::Update | Self::Upsert)
    }

    fn name(self) -> String {
        tracecore_schema::Scalar::show(&self)
    }
}

fn does_something(actions: &[Action]) -> Result<(), String> {
    if actions.is_empty() {
        return Err(
            "`actions` is empty, so nothing would change; list an action or leave the processor out".into()
        );
    }
    Ok(())
}

fn hashes_with_salt(actions: &[Action], salt: &Option<Secret>) -> Result<(), String> {
    match (actions.iter().find(|action| action.action == Verb::Hash), salt) {
        (Some(action), None) => Err(format!(
            "the hash of `{}` needs a `salt`: without one, who knows the hash finds the value by trying; \
             add `salt: ${{env:NAME}}` or `salt: ${{file:/path}}`",
            action.key
        )),
        (None, Some(_)) => Err("`salt` is for the action `hash`, and there is none".into()),
        _ => Ok(()),
    }
}

fn key_is_named(key: &str) -> Result<(), String> {
    if key.trim().is_empty() {
        Err("`key` is empty; name an attribute such as `hw.id`".into())
    } else {
        Ok(())
    }
}

fn value_fits(action: &Verb, value: &Option<String>) -> Result<(), String> {
    match value {
        None if action.sets() => Err(format!("`{}` needs a `value`", action.name())),
        Some(_) if !action.sets() => {
            Err(format!("`{}` takes no `value`; `insert`, `update` and `upsert` do", action.name()))
        }
        _ => Ok(()),
    }
}

fn target_fits(key: &str, action: &Verb, to: &Option<String>) -> Result<(), String> {
    match (action, to) {
        (Verb::Rename, None) => Err("`rename` needs the new key in `to`".into()),
        (Verb::Rename, Some(to)) if to.trim().is_empty() => Err("`to` is empty; name the new key".into()),
        (Verb::Rename, Some(to)) if to == key => Err(format!("`to` is `{key}`, which it is called already")),
        (Verb::Rename, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(format!("`{}` takes no `to`; `rename` does", action.name())),
    }
}
