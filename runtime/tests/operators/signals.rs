// SPDX-License-Identifier: Apache-2.0
//! Signals, as the process that gets them: the test runs its own executable again, as a
//! collector.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracecore_runtime::private as rt;
use tracecore_runtime::{BuildInfo, Pipeline, run};
use tracecore_schema::Listen;

use crate::support::{SCRIPTS, Sink, SinkConfig, Source, SourceConfig, get, options, telemetry};

const CHILD: &str = "TRACECORE_TEST_CHILD";
const LISTEN: &str = "TRACECORE_TEST_LISTEN";
const SCRIPT: usize = 11;

fn telemetry_of_child(_: &rt::Holes) -> rt::Result<Option<rt::telemetry::Config>> {
    if std::env::var(CHILD).is_ok_and(|mode| mode == "no telemetry") {
        return Ok(None);
    }
    let listen = std::env::var(LISTEN).ok().and_then(|text| Listen::parse(&text).ok()).unwrap();
    Ok(Some(rt::telemetry::Config { listen, ..telemetry(rt::telemetry::Level::Normal) }))
}

fn start_of_child(host: &mut rt::Host) -> rt::Result<()> {
    let sink = host.exporter::<Sink>("sink", SinkConfig { script: SCRIPT, picky: false })?;
    host.receiver::<Source>("source", SourceConfig { script: SCRIPT })?
        .metrics("metrics", (), (&sink,))
        .start()
}

static PIPELINE: Pipeline = Pipeline {
    name: "child",
    file: "child.yaml",
    hash: "0",
    telemetry: telemetry_of_child,
    holes: &[],
    start: start_of_child,
};

/// Not a test of its own: what the tests below start. Without their variable it does nothing.
#[test]
fn child() {
    let Ok(mode) = std::env::var(CHILD) else { return };
    match mode.as_str() {
        "slow start" => SCRIPTS[SCRIPT].exporter_opens_for.store(1_500, Ordering::SeqCst),
        "slow drain" => SCRIPTS[SCRIPT].delivery_hangs.store(true, Ordering::SeqCst),
        "hangs" => SCRIPTS[SCRIPT].collect_hangs.store(true, Ordering::SeqCst),
        _ => {}
    }
    // So long that a lane which hangs is not given up before it is told to stop.
    let options = options().stuck_after(Duration::from_secs(60)).drain(Duration::from_secs(2));
    let ended = run(&PIPELINE, &options, BuildInfo::new("child", "0.0.0"));
    std::process::exit(i32::from(ended.is_err()));
}

struct Collector {
    child: Child,
    address: SocketAddr,
}

impl Collector {
    fn start(mode: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "signals::child", "--nocapture"])
            .env(CHILD, mode)
            .env(LISTEN, address.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address }
    }

    /// Waits until the probe answers with this status.
    fn until(&mut self, path: &str, status: u16) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while get(self.address, path).is_none_or(|(found, _)| found != status) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                panic!("no {status} from {path}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// The exit code, and how long that took.
    fn ended(mut self) -> (Option<i32>, Duration) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), start.elapsed());
            }
            if start.elapsed() > Duration::from_secs(20) {
                self.child.kill().unwrap();
                panic!("the collector does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn l2_a_signal_during_start_up_is_honoured_and_h6_the_surface_is_up_before_the_components() {
    let mut collector = Collector::start("slow start");
    // The exporter is still being opened: alive and not ready.
    collector.until("/healthz", 200);
    collector.until("/readyz", 503);
    collector.signal("TERM");
    let (code, took) = collector.ended();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn l2_sigterm_and_sigint_end_it_with_0() {
    for signal in ["TERM", "INT"] {
        let mut collector = Collector::start("plain");
        collector.until("/readyz", 200);
        collector.signal(signal);
        let (code, took) = collector.ended();
        assert_eq!(code, Some(0), "SIG{signal}");
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

#[test]
fn l2_while_draining_it_is_alive_and_not_ready_and_a_second_signal_ends_it_at_once() {
    let mut collector = Collector::start("slow drain");
    collector.until("/readyz", 200);
    collector.signal("TERM");
    collector.until("/readyz", 503);
    collector.until("/healthz", 200);
    collector.signal("TERM");
    let (code, took) = collector.ended();
    assert_eq!(code, Some(143), "as a process that SIGTERM ended");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn l2_a_component_that_never_stops_costs_at_most_a_second_beyond_the_drain() {
    for mode in ["hangs", "slow drain"] {
        let mut collector = Collector::start(mode);
        // One that hangs from its first tick on was opened all the same.
        collector.until("/readyz", 200);
        collector.signal("TERM");
        let (code, took) = collector.ended();
        assert_eq!(code, Some(0), "{mode}");
        assert!(took < Duration::from_secs(3), "{mode}: {took:?}");
    }
}

#[test]
fn c4_without_telemetry_nothing_listens() {
    /// Sockets of a process that listen.
    fn listening(process: u32) -> usize {
        let mut sockets = Vec::new();
        for file in std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().flatten() {
            let target = std::fs::read_link(file.path()).unwrap_or_default();
            let inode = target.to_string_lossy().strip_prefix("socket:[").map(|rest| rest.replace(']', ""));
            sockets.extend(inode);
        }
        let listens = |line: &str| {
            let fields: Vec<_> = line.split_ascii_whitespace().collect();
            fields.get(3) == Some(&"0A") && sockets.iter().any(|inode| fields.get(9) == Some(&inode.as_str()))
        };
        let tables = ["tcp", "tcp6"]
            .map(|table| std::fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default());
        tables.iter().flat_map(|table| table.lines()).filter(|line| listens(line)).count()
    }
    let mut with = Collector::start("plain");
    with.until("/readyz", 200);
    assert_eq!(listening(with.child.id()), 1);
    with.signal("TERM");
    assert_eq!(with.ended().0, Some(0));
    let without = Collector::start("no telemetry");
    // There is no probe to ask: its lane's thread says that it runs.
    let tasks = format!("/proc/{}/task", without.child.id());
    let runs = || {
        std::fs::read_dir(&tasks).unwrap().flatten().any(|task| {
            let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            name.trim() == "lane-source"
        })
    };
    crate::support::until("it runs", runs);
    assert_eq!(listening(without.child.id()), 0);
    without.signal("TERM");
    assert_eq!(without.ended().0, Some(0));
}
