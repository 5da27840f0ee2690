// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use tracecore_runtime::signal::SeriesDraft;
use tracecore_runtime::{Admission, Metrics, Processes, Processor as _};
use tracecore_schema::{Attribute, Config as _, Descriptor, Glob, Instrument, NumberKind, Secret};

use super::{Action, Attributes, AttributesKind, Config, Verb};

static METRIC: Descriptor = Descriptor {
    name: "hw.energy",
    unit: "J",
    description: "Energy.",
    instrument: Instrument::Counter,
    number: NumberKind::U64,
    attributes: &["hw.id", "hw.serial_number"],
    spellings: &[],
};

fn action(action: Verb, key: &str, value: Option<&str>, to: Option<&str>) -> Action {
    Action { key: key.into(), action, value: value.map(Into::into), to: to.map(Into::into) }
}

fn config(actions: Vec<Action>) -> Config {
    Config { actions, metrics: Vec::new(), events: Vec::new(), salt: None }
}

/// The attributes of a series that has `hw.id` and `hw.serial_number`, after the actions.
fn changed(config: &Config) -> Vec<(String, String)> {
    let attributes = vec![Attribute::new("hw.id", "GPU-1"), Attribute::new("hw.serial_number", "1650523")];
    let mut series = SeriesDraft::new(&METRIC, attributes);
    let mut processor = Attributes::open(config).unwrap();
    assert_eq!(Processes::<Metrics>::admit(&mut processor, &mut series), Admission::Keep);
    series.attributes().iter().map(|a| (a.key.to_string(), a.value.to_string())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn salted(actions: Vec<Action>, salt: &str) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("salt");
    std::fs::write(&path, salt).unwrap();
    (folder, Config { salt: Some(Secret::file(path)), ..config(actions) })
}

#[test]
fn insert_update_and_upsert_differ_by_what_was_there() {
    let all = |verb| {
        changed(&config(vec![action(verb, "hw.id", Some("x"), None), action(verb, "zone", Some("x"), None)]))
    };
    let serial = ("hw.serial_number", "1650523");
    assert_eq!(all(Verb::Insert), pairs(&[("hw.id", "GPU-1"), serial, ("zone", "x")]));
    assert_eq!(all(Verb::Update), pairs(&[("hw.id", "x"), serial]));
    assert_eq!(all(Verb::Upsert), pairs(&[("hw.id", "x"), serial, ("zone", "x")]));
}

#[test]
fn actions_are_done_in_their_order() {
    let actions = vec![
        action(Verb::Rename, "hw.id", None, Some("gpu")),
        action(Verb::Delete, "hw.serial_number", None, None),
        action(Verb::Update, "hw.id", Some("never"), None),
        action(Verb::Insert, "gpu", Some("never"), None),
    ];
    assert_eq!(changed(&config(actions)), pairs(&[("gpu", "GPU-1")]));
}

#[test]
fn a_rename_replaces_what_has_the_new_key_and_leaves_what_is_absent() {
    let rename = |from, to| changed(&config(vec![action(Verb::Rename, from, None, Some(to))]));
    assert_eq!(rename("hw.id", "hw.serial_number"), pairs(&[("hw.serial_number", "GPU-1")]));
    assert_eq!(rename("zone", "hw.id"), pairs(&[("hw.id", "GPU-1"), ("hw.serial_number", "1650523")]));
}

#[test]
fn other_metrics_are_left_alone() {
    let delete = vec![action(Verb::Delete, "hw.id", None, None)];
    let config = |metric: &str| Config { metrics: vec![Glob::new(metric)], ..config(delete.clone()) };
    assert_eq!(changed(&config("hw.gpu.*")).len(), 2);
    assert_eq!(changed(&config("hw.*")).len(), 1);
}

#[test]
fn a_hash_depends_on_salt_and_value_alone() {
    let hash = || vec![action(Verb::Hash, "hw.serial_number", None, None)];
    let hashed = |salt: &str| {
        let (_folder, config) = salted(hash(), salt);
        changed(&config).into_iter().find(|(key, _)| key == "hw.serial_number").unwrap().1
    };
    // The first 16 digits of SHA-256 over the length of the salt (8 bytes, little-endian), the
    // salt and the value, as `printf '\x04\0\0\0\0\0\0\0salt1650523' | sha256sum` has it.
    assert_eq!(hashed("salt\n"), "c038b7638547b40b");
    assert_ne!(hashed("pepper"), hashed("salt"));
    let (_folder, config) = salted(vec![action(Verb::Hash, "absent", None, None)], "salt");
    assert_eq!(changed(&config).len(), 2);
}

#[test]
fn a_salt_that_cannot_be_read_is_named_and_not_shown() {
    let hash = vec![action(Verb::Hash, "hw.id", None, None)];
    let config = Config { salt: Some(Secret::file("/nowhere/salt")), ..config(hash) };
    let fault = Attributes::open(&config).unwrap_err();
    assert!(matches!(fault.kind(), AttributesKind::Init));
    assert!(fault.to_string().starts_with("`salt`: cannot read /nowhere/salt"), "{fault}");
}

#[test]
fn each_mistake_in_an_action_is_told_once() {
    for (wrong, told) in [
        (action(Verb::Insert, "zone", None, None), "`insert` needs a `value`"),
        (action(Verb::Delete, "zone", Some("x"), None), "`delete` takes no `value`"),
        (action(Verb::Rename, "zone", None, None), "`rename` needs the new key in `to`"),
        (action(Verb::Rename, "zone", None, Some(" ")), "`to` is empty"),
        (action(Verb::Rename, "zone", None, Some("zone")), "called already"),
        (action(Verb::Upsert, "zone", Some("x"), Some("y")), "`upsert` takes no `to`"),
        (action(Verb::Delete, "", None, None), "`key` is empty"),
        (action(Verb::Hash, "zone", None, None), "the hash of `zone` needs a `salt`"),
    ] {
        let violations = config(vec![wrong]).check();
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations[0].message.contains(told), "{}", violations[0]);
    }
}

#[test]
fn a_config_without_use_is_refused() {
    assert!(config(Vec::new()).check()[0].message.contains("`actions` is empty"));
    let (_folder, config) = salted(vec![action(Verb::Delete, "hw.id", None, None)], "salt");
    assert!(config.check()[0].message.contains("there is none"));
}
