// SPDX-License-Identifier: Apache-2.0
//! Restarts: nothing is skipped, nothing is reported twice.

use std::collections::BTreeMap;
use std::fs;

use super::super::{Config, StartAt};
use super::rig::{Log, OFF_THE_BUS, Rig, numbers};

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % limit
    }
}

fn write(log: &mut Log, numbers: &mut Numbers, records: u64) {
    for _ in 0..records {
        match numbers.below(8) {
            0 => log.say(OFF_THE_BUS),
            1 => log.say("nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48"),
            _ => log.say("a word of no meaning"),
        };
    }
}

#[test]
fn a_hundred_restarts_at_random_points_lose_nothing_and_double_nothing() {
    let mut log = Log::new();
    let mut random = Numbers(7);
    let mut seen = Vec::new();
    for _ in 0..100 {
        let records = random.below(60);
        write(&mut log, &mut random, records);
        let mut rig = Rig::open(log.with_state());
        // Some stop before they have read all there was, some right after the start.
        for _ in 0..random.below(3) {
            let records = random.below(30);
            write(&mut log, &mut random, records);
            rig.call().unwrap();
        }
        seen.extend(numbers(&rig.told));
    }
    let mut rig = Rig::open(log.with_state());
    log.say("the last");
    rig.until("the last", |rig| rig.told.last().is_some_and(|told| told.body == "the last"));
    seen.extend(numbers(&rig.told));
    let expected: Vec<_> = (0..=*seen.last().unwrap()).collect();
    let wrong = seen.iter().zip(&expected).position(|(seen, expected)| seen != expected);
    assert_eq!((wrong, seen.len()), (None, expected.len()));
    assert_eq!(seen.len() as u64, log.written);
}

