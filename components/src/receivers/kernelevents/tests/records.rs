// SPDX-License-Identifier: Apache-2.0
//! What becomes a log record, and how.

use std::collections::BTreeMap;

use tracecore_runtime::{Inventory, InventoryGpu};
use tracecore_schema::{Attribute, Config as _};

use super::super::{Config, Level, Policy, Records};
use super::rig::{GPU, Log, OFF_THE_BUS, Rig, UUID};

#[test]
fn an_xid_is_a_record_with_all_that_is_known_of_it() {
    let mut log = Log::new();
    log.say(&format!("NVRM: GPU at {GPU}: {UUID}"));
    log.say(&format!(
        "NVRM: Xid ({GPU} GPU-I:05 GPU-CI:00): 94, pid=7194, name=a, b, Contained: SM (0x1). RST: No, D-RST: Yes"
    ));
    let mut rig = Rig::open(log.config());
    let told = rig.tell(2);
    assert_eq!((told[0].event.as_str(), told[0].get("hw.id")), ("tracecore.gpu.name", Some(UUID)));
    let xid = &told[1];
    assert_eq!(
        (xid.event.as_str(), xid.severity, xid.severity_text.as_str()),
        ("tracecore.gpu.xid", 13, "warning")
    );
    assert!(xid.body.starts_with("NVRM: Xid (PCI:0000:9b:00 GPU-I:05"), "{}", xid.body);
    xid.has(&[
        ("hw.id", UUID),
        ("hw.vendor", "NVIDIA"),
        ("tracecore.gpu.pci.address", "00000000:9B:00.0"),
        ("tracecore.gpu.xid.code", "94"),
        ("tracecore.gpu.xid.action", "restart_application"),
        ("tracecore.gpu.xid.catalogue", crate::receivers::xid::CATALOGUE_VERSION),
        ("tracecore.gpu.mig.gpu_instance.id", "5"),
        ("tracecore.gpu.mig.compute_instance.id", "0"),
        ("process.pid", "7194"),
        ("process.executable.name", "a, b"),
        ("tracecore.gpu.xid.reset", "false"),
        ("tracecore.gpu.xid.drain_and_reset", "true"),
        ("tracecore.gpu.xid.detail", "Contained: SM (0x1). RST: No, D-RST: Yes"),
        ("source", "kmsg"),
        ("tracecore.kernel.facility", "kern"),
        ("tracecore.kernel.sequence", "1"),
        ("tracecore.kernel.uptime", "1.001"),
    ]);
    assert_eq!(xid.get("tracecore.process.own"), None);
    assert!(xid.get("log.record.uid").unwrap().ends_with("-1"));
    // Written a second after the machine started.
    let boot = xid.unix_nanos - 1_001_000_000;
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "to a second")]
    let started = boot as f64 / 1e9;
    assert!((now - uptime - started).abs() < 2.0, "{started} {}", now - uptime);
}

#[test]
fn the_collectors_own_process_is_marked() {
    let mut log = Log::new();
    let own = std::process::id();
    log.say(&format!("NVRM: Xid ({GPU}): 119, pid={own}, name=lane-nvml, Timeout after 6s of waiting"));
    let mut rig = Rig::open(log.config());
    rig.tell(1)[0].has(&[("tracecore.process.own", "true"), ("process.pid", &own.to_string())]);
}

