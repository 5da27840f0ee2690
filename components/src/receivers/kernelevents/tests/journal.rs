// SPDX-License-Identifier: Apache-2.0
//! The journal, through a `journalctl` that does what a test wants.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use super::super::state::boot_id;
use super::super::{Config, Source, StartAt};
use super::rig::{Log, OFF_THE_BUS, Rig, script};

const XID: &str = "tracecore.gpu.xid.errors";

/// Follows the file `lines`, whose n-th line has the cursor n.
const FOLLOWS: &str = r#"
folder=$(dirname "$0")
echo "$*" >> "$folder/called"
[ -e "$folder/broken" ] && { echo "broken on purpose" >&2; exit 3; }
from=1
for argument; do
    case $argument in
        --after-cursor=*i=*) from=$((${argument##*i=} + 1)) ;;
        --after-cursor=*) echo "Failed to seek to cursor: Invalid argument" >&2; exit 1 ;;
        --lines=0) from=$(($(wc -l < "$folder/lines") + 1)) ;;
        --lines=1) exec tail -n 1 "$folder/lines" ;;
    esac
done
[ -e "$folder/hangs" ] && exec sleep 60
exec tail -s 0.02 -n "+$from" -f "$folder/lines"
"#;

/// A journal beside a log.
struct Journal {
    log: Log,
    lines: u32,
}

impl Journal {
    fn new() -> Self {
        let log = Log::new();
        script(&log.path("journalctl"), FOLLOWS);
        fs::write(log.path("lines"), "").unwrap();
        Self { log, lines: 0 }
    }

    fn config(&self, source: Source) -> Config {
        Config { source, journalctl: self.log.path("journalctl"), ..self.log.config() }
    }

    /// journald takes in what the kernel said as this number.
    fn take(&mut self, number: u64, text: &str) {
        self.line(&format!(
            r#""MESSAGE":"{text}","PRIORITY":"4","SYSLOG_FACILITY":"0","_TRANSPORT":"kernel","_SOURCE_MONOTONIC_TIMESTAMP":"{}","_BOOT_ID":"{}""#,
            1_000_000 + number * 1000,
            boot_id().unwrap()
        ));
    }

    fn line(&mut self, fields: &str) {
        self.lines += 1;
        let mut file = OpenOptions::new().append(true).open(self.log.path("lines")).unwrap();
        let line = format!("{{\"__CURSOR\":\"s=f00;i={}\",{fields}}}\n", self.lines);
        file.write_all(line.as_bytes()).unwrap();
    }

    fn called(&self) -> Vec<String> {
        let called = fs::read_to_string(self.log.path("called")).unwrap_or_default();
        called.lines().map(str::to_owned).collect()
    }
}