#[test]
fn a_process_that_is_killed_skips_nothing_and_doubles_only_what_it_had_not_noted_under_the_same_id() {
    let mut log = Log::new();
    let mut random = Numbers(11);
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..100 {
        let mut rig = Rig::open(log.with_state());
        for _ in 0..random.below(4) {
            let records = random.below(40);
            write(&mut log, &mut random, records);
            rig.call().unwrap();
        }
        for told in &rig.told {
            *seen.entry(told.get("log.record.uid").unwrap().to_owned()).or_default() += 1;
        }
        let noted = Noted::read(&log);
        let last = numbers(&rig.told).last().copied();
        // Killed: nothing of it is run any more.
        std::mem::forget(rig);
        // What the next one reads begins with the first record that was not noted: that is one
        // which was given already, or the one after the last of these.
        assert!(noted.0 <= last.map_or(noted.0, |last| last + 1), "{noted:?} is ahead of {last:?}");
    }
    let mut rig = Rig::open(log.with_state());
    log.say("the last");
    rig.until("the last", |rig| rig.told.last().is_some_and(|told| told.body == "the last"));
    for told in &rig.told {
        *seen.entry(told.get("log.record.uid").unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(seen.len() as u64, log.written, "none is missing, and a record that came twice has one id");
    assert!(seen.values().any(|times| *times > 1), "a kill that doubles nothing tests nothing");
}

/// The number of the first record that the state file does not cover.
#[derive(Debug)]
struct Noted(u64);

impl Noted {
    fn read(log: &Log) -> Self {
        let state = fs::read_to_string(log.path("state")).unwrap_or_default();
        let number = state.lines().find_map(|line| line.strip_prefix("sequence "));
        Self(number.map_or(0, |number| number.parse::<u64>().unwrap() + 1))
    }
}

#[test]
fn what_was_overwritten_between_two_runs_is_counted_as_lost() {
    let mut log = Log::new();
    log.say("first");
    Rig::open(log.with_state()).tell(1);
    fs::write(log.path("kmsg"), "").unwrap();
    log.written = 50;
    log.say("much later");
    let mut rig = Rig::open(log.with_state());
    rig.tell(2)[1].has(&[("tracecore.kernel.records.lost", "49")]);
    rig.becomes("tracecore.kernel.records.lost", &[], 49.0);
}

#[test]
fn another_start_of_the_machine_is_read_from_its_beginning() {
    let mut log = Log::new();
    for _ in 0..5 {
        log.say("before");
    }
    Rig::open(log.with_state()).tell(5);
    // The file is of another start: give it another id, and the checksum that belongs to it.
    let other = Config { state_file: Some(log.path("state")), start_at: StartAt::Now, ..log.config() };
    let place = fs::read_to_string(log.path("state")).unwrap();
    assert!(place.contains("\nsequence 4\n"), "{place}");
    rewrite(&log, "boot ", "boot 00000000000000000000000000000000");
    let mut rig = Rig::open(other);
    assert_eq!(numbers(rig.tell(5)), [0, 1, 2, 3, 4]);
    rig.becomes("tracecore.kernel.records.lost", &[], 0.0);
}

/// Replaces a line of the state file as somebody would who knows the format.
fn rewrite(log: &Log, begins: &str, line: &str) {
    use super::super::twins::Hash;
    let state = fs::read_to_string(log.path("state")).unwrap();
    let lines: Vec<_> = state
        .lines()
        .filter(|old| !old.starts_with("end "))
        .map(|old| if old.starts_with(begins) { line } else { old })
        .collect();
    let content = lines.join("\n") + "\n";
    let mut hash = Hash::new();
    hash.add(content.as_bytes());
    fs::write(log.path("state"), format!("{content}end {:016x}\n", hash.end())).unwrap();
}

#[test]
fn a_state_file_of_no_use_is_counted_told_and_replaced() {
    let mut log = Log::new();
    log.say("first");
    fs::write(log.path("state"), "tracecore kernelevents 1\ncut off").unwrap();
    let mut rig = Rig::open(log.with_state());
    let telemetry = rig.harness.capture();
    let why = rig.call().unwrap_err();
    assert!(why.contains("the state file") && why.contains("is not used: "), "{why}");
    assert_eq!((telemetry.errors(), rig.told.len()), (vec!["state"], 1));
    drop(rig);
    log.say("second");
    let mut rig = Rig::open(log.with_state());
    assert_eq!(numbers(rig.tell(1)), [1]);
}

#[test]
fn a_state_file_that_cannot_be_written_is_an_error_and_reading_goes_on() {
    let mut log = Log::new();
    let config = Config { state_file: Some(log.path("no/such/folder/state")), ..log.config() };
    let mut rig = Rig::open(config);
    log.say("first");
    let why = rig.fails();
    rig.tell(1);
    assert!(why.contains("cannot write the state file"), "{why}");
}

#[test]
fn without_a_file_reading_begins_where_it_is_told_and_goes_on_within_a_process() {
    let mut log = Log::new();
    log.say("before");
    let now = Config { start_at: StartAt::Now, ..log.config() };
    let mut rig = Rig::open(now.clone());
    rig.call().unwrap();
    log.say("after");
    assert_eq!(rig.tell(1)[0].body, "after");
    drop(rig);
    // Opened again, after a panic say: it goes on.
    log.say("meanwhile");
    assert_eq!(Rig::open(now).tell(1)[0].body, "meanwhile");
    // In another process, which remembers nothing, it would begin anew.
    let other = Config { journalctl: "another".into(), ..log.config() };
    assert_eq!(Rig::open(other).tell(3)[0].body, "before");
}

#[test]
fn a_device_that_is_not_there_or_not_ours_says_what_to_do() {
    let log = Log::new();
    let config = Config { kmsg: log.path("nothing"), ..log.config() };
    let why = tracecore_runtime::testing::Harness::<super::super::KernelEvents>::open(config).unwrap_err();
    assert!(why.to_string().contains("nothing: ") && why.to_string().contains("source: journal"), "{why}");
}