#[test]
fn what_the_driver_says_beyond_the_code_is_told() {
    let mut log = Log::new();
    log.say("NVRM: Xid (PCI:0000:04:00): 145, RLW_REMAP Fatal XC0 i1 Link 07 (0x4 0x40)");
    log.say("NVRM: Xid (PCI:0000:04:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)");
    log.say("NVRM: Xid (PCI:0000:04:00): 45, pid=9, name=x, Ch 00000010 caused by previous Xid 31");
    log.say("NVRM: The NVIDIA GPU 0000:91:00.0\\x0aNVRM: (PCI ID: 10de:2330) installed in this system has\\x0aNVRM: fallen off the bus");
    log.say("NVRM: Rate limiting GSP RPC error prints for GPU at PCI:0000:04:00 (printing 1 of every 30).");
    log.say_as(3, "Memory cgroup out of memory: Killed process 12 (a (b)) total-vm:1kB");
    log.say_as(3, "I/O error, dev nvme0n1, sector 1");
    let mut rig = Rig::open(log.config());
    let told = rig.tell(7);
    told[0].has(&[
        ("tracecore.gpu.nvlink.unit", "RLW_REMAP"),
        ("tracecore.gpu.nvlink.severity", "Fatal"),
        ("tracecore.gpu.nvlink.cross_contained", "false"),
        ("tracecore.gpu.nvlink.injected", "true"),
        ("tracecore.gpu.nvlink.link", "7"),
        ("tracecore.gpu.nvlink.status", "0x4 0x40"),
    ]);
    told[1].has(&[
        ("tracecore.gpu.recovery_action.before", "None"),
        ("tracecore.gpu.recovery_action", "GPU Reset Required"),
    ]);
    told[2].has(&[("tracecore.gpu.xid.previous", "31"), ("tracecore.gpu.xid.action", "workflow")]);
    assert_eq!(told[3].event, "tracecore.gpu.lost");
    assert_eq!(told[3].body.lines().count(), 3, "newlines of the record are newlines of the body");
    told[3].has(&[("tracecore.gpu.pci.address", "00000000:91:00.0"), ("tracecore.kernel.event", "gpu_lost")]);
    assert_eq!(told[4].event, "tracecore.gpu.xid.rate_limited");
    assert_eq!((told[5].event.as_str(), told[5].severity), ("tracecore.kernel.event", 17));
    told[5].has(&[
        ("tracecore.kernel.event", "oom_kill"),
        ("process.pid", "12"),
        ("process.executable.name", "a (b)"),
    ]);
    told[6].has(&[("tracecore.kernel.event", "io_error"), ("tracecore.kernel.event.device", "nvme0n1")]);
}

#[test]
fn an_sxid_is_one_record_with_all_of_its_lines() {
    let sxid = |rest: &str| format!("nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, {rest}");
    let mut log = Log::new();
    log.say("before");
    log.say(&sxid("Fatal, Link 48 LTSSM Fault Up"));
    log.say("something else in between");
    log.say("nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Fatal, Link 1 LTSSM Fault Up");
    log.say(&sxid("Severity 1 Engine instance 48 Sub-engine instance 00"));
    log.say("nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Data {0x2}");
    log.say(&sxid("Data {0x1, 0x2}"));
    let mut rig = Rig::open(log.config());
    let told = rig.tell(4);
    assert_eq!(told.iter().map(|told| told.body.lines().count()).collect::<Vec<_>>(), [1, 3, 1, 2]);
    assert_eq!((told[1].event.as_str(), told[1].severity), ("tracecore.nvswitch.sxid", 21));
    assert!(
        told[1].body.ends_with(&format!(
            "Link 48 LTSSM Fault Up\n{}\n{}",
            sxid("Severity 1 Engine instance 48 Sub-engine instance 00"),
            sxid("Data {0x1, 0x2}")
        )),
        "{}",
        told[1].body
    );
    told[1].has(&[
        ("tracecore.nvswitch.sxid.code", "20034"),
        ("tracecore.nvswitch.sxid.severity", "fatal"),
        ("tracecore.nvswitch.link", "48"),
        ("hw.id", "00000000:06:00.0"),
        ("hw.name", "nvswitch 1"),
    ]);
    // Too late for its event: told by itself, never counted.
    log.raw(format!("4,{},9000000,-;{}\n", log.written, sxid("Data {0x3}")).as_bytes());
    assert_eq!(rig.tell(5)[4].event, "tracecore.nvswitch.sxid.detail");
    rig.becomes("tracecore.nvswitch.sxid.errors", &[("hw.name", "nvswitch 1")], 1.0);
    rig.becomes("tracecore.nvswitch.sxid.errors", &[("hw.name", "nvswitch 2")], 1.0);
}

#[test]
fn more_records_than_the_window_holds_keep_their_order() {
    let mut log = Log::new();
    for number in 0..500 {
        match number % 7 {
            0 => log.say("nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48"),
            _ => log.say(&format!("record {number} {}", "x".repeat(number))),
        };
    }
    let mut rig = Rig::open(log.config());
    let told = rig.tell(500);
    assert_eq!(super::rig::numbers(told), (0..500).collect::<Vec<_>>());
}