#[test]
fn the_journal_gives_the_same_events() {
    let mut journal = Journal::new();
    journal.take(0, OFF_THE_BUS);
    journal.line(r#""MESSAGE":"Missed 7 kernel messages","_TRANSPORT":"driver","SYSLOG_FACILITY":"3","SYSLOG_IDENTIFIER":"systemd-journald","SYSLOG_PID":"9""#);
    journal.line(
        r#""MESSAGE":"NVRM: Xid (PCI:0000:9b:00): 79, forged","SYSLOG_FACILITY":"1","_TRANSPORT":"kernel""#,
    );
    journal.line(r#""MESSAGE":null"#);
    let mut rig = Rig::open(journal.config(Source::Journal));
    rig.until("three records", |rig| rig.told.len() >= 3);
    let told: Vec<_> = rig.told.iter().map(|told| told.event.as_str()).collect();
    assert_eq!(told, ["tracecore.gpu.xid", "", "tracecore.kernel.records.lost"]);
    rig.told[0].has(&[("source", "journal"), ("log.record.uid", "f00-1"), ("tracecore.gpu.xid.code", "79")]);
    rig.becomes(XID, &[("tracecore.gpu.xid.code", "79")], 1.0);
    rig.becomes("tracecore.kernel.records.lost", &[("source", "journal")], 7.0);
    rig.becomes("tracecore.kernel.records", &[("tracecore.kernel.record.outcome", "malformed")], 1.0);
    let called = &journal.called()[0];
    for argument in ["--follow", "--boot", "--output=json", "_TRANSPORT=kernel"] {
        assert!(called.contains(argument), "{called}");
    }
}

#[test]
fn a_restart_goes_on_after_the_cursor() {
    let mut journal = Journal::new();
    let config = Config { state_file: Some(journal.log.path("state")), ..journal.config(Source::Journal) };
    for round in 0..5_u64 {
        journal.take(2 * round, "one");
        journal.take(2 * round + 1, "two");
        let mut rig = Rig::open(config.clone());
        let told = rig.tell(2);
        assert_eq!(told[0].get("log.record.uid").unwrap(), format!("f00-{}", 2 * round + 1));
    }
    assert!(journal.called().last().unwrap().contains("--after-cursor=s=f00;i=8"));
}

#[test]
fn a_child_that_ends_is_started_again_and_goes_on() {
    let mut journal = Journal::new();
    journal.take(0, "before");
    let mut rig = Rig::open(journal.config(Source::Journal));
    let telemetry = rig.harness.capture();
    rig.tell(1);
    // Every further child ends at once; so does this one, as soon as its file is gone for it.
    fs::write(journal.log.path("broken"), "").unwrap();
    kill_followers(&journal);
    let why = rig.fails();
    assert!(why.contains("journalctl ended (signal: 9"), "{why}");
    let why = rig.fails();
    assert!(why.contains("broken on purpose") && why.contains("exit status: 3"), "{why}");
    fs::remove_file(journal.log.path("broken")).unwrap();
    journal.take(1, "after");
    assert_eq!(rig.tell(2)[1].body, "after");
    assert!(telemetry.errors().iter().all(|kind| *kind == "journalctl_crash"));
    assert!(telemetry.errors().len() >= 2);
}

/// Ends the `tail`s that follow this journal.
fn kill_followers(journal: &Journal) {
    let lines = journal.log.path("lines");
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.starts_with("tail ") && command.contains(lines.to_str().unwrap()) {
            let pid: i32 = entry.file_name().to_str().unwrap().parse().unwrap();
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        }
    }
}

#[test]
fn a_cursor_that_the_journal_does_not_know_is_given_up() {
    let mut journal = Journal::new();
    let state = journal.log.path("state");
    let config = Config { state_file: Some(state.clone()), ..journal.config(Source::Journal) };
    journal.take(0, "first");
    Rig::open(config.clone()).tell(1);
    let text = fs::read_to_string(&state).unwrap().replace("s=f00;i=1", "nonsense");
    let content = text.rsplit_once("end ").unwrap().0.to_owned();
    let mut hash = super::super::twins::Hash::new();
    hash.add(content.as_bytes());
    fs::write(&state, format!("{content}end {:016x}\n", hash.end())).unwrap();
    let mut rig = Rig::open(config);
    let why = rig.fails();
    assert!(why.contains("Failed to seek to cursor") && why.contains("going on without"), "{why}");
    assert_eq!(rig.tell(1)[0].body, "first");
}

#[test]
fn what_comes_through_both_is_one_event() {
    let mut journal = Journal::new();
    let config = Config { state_file: Some(journal.log.path("state")), ..journal.config(Source::Both) };
    // Three alike; the journal has only two of them so far.
    for _ in 0..3 {
        journal.log.raw(format!("4,{},5,-;{OFF_THE_BUS}\n", journal.log.written).as_bytes());
        journal.log.written += 1;
    }
    let xid = format!(
        r#""MESSAGE":"{OFF_THE_BUS}","PRIORITY":"4","SYSLOG_FACILITY":"0","_TRANSPORT":"kernel","_SOURCE_MONOTONIC_TIMESTAMP":"5","_BOOT_ID":"{}""#,
        boot_id().unwrap()
    );
    journal.line(&xid);
    journal.line(&xid);
    let mut rig = Rig::open(config.clone());
    let duplicate =
        |through: &'static str| vec![("source", through), ("tracecore.kernel.record.outcome", "duplicate")];
    rig.until("all five", |rig| {
        let read = |through: &str| {
            rig.harness
                .value(
                    "tracecore.kernel.records",
                    &[("source", through), ("tracecore.kernel.record.outcome", "read")],
                )
                .unwrap_or_default()
        };
        read("kmsg") + read("journal") >= 5.0
    });
    assert_eq!(rig.told.len(), 3, "{:#?}", rig.told);
    let second = rig.value("tracecore.kernel.records", &duplicate("kmsg"))
        + rig.value("tracecore.kernel.records", &duplicate("journal"));
    assert_eq!(second, 2.0);
    rig.becomes(XID, &[("tracecore.gpu.xid.code", "79")], 3.0);
    drop(rig);

    // After a restart the third comes through the journal as well: it is known.
    journal.line(&xid);
    journal.take(9, "only the journal has this");
    let mut rig = Rig::open(config);
    assert_eq!(rig.tell(1)[0].body, "only the journal has this");
}

#[test]
fn the_journal_may_begin_now() {
    let mut journal = Journal::new();
    journal.take(0, "before");
    let mut rig = Rig::open(Config { start_at: StartAt::Now, ..journal.config(Source::Journal) });
    // The child has to be there before something new can be new.
    rig.until("it follows", |_| !journal.called().is_empty());
    for _ in 0..5 {
        rig.call().unwrap();
    }
    journal.take(1, "after");
    assert_eq!(rig.tell(1)[0].body, "after");
    assert!(journal.called()[0].contains("--lines=0"));
}

#[test]
fn a_child_that_follows_no_longer_is_found_and_replaced() {
    use super::super::lines::record::Scratch;
    use super::super::source::{Journal as Follower, Next};
    use std::time::{Duration, Instant};

    let mut journal = Journal::new();
    journal.take(0, "first");
    fs::write(journal.log.path("hangs"), "").unwrap();
    let program = journal.log.path("journalctl");
    let mut follower = Follower::open(&program, None, StartAt::Boot).unwrap().quiet(Duration::ZERO);
    let mut scratch = Scratch::new();
    // Time is what the test says it is.
    let mut now = Instant::now();
    let mut crash = None;
    for _ in 0..2000 {
        std::thread::sleep(Duration::from_millis(2));
        now += Duration::from_millis(20);
        match follower.next(&mut scratch, now) {
            Err(why) => {
                crash = Some(why.to_string());
                break;
            }
            Ok(Next::Record(record)) => panic!("a child that hangs gave {record:?}"),
            Ok(_) => {}
        }
    }
    assert!(crash.unwrap().contains("it follows no longer"));
    fs::remove_file(journal.log.path("hangs")).unwrap();
    for _ in 0..2000 {
        std::thread::sleep(Duration::from_millis(2));
        now += Duration::from_millis(20);
        if let Ok(Next::Record(record)) = follower.next(&mut scratch, now) {
            assert_eq!(record.text, "first");
            return;
        }
    }
    panic!("no child follows again");
}
