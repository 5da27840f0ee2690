// SPDX-License-Identifier: Apache-2.0
//! What is counted, and what is not.

use tracecore_runtime::InventoryGpu;

use super::super::Config;
use super::rig::{GPU, Log, OFF_THE_BUS, Rig, UUID};
use crate::receivers::xid::ALARMING;

const XIDS: &str = "tracecore.gpu.xid.errors";

#[test]
fn codes_that_call_for_action_are_there_at_zero_before_they_happen() {
    let log = Log::new();
    let mut rig = Rig::open(log.config());
    let gpu =
        InventoryGpu { pci_address: "0000:9b:00.0".into(), uuid: UUID.into(), ..InventoryGpu::default() };
    rig.harness.inventory().publish("nvml", vec![gpu]);
    rig.becomes(XIDS, &[("hw.id", UUID), ("tracecore.gpu.xid.code", "79"), ("source", "kernel")], 0.0);
    rig.becomes("tracecore.kernel.events", &[("tracecore.kernel.event", "oom_kill")], 0.0);
    let points = rig.harness.points();
    let codes: Vec<_> = points.iter().filter(|point| point.name() == XIDS).collect();
    assert_eq!(codes.len(), ALARMING.len());
    assert!(codes.iter().all(|point| point.value == 0.0));
    assert_eq!(points.iter().filter(|point| point.name() == "tracecore.kernel.events").count(), 22);
    assert!(!points.iter().any(|point| point.name().ends_with("last_seen")), "nothing was seen");
}

#[test]
fn a_code_that_nobody_foresaw_is_shown_at_zero_once_so_that_its_increase_is_seen() {
    let mut log = Log::new();
    let mut rig = Rig::open(log.config());
    log.say(&format!("NVRM: GPU at {GPU}: {UUID}"));
    log.say(&format!("NVRM: Xid ({GPU}): 4711, something new"));
    let series =
        [("hw.id", UUID), ("tracecore.gpu.xid.code", "4711"), ("tracecore.gpu.xid.action", "unspecified")];
    assert_eq!(rig.value(XIDS, &series), 0.0);
    assert_eq!(rig.value(XIDS, &series), 1.0);
    let seen = rig.value("tracecore.gpu.xid.last_seen", &series);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!(seen > 1e9 && seen < now, "{seen}");
    // Of an instance it is another series.
    log.say(&format!("NVRM: Xid ({GPU} GPU-I:02): 4711, something new"));
    let instance = [("tracecore.gpu.mig.gpu_instance.id", "2"), ("tracecore.gpu.xid.code", "4711")];
    assert_eq!((rig.value(XIDS, &instance), rig.value(XIDS, &instance)), (0.0, 1.0));
}

#[test]
fn identical_lines_are_counted_all_of_them() {
    let mut log = Log::new();
    for _ in 0..3000 {
        log.say(OFF_THE_BUS);
    }
    let mut rig = Rig::open(log.config());
    rig.tell(3000);
    rig.becomes(XIDS, &[("tracecore.gpu.xid.code", "79")], 3000.0);
}

#[test]
fn a_forgery_of_user_space_is_told_but_never_counted() {
    let mut log = Log::new();
    log.say_as(12, OFF_THE_BUS);
    log.say_as(8, "Kernel panic - not syncing: made up");
    let mut rig = Rig::open(log.config());
    let told = rig.tell(2);
    assert_eq!((told[0].event.as_str(), told[0].get("tracecore.kernel.facility")), ("", Some("user")));
    assert_eq!(told[0].get("tracecore.gpu.xid.code"), None);
    rig.becomes("tracecore.kernel.records", &[("tracecore.kernel.record.outcome", "read")], 2.0);
    assert!(!rig.harness.points().iter().any(|point| point.name() == XIDS));
    rig.becomes("tracecore.kernel.events", &[("tracecore.kernel.event", "panic")], 0.0);

    let mut rig =
        Rig::open(Config { trust_user_space: true, state_file: Some(log.path("other")), ..log.config() });
    assert_eq!(rig.tell(2)[0].event, "tracecore.gpu.xid");
    rig.becomes(XIDS, &[("tracecore.gpu.xid.code", "79")], 1.0);
    rig.becomes("tracecore.kernel.events", &[("tracecore.kernel.event", "panic")], 1.0);
}

