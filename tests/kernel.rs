// SPDX-License-Identifier: Apache-2.0
//! The kernel's log from outside: this machine's own `/dev/kmsg`, a journald that the test
//! starts, restarts of the process, and a driver that hangs while an Xid comes.
//!
//! Tests that need root, or a journald, say so and pass where there is none. Where
//! `TRACECORE_KERNEL=required` they must run: `.ci/check-kernel` sets it.
//! `TRACECORE_SOAK=1` makes the hundred restarts a hundred.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test may end here")]

#[path = "kernel/journald.rs"]
mod journald;
#[path = "kernel/running.rs"]
mod running;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use running::{Line, Running};
use serde_json::{Value, json};
use tempfile::TempDir;
use tracecore_gpusim::{Function, Target};
use tracecore_gpusim_nvml::install;

/// Where a test may not do what it needs to.
fn cannot(what: &str) {
    assert!(std::env::var_os("TRACECORE_KERNEL").is_none_or(|it| it != "required"), "{what}");
    eprintln!("not tested here: {what}");
}

/// The kernel's own log, which one test at a time writes to.
struct Kmsg(#[allow(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

impl Kmsg {
    fn open() -> Option<Self> {
        static ONE: Mutex<()> = Mutex::new(());
        let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = OpenOptions::new().read(true).write(true).open("/dev/kmsg");
        if let Err(error) = ours {
            cannot(&format!("/dev/kmsg: {error}"));
            return None;
        }
        Some(Self(guard))
    }

    /// Writes a record. Each writer of its own is let write ten in five seconds.
    fn say(&self, text: &str) {
        let mut kmsg = OpenOptions::new().write(true).open("/dev/kmsg").unwrap();
        kmsg.write_all(format!("<4>{text}\n").as_bytes()).unwrap();
    }
}

/// A number that no other run of a test has used.
fn unique() -> u32 {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    1_000_000 + std::process::id() % 1000 * 1_000_000 + nanos % 1_000_000
}

#[test]
fn this_machines_own_log_comes_out_as_records_and_as_counters() {
    let Some(kmsg) = Kmsg::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let environment = [("TEST_STATE", state.to_str().unwrap())];
    let running = Running::start("kernel", &environment);
    let first = running.next("what is in the log", Line::is_record);
    // Of the kernel, unless somebody has filled its log meanwhile.
    assert!(first.attribute("tracecore.kernel.facility").is_string(), "{first:?}");
    assert_eq!(first.attribute("source"), "kmsg");
    let code = unique();
    let uuid = "GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3301";
    kmsg.say(&format!("NVRM: GPU at PCI:00ab:9b:00: {uuid}"));
    for pid in 1..=3 {
        kmsg.say(&format!("NVRM: Xid (PCI:00ab:9b:00): {code}, pid={pid}, name=a, b, Ch 00000010"));
    }
    for pid in 1..=3 {
        let xid = running
            .next("an Xid", |line| line.attribute("tracecore.gpu.xid.code") == code && line.is_record());
        assert_eq!(
            (&xid.value["event_name"], &xid.value["severity"]),
            (&json!("tracecore.gpu.xid"), &json!("warning"))
        );
        let expected = [
            ("hw.id", json!(uuid)),
            ("tracecore.gpu.pci.address", json!("000000AB:9B:00.0")),
            ("tracecore.gpu.xid.action", json!("unspecified")),
            ("process.pid", json!(pid)),
            ("process.executable.name", json!("a, b")),
            ("tracecore.kernel.facility", json!("user")),
        ];
        for (key, value) in expected {
            assert_eq!(xid.attribute(key), &value, "{key}");
        }
    }
    let counter = |value: u64| {
        running.next("its counter", |line| {
            line.is_point("tracecore.gpu.xid.errors", "tracecore.gpu.xid.code", &json!(code))
                && line.value["value"] == value
        })
    };
    assert_eq!(counter(3).attribute("source"), "kernel");
    running.stop();

    // While it did not run.
    kmsg.say(&format!("NVRM: Xid (PCI:00ab:9b:00): {code}, pid=4, name=x, Ch 00000010"));
    let running = Running::start("kernel", &environment);
    let first = running.next("the Xid of meanwhile", |line| {
        line.attribute("tracecore.gpu.xid.code") == code && line.is_record()
    });
    assert_eq!(first.attribute("process.pid"), &json!(4), "those of before are not told again");
}

#[test]
fn a_ring_that_is_overrun_loses_exactly_what_is_counted() {
    // Twenty thousand lines are much to write into somebody's log unasked.
    if std::env::var_os("TRACECORE_KERNEL").is_none() {
        return;
    }
    let Some(kmsg) = Kmsg::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let running = Running::start("kernel", &[("TEST_STATE", state.to_str().unwrap())]);
    let token = format!("tracecore overrun {}", unique());
    kmsg.say(&format!("{token} begins"));
    let sequence = |line: &Line| line.attribute("tracecore.kernel.sequence").as_u64().unwrap();
    let begins = running.next("the begin", |line| line.body() == format!("{token} begins"));
    running.signal("-STOP");
    for number in 0..20_000 {
        kmsg.say(&format!("{token} {number} {}", "x".repeat(200)));
    }
    running.signal("-CONT");
    kmsg.say(&format!("{token} ends"));
    let (mut read, mut lost, mut last) = (0, 0, None);
    while last.is_none() || lost == 0 {
        let line = running.next("the end", Line::is_record);
        if line.value["event_name"] == "tracecore.kernel.records.lost" {
            lost += line.attribute("tracecore.kernel.records.lost").as_u64().unwrap();
            continue;
        }
        read += 1;
        if line.body() == format!("{token} ends") {
            last = Some(sequence(&line));
        }
    }
    let written = last.unwrap() - sequence(&begins);
    assert!(written > 20_000 && lost > 1000, "{written} written, {lost} lost");
    // What came after the end may have been read before the loss was told.
    let after = running.within(Duration::from_millis(500));
    let after = after.iter().filter(|line| line.is_record()).count() as u64;
    assert!(
        read + lost >= written && read + lost <= written + after + 64,
        "{read} read, {lost} lost, {written} written"
    );
    eprintln!("{written} records written, {read} read, {lost} lost");
}

#[test]
fn a_journald_gives_each_event_once_and_so_do_both_sources_together() {
    let Some(kmsg) = Kmsg::open() else { return };
    let journald = match journald::Journald::start() {
        Ok(journald) => journald,
        Err(why) => return cannot(&why),
    };
    let running = Running::start("journal", &[("TEST_JOURNALCTL", journald.journalctl().to_str().unwrap())]);
    let of_journal = |line: &Line| line.attribute("test.receiver") == "journal";
    running.next("a record of the boot, through the journal", |line| line.is_record() && of_journal(line));
    let code = unique();
    for pid in 1..=5 {
        kmsg.say(&format!("NVRM: Xid (PCI:00ab:9b:00): {code}, pid={pid}, name=x, Ch 00000010"));
    }
    let (mut both, mut alone) = (Vec::new(), Vec::new());
    let mut take = |line: &Line| {
        if line.is_record() && line.attribute("tracecore.gpu.xid.code") == code {
            let told = (line.attribute("process.pid").as_u64().unwrap(), line.attribute("source").clone());
            if of_journal(line) {
                alone.push(told);
            } else {
                both.push(told);
            };
        }
        both.len() >= 5 && alone.len() >= 5
    };
    let deadline = Instant::now() + running::LIMIT;
    while !take(&running.next("five Xids twice", |_| true)) {
        assert!(Instant::now() < deadline, "not five Xids of each: {both:?}, {alone:?}");
    }
    // A second one of any would come now.
    running.within(Duration::from_secs(1)).iter().for_each(|line| {
        take(line);
    });
    assert_eq!(alone, (1..=5).map(|pid| (pid, json!("journal"))).collect::<Vec<_>>());
    assert_eq!(both.iter().map(|(pid, _)| *pid).collect::<Vec<_>>(), [1, 2, 3, 4, 5], "{both:?}");
    running.next("those that came second are counted", |line| {
        line.is_point("tracecore.kernel.records", "tracecore.kernel.record.outcome", &json!("duplicate"))
            && line.value["value"].as_u64().is_some_and(|count| count >= 5)
    });
    running.stop();
}

/// A log in a file.
struct Log {
    folder: TempDir,
    file: File,
    written: u64,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = OpenOptions::new().append(true).create(true).open(folder.path().join("kmsg")).unwrap();
        Self { folder, file, written: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn say(&mut self, text: &str) {
        writeln!(self.file, "4,{0},{1},-;{text}", self.written, 1_000_000 + self.written * 1000).unwrap();
        self.written += 1;
    }

    fn start(&self, library: &Path) -> Running {
        Running::start(
            "kernel",
            &[
                ("TEST_KMSG", self.path("kmsg").to_str().unwrap()),
                ("TEST_STATE", self.path("state").to_str().unwrap()),
                ("TEST_LIBRARY", library.to_str().unwrap()),
            ],
        )
    }
}

fn numbers<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<u64> {
    lines.into_iter().filter_map(|line| line.attribute("tracecore.kernel.sequence").as_u64()).collect()
}

#[test]
fn restarts_of_the_process_lose_nothing_and_double_nothing() {
    let soak = std::env::var_os("TRACECORE_SOAK").is_some_and(|it| it == "1");
    let mut log = Log::new();
    let mut seen = Vec::new();
    let mut random = 7_u64;
    for _ in 0..if soak { 100 } else { 6 } {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let running = log.start(Path::new("/nonexistent"));
        // It is stopped while it reads what it missed, or while more comes.
        let until = Instant::now() + Duration::from_millis(20 + (random >> 40) % 300);
        while Instant::now() < until {
            match log.written % 9 {
                0 => log.say("nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48"),
                1 => log.say("NVRM: Xid (PCI:0000:9b:00): 79, GPU has fallen off the bus."),
                _ => log.say("a word of no meaning"),
            }
            // Slower than a reader of lines that looks at each: what a full queue drops, or has
            // not delivered at the end of its drain, is the exporter's to count.
            if log.written.is_multiple_of(8) {
                std::thread::sleep(Duration::from_millis(4));
            }
        }
        seen.extend(numbers(&running.stop()));
    }
    let running = log.start(Path::new("/nonexistent"));
    log.say("the last");
    loop {
        let line = running.next("the last", Line::is_record);
        seen.extend(numbers([&line]));
        if line.body() == "the last" {
            break;
        }
    }
    let wrong = seen.iter().zip(0..).position(|(seen, expected)| *seen != expected);
    assert_eq!((wrong, seen.len() as u64), (None, log.written));
}

#[test]
fn a_driver_that_hangs_for_ever_does_not_hold_up_the_xid_that_says_why() {
    let mut log = Log::new();
    let gpus = install(log.folder.path(), 2, 7).unwrap();
    let running = log.start(&gpus.library);
    let power = running.next("the GPUs are read", |line| line.value["name"] == "hw.power");
    let gpu = running.next("where a GPU sits", |line| line.value["name"] == "tracecore.gpu.info");
    assert!(power.attribute("hw.id").as_str().unwrap().starts_with("GPU-"));
    let address = gpu.attribute("tracecore.gpu.pci.address").as_str().unwrap().to_owned();
    let xid = |code: u32| json!(code);
    running.next("a counter at zero of a GPU that only the driver knows", |line| {
        line.is_point("tracecore.gpu.xid.errors", "tracecore.gpu.xid.code", &xid(79))
            && line.attribute("source") == "kernel"
            && line.attribute("hw.id") == gpu.attribute("hw.id")
            && line.value["value"] == 0
    });

    for function in
        [Function::GetTemperature, Function::GetPowerUsage, Function::DeviceGetHandleByIndex, Function::Init]
    {
        gpus.control.hang(Target::function(function)).unwrap();
    }
    let start = Instant::now();
    while gpus.control.hanging(Target::function(Function::GetPowerUsage)).unwrap_or(0)
        + gpus.control.hanging(Target::function(Function::GetTemperature)).unwrap_or(0)
        == 0
    {
        assert!(start.elapsed() < running::LIMIT, "nothing hangs");
        std::thread::sleep(Duration::from_millis(2));
    }
    let short = address.trim_start_matches("0000").trim_end_matches(".0").to_lowercase();
    let short = format!("0000{}", &short[short.find(':').unwrap()..]);
    let written = Instant::now();
    log.say(&format!(
        "NVRM: Xid (PCI:{short}): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
    ));
    let record =
        running.next("the Xid", |line| line.is_record() && line.attribute("tracecore.gpu.xid.code") == 79);
    assert_eq!(
        record.attribute("hw.id"),
        gpu.attribute("hw.id"),
        "by the name that the driver gave before it hung"
    );
    assert_eq!(record.value["severity_number"], 21);
    let counted = running.next("its counter", |line| {
        line.is_point("tracecore.gpu.xid.errors", "tracecore.gpu.xid.code", &xid(79))
            && line.attribute("hw.id") == gpu.attribute("hw.id")
            && line.attribute("source") == "kernel"
            && line.value["value"] == 1
    });
    let took = |line: &Line| line.at - written;
    eprintln!("the record after {:?}, the counter after {:?}", took(&record), took(&counted));
    assert!(took(&record) < Duration::from_secs(1) && took(&counted) < Duration::from_secs(1));
    assert_eq!(Value::Null, *record.attribute("process.pid"));
    gpus.control.clear_all();
    running.stop();
}