#[test]
fn policy_is_the_operators() {
    let mut log = Log::new();
    log.say(OFF_THE_BUS);
    log.say(&format!("NVRM: Xid ({GPU}): 43, pid=1, name=x, Ch 00000001"));
    log.say(&format!("NVRM: Xid ({GPU}): 4711, something new"));
    log.say_as(6, "Killed process 1 (x) total-vm:1kB");
    let policy = Policy {
        actions: BTreeMap::from([("ignore".to_owned(), Level::Debug)]),
        codes: BTreeMap::from([("4711".to_owned(), Level::Fatal)]),
        events: BTreeMap::from([("oom_kill".to_owned(), Level::Error)]),
        ..Policy::default()
    };
    let mut rig = Rig::open(Config { severity: Some(policy), ..log.config() });
    let severities: Vec<_> = rig.tell(4).iter().map(|told| told.severity).collect();
    assert_eq!(severities, [21, 5, 21, 17]);
    rig.told[2].has(&[("tracecore.gpu.xid.action", "unspecified")]);
}

#[test]
fn a_policy_that_names_what_there_is_not_is_refused() {
    let refused = |policy: Policy| {
        let violations = Config { severity: Some(policy), ..Config::default() }.check();
        violations.into_iter().map(|it| it.message).collect::<Vec<_>>().join("; ")
    };
    let map = |key: &str| BTreeMap::from([(key.to_owned(), Level::Info)]);
    let why = refused(Policy { actions: map("reset_gpus"), ..Policy::default() });
    assert!(
        why.contains("`severity.actions` names `reset_gpus`") && why.contains("did you mean `reset_gpu`?"),
        "{why}"
    );
    let why = refused(Policy { events: map("oomkill"), ..Policy::default() });
    assert!(why.contains("did you mean `oom_kill`?"), "{why}");
    let why = refused(Policy { sxids: map("x"), ..Policy::default() });
    assert!(why.contains("known are fatal, non_fatal"), "{why}");
    let why = refused(Policy { codes: map("seventy-nine"), ..Policy::default() });
    assert!(why.contains("no code of an Xid"), "{why}");
    assert_eq!(refused(Policy { codes: map("79"), ..Policy::default() }), "");
}

#[test]
fn only_events_are_told_if_that_is_wanted_and_all_are_counted() {
    let mut log = Log::new();
    for _ in 0..5 {
        log.say("a word of no meaning");
    }
    log.say(OFF_THE_BUS);
    log.say("a word of no meaning");
    let mut rig = Rig::open(Config { records: Records::Events, ..log.config() });
    assert_eq!(rig.tell(1)[0].event, "tracecore.gpu.xid");
    rig.becomes("tracecore.kernel.records", &[("tracecore.kernel.record.outcome", "read")], 7.0);
    assert_eq!(rig.told.len(), 1);
}

#[test]
fn a_gpu_is_called_what_the_inventory_calls_it() {
    fn publish(inventory: &Inventory, name: &'static str) {
        let gpu = InventoryGpu {
            pci_address: "00000000:9B:00.0".to_owned(),
            uuid: UUID.to_owned(),
            model: None,
            attributes: vec![
                Attribute::new("hw.id", UUID),
                Attribute::new("hw.name", name),
                Attribute::new("somebody.else", "not of this metric"),
            ],
        };
        inventory.publish("nvml", vec![gpu]);
    }
    let mut log = Log::new();
    log.say(OFF_THE_BUS);
    let mut rig = Rig::open(log.config());
    rig.tell(1)[0].has(&[("hw.id", "00000000:9B:00.0")]);
    let xid = |id: &'static str| vec![("hw.id", id), ("tracecore.gpu.xid.code", "79")];
    rig.becomes("tracecore.gpu.xid.errors", &xid("00000000:9B:00.0"), 1.0);

    publish(rig.harness.inventory(), "gpu 3");
    log.say(OFF_THE_BUS);
    rig.tell(2)[1].has(&[("hw.id", UUID), ("hw.name", "gpu 3")]);
    // One series, under its new name; it goes on where the old one ended.
    rig.becomes("tracecore.gpu.xid.errors", &xid(UUID), 2.0);
    assert_eq!(rig.harness.value("tracecore.gpu.xid.errors", &xid("00000000:9B:00.0")), None);
    assert_eq!(rig.harness.refused(), []);
    // The log does not know better.
    log.say(&format!("NVRM: GPU at {GPU}: GPU-00000000-0000-0000-0000-000000000000"));
    rig.tell(3)[2].has(&[("hw.id", UUID)]);
}
