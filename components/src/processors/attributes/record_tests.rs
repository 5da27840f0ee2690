// SPDX-License-Identifier: Apache-2.0
//! What actions do with the attributes of log records.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use tracecore_runtime::testing::admit_record;
use tracecore_schema::{Pattern, Secret};

use super::{Action, Attributes, Config, Verb};

fn action(action: Verb, key: &str, value: Option<&str>, to: Option<&str>) -> Action {
    Action { key: key.into(), action, value: value.map(Into::into), to: to.map(Into::into) }
}

fn config(actions: Vec<Action>) -> Config {
    Config { actions, metrics: Vec::new(), events: Vec::new(), salt: None }
}

/// The attributes of an Xid's record and of another, after the actions.
fn changed(config: &Config) -> [Vec<(String, String)>; 2] {
    let left = admit_record::<Attributes>(config, |out| {
        out.record(1).event_name("gpu.xid").attribute("hw.id", "GPU-1").attribute("process.pid", 4711);
        out.record(2).event_name("kernel.oom").body("killed").attribute("hw.id", "GPU-2");
    });
    let mut left = left.unwrap().into_iter().map(|record| {
        let mut pairs: Vec<_> =
            record.attributes.iter().map(|a| (a.key.to_string(), a.value.to_string())).collect();
        pairs.sort();
        pairs
    });
    [left.next().unwrap(), left.next().unwrap()]
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn insert_update_and_upsert_differ_by_what_was_there() {
    let all = |verb| {
        let actions =
            vec![action(verb, "process.pid", Some("x"), None), action(verb, "zone", Some("y"), None)];
        changed(&config(actions))
    };
    let [xid, oom] = all(Verb::Insert);
    assert_eq!(xid, pairs(&[("hw.id", "GPU-1"), ("process.pid", "4711"), ("zone", "y")]));
    assert_eq!(oom, pairs(&[("hw.id", "GPU-2"), ("process.pid", "x"), ("zone", "y")]));
    let [xid, oom] = all(Verb::Update);
    assert_eq!(xid, pairs(&[("hw.id", "GPU-1"), ("process.pid", "x")]));
    assert_eq!(oom, pairs(&[("hw.id", "GPU-2")]));
    let [xid, _] = all(Verb::Upsert);
    assert_eq!(xid, pairs(&[("hw.id", "GPU-1"), ("process.pid", "x"), ("zone", "y")]));
}

#[test]
fn actions_are_done_in_their_order() {
    let actions = vec![
        action(Verb::Rename, "hw.id", None, Some("process.pid")),
        action(Verb::Rename, "absent", None, Some("hw.id")),
        action(Verb::Upsert, "gone", Some("soon"), None),
        action(Verb::Delete, "gone", None, None),
    ];
    let [xid, oom] = changed(&config(actions));
    assert_eq!(xid, pairs(&[("process.pid", "GPU-1")]), "a rename replaces what has the new key");
    assert_eq!(oom, pairs(&[("process.pid", "GPU-2")]));
}

#[test]
fn other_events_are_left_alone() {
    let delete = vec![action(Verb::Delete, "hw.id", None, None)];
    let [xid, oom] = changed(&Config { events: vec![Pattern::new("gpu.*")], ..config(delete) });
    assert_eq!((xid, oom), (pairs(&[("process.pid", "4711")]), pairs(&[("hw.id", "GPU-2")])));
}

#[test]
fn a_hash_is_the_one_that_a_series_would_have() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("salt");
    std::fs::write(&path, "salt").unwrap();
    let hash = vec![
        action(Verb::Upsert, "hw.serial_number", Some("1650523"), None),
        action(Verb::Hash, "hw.serial_number", None, None),
        action(Verb::Hash, "process.pid", None, None),
    ];
    let [xid, _] = changed(&Config { salt: Some(Secret::file(path)), ..config(hash) });
    let of = |key: &str| xid.iter().find(|(known, _)| known == key).unwrap().1.clone();
    // As in the tests of series.
    assert_eq!(of("hw.serial_number"), "c038b7638547b40b");
    assert_eq!(of("process.pid").len(), 16);
}
