// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use super::{LogBatch, LogValue, RecordDraft, Severity};
use crate::Probe;

fn batch() -> LogBatch {
    let mut batch = LogBatch::empty(Probe::new());
    batch.begin(7);
    batch
}

fn pairs(batch: &LogBatch, at: usize) -> Vec<(String, String)> {
    let record = batch.records().nth(at).unwrap();
    record.attributes().map(|(key, value)| (key.to_owned(), value.to_string())).collect()
}

#[test]
fn what_is_written_is_read() {
    let mut out = batch();
    out.record(5)
        .body_display(format_args!("{}-{}", 1, 2))
        .attribute_display("address", format_args!("{:02x}", 10));
    out.record(6)
        .severity(Severity::ERROR2)
        .severity_text("crit")
        .event_name("gpu.xid")
        .observed(9)
        .body("first")
        .attribute("pid", 4711_u32)
        .attribute("share", 0.5)
        .attribute("ok", true)
        .attribute("large", u64::MAX)
        .attribute("pid", -1)
        .body("last");
    assert_eq!((out.len(), out.is_empty(), out.observed_unix_nanos()), (2, false, 7));
    let [first, second] = [0, 1].map(|at| out.records().nth(at).unwrap());
    assert_eq!((first.body(), first.time_unix_nanos(), first.observed_unix_nanos()), ("1-2", 5, 7));
    assert_eq!(
        (first.severity(), first.severity_text(), first.event_name()),
        (Severity::UNSPECIFIED, "", "")
    );
    assert_eq!(first.attribute("address"), Some(LogValue::Text("0a")));
    assert_eq!((second.body(), second.observed_unix_nanos()), ("last", 9));
    assert_eq!(
        (second.severity().number(), second.severity_text(), second.event_name()),
        (18, "crit", "gpu.xid")
    );
    assert_eq!(second.attribute("pid"), Some(LogValue::Int(-1)), "of two calls the last one counts");
    assert_eq!(second.attribute("large"), Some(LogValue::Int(i64::MAX)));
    assert_eq!((second.attributes().len(), second.attribute("absent")), (4, None));
}

#[test]
fn a_full_batch_takes_what_was_begun_and_refuses_the_rest() {
    let mut out = batch();
    for number in 0..LogBatch::MAX_RECORDS {
        assert!(!out.is_full(), "at {number}");
        out.record(1).attribute("number", number as u64);
    }
    assert!(out.is_full());
    let mut one_more = out.record(2);
    assert!(one_more.is_refused());
    one_more.body("lost").severity(Severity::FATAL).attribute("number", "lost").attribute_display("x", 1);
    assert_eq!((out.len(), out.refused()), (LogBatch::MAX_RECORDS, 1));
    let last = out.records().last().unwrap();
    assert_eq!((last.body(), last.severity(), last.attributes().len()), ("", Severity::UNSPECIFIED, 1));

    out.begin(8);
    assert_eq!((out.len(), out.refused(), out.is_full()), (0, 0, false));
    let long = "x".repeat(LogBatch::MAX_RECORD_BYTES);
    while !out.is_full() {
        out.record(1).body(&long);
    }
    assert_eq!(out.len(), LogBatch::MAX_BYTES / LogBatch::MAX_RECORD_BYTES);
}

#[test]
fn a_record_that_is_too_long_is_cut_at_a_character() {
    let mut out = batch();
    let long = "é".repeat(LogBatch::MAX_RECORD_BYTES);
    out.record(1).body("a").attribute("text", &long).attribute("more", "b");
    out.record(2).body_display(&long);
    out.record(3).body("whole");
    let cut: Vec<_> = out.records().map(|record| record.is_cut()).collect();
    assert_eq!(cut, [true, true, false]);
    let first = out.records().next().unwrap();
    assert_eq!(first.attribute("text").unwrap().to_string().len(), LogBatch::MAX_RECORD_BYTES - 2);
    assert_eq!(first.attribute("more"), Some(LogValue::Text("b")), "a byte was left");
    assert_eq!(out.records().nth(1).unwrap().body().len(), LogBatch::MAX_RECORD_BYTES);
}

#[test]
fn attributes_that_are_one_too_many_are_counted() {
    const KEYS: &str = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\
                        abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    let mut out = batch();
    let mut record = out.record(1);
    for length in 1..=130 {
        record.attribute(&KEYS[..length], 1);
    }
    record.attribute("a", 2);
    let record = out.records().next().unwrap();
    assert_eq!((record.attributes().len(), record.dropped_attributes()), (128, 2));
    assert_eq!(record.attribute("a"), Some(LogValue::Int(2)), "what is there can still be set");
}

#[test]
fn a_draft_changes_a_copy_and_nothing_else() {
    let mut out = batch();
    out.record(1).body("first").attribute("a", "1").attribute("b", 2).attribute("c", "3");
    out.record(2).body("second").attribute("a", "x");
    let mut own = batch();
    for record in out.records() {
        own.copy(record);
        let mut draft = RecordDraft::new(&mut own);
        draft.insert("a", "one");
        draft.insert("new".to_owned().as_str(), false);
        assert!(draft.remove("b") == (record.time_unix_nanos() == 1));
        draft.rename("c", "b");
        assert!(!draft.rename("c", "b"));
        if record.time_unix_nanos() == 2 {
            draft.set_body("changed");
            draft.set_severity(Severity::WARN);
        }
    }
    let text = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(pairs(&own, 0), text(&[("a", "one"), ("b", "3"), ("new", "false")]));
    assert_eq!(pairs(&own, 1), text(&[("a", "one"), ("new", "false")]));
    let second = own.records().nth(1).unwrap();
    assert_eq!((second.body(), second.severity_text()), ("changed", "WARN"));
    assert_eq!(pairs(&out, 0), text(&[("a", "1"), ("b", "2"), ("c", "3")]));
}

#[test]
fn a_rename_takes_the_place_of_what_has_the_new_key() {
    let mut out = batch();
    out.record(1).attribute("a", 1).attribute("b", 2);
    let mut draft = RecordDraft::new(&mut out);
    assert!(draft.rename("a", "b"));
    assert!(draft.rename("b", "b"), "it is called so already");
    assert!(!draft.rename("a", "a"));
    assert_eq!(pairs(&out, 0), [("b".to_owned(), "1".to_owned())]);
}

#[test]
fn what_is_dropped_leaves_no_trace() {
    let mut out = batch();
    out.record(1).body("kept").attribute("a", "1");
    out.record(2).body("dropped").attribute("a", "2");
    out.pop();
    out.record(3).body("next").attribute("a", "3");
    assert_eq!(out.records().map(|record| record.body()).collect::<Vec<_>>(), ["kept", "next"]);
    assert_eq!(pairs(&out, 1), [("a".to_owned(), "3".to_owned())]);
    out.pop();
    out.pop();
    out.pop();
    assert!(out.is_empty());
}

#[test]
fn severities_have_the_names_of_opentelemetry() {
    let names = [1, 5, 9, 10, 13, 17, 18, 19, 21, 24].map(|number| Severity::new(number).name());
    assert_eq!(
        names,
        ["TRACE", "DEBUG", "INFO", "INFO2", "WARN", "ERROR", "ERROR2", "ERROR3", "FATAL", "FATAL4"]
    );
    assert_eq!((Severity::new(99).number(), Severity::UNSPECIFIED.name()), (24, ""));
    assert!(Severity::WARN > Severity::INFO2 && Severity::default() < Severity::TRACE);
}
