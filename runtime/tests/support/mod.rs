// SPDX-License-Identifier: Apache-2.0
//! A collector that runs on a thread of the test, and what looks at it from outside.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tracecore_runtime::private as rt;
use tracecore_runtime::telemetry::{Format, Registry};
use tracecore_runtime::{BuildInfo, Collector, Pipeline, RunError, RunOptions, Stopper};

/// A telemetry block with everything at its default but the port.
pub fn telemetry_on(_: &rt::Holes) -> rt::Result<Option<rt::telemetry::Config>> {
    let listen = rt::listen("localhost:0");
    Ok(Some(rt::telemetry::Config { listen, ..rt::telemetry::Config::default() }))
}

pub struct Running {
    pub stopper: Stopper,
    pub registry: Registry,
    pub address: SocketAddr,
    pub thread: JoinHandle<Result<(), RunError>>,
}

impl Running {
    pub fn start(pipeline: &'static Pipeline, options: &RunOptions) -> Self {
        let collector =
            Collector::start(pipeline, options, BuildInfo::new("test", "1.2.3")).expect("it starts");
        Self {
            stopper: collector.stopper(),
            registry: collector.registry(),
            address: collector.telemetry_address().expect("it listens"),
            thread: std::thread::spawn(|| collector.wait()),
        }
    }

    /// Stops it; says how long that took.
    pub fn stop(self) -> Duration {
        let start = Instant::now();
        self.stopper.stop();
        self.thread.join().unwrap().expect("a clean end");
        start.elapsed()
    }

    /// The value of a series of the collector's own telemetry, if it is there.
    pub fn metric(&self, series: &str) -> Option<f64> {
        let text = String::from_utf8(self.registry.render(Format::Text).unwrap()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line?.parse().ok()
    }
}

#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