#[test]
fn the_driver_holding_back_xids_is_shown() {
    let mut log = Log::new();
    log.say(&format!("NVRM: Xid ({GPU}): 119, pid=1, name=x, Timeout after 6s"));
    let mut rig = Rig::open(log.config());
    rig.becomes("tracecore.gpu.xid.rate_limited", &[], 0.0);
    log.say(&format!("NVRM: Rate limiting GSP RPC error prints for GPU at {GPU} (printing 1 of every 30)."));
    rig.becomes("tracecore.gpu.xid.rate_limited", &[], 1.0);
}

#[test]
fn events_of_the_machine_are_counted_by_kind() {
    let mut log = Log::new();
    for text in
        ["Killed process 1 (x) total-vm:1kB", "Killed process 2 (x) total-vm:1kB", "Oops: 0000 [#1] SMP"]
    {
        log.say(text);
    }
    log.say("NVRM: GPU 0000:91:00.0: GPU has fallen off the bus.");
    let mut rig = Rig::open(log.config());
    let count = |kind: &'static str| vec![("tracecore.kernel.event", kind)];
    rig.becomes("tracecore.kernel.events", &count("oom_kill"), 2.0);
    rig.becomes("tracecore.kernel.events", &count("oops"), 1.0);
    rig.becomes("tracecore.kernel.events", &count("gpu_lost"), 1.0);
    assert!(rig.value("tracecore.kernel.event.last_seen", &count("oops")) > 1e9);
}

#[test]
fn what_cannot_be_read_is_counted_and_ends_nothing() {
    let mut log = Log::new();
    log.say("first");
    log.raw(b"no record at all\n");
    log.raw(&[0xff, 0xfe, b'\n']);
    log.raw(&vec![b'x'; 40_000]);
    log.raw(b"\n");
    log.say("last");
    let mut rig = Rig::open(log.config());
    let telemetry = rig.harness.capture();
    let mut told = String::new();
    for _ in 0..10 {
        if let Err(why) = rig.call() {
            told.push_str(&why);
        }
    }
    assert_eq!(rig.told.iter().map(|told| told.body.as_str()).collect::<Vec<_>>(), ["first", "last"]);
    assert!(
        told.contains("2 records could not be understood") && told.contains("1 records were larger"),
        "{told}"
    );
    let mut kinds = telemetry.errors();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["kmsg_oversized", "parse"]);
    let outcome = |outcome: &'static str| vec![("tracecore.kernel.record.outcome", outcome)];
    rig.becomes("tracecore.kernel.records", &outcome("malformed"), 2.0);
    rig.becomes("tracecore.kernel.records", &outcome("oversized"), 1.0);
    rig.becomes("tracecore.kernel.records", &outcome("read"), 2.0);
    rig.becomes("tracecore.kernel.records.lost", &[], 0.0);
}

#[test]
fn lost_records_are_counted_and_told() {
    let mut log = Log::new();
    log.say("first");
    log.written += 41;
    log.say("last");
    let mut rig = Rig::open(log.config());
    let told = rig.tell(3);
    assert_eq!((told[2].event.as_str(), told[2].severity), ("tracecore.kernel.records.lost", 13));
    told[2].has(&[("tracecore.kernel.records.lost", "41"), ("source", "kmsg")]);
    rig.becomes("tracecore.kernel.records.lost", &[], 41.0);
}

#[test]
fn a_call_does_a_bounded_amount_and_returns_soon() {
    let mut log = Log::new();
    for _ in 0..5000 {
        log.say(OFF_THE_BUS);
    }
    let mut rig = Rig::open(log.config());
    while rig.told.len() < 5000 {
        let before = rig.told.len();
        rig.call().unwrap();
        assert!((1..=1024).contains(&(rig.told.len() - before)), "{} at once", rig.told.len() - before);
    }
    let start = std::time::Instant::now();
    rig.call().unwrap();
    // The contract of event lanes is 100 ms; a machine under load gets more before this fails.
    assert!(start.elapsed() < std::time::Duration::from_secs(2), "{:?}", start.elapsed());
}
