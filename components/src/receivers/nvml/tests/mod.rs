// SPDX-License-Identifier: Apache-2.0
//! The receivers against simulated GPUs, through both doors: in this process, and through the
//! C ABI of the driver's library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod doctor;
mod events;
mod faults;
mod gpm;
mod health;
mod library;
mod mig;
mod old;
mod options;
mod peaks;
mod processes;
mod reading;
mod scripted;
mod throughput;

use std::sync::LazyLock;
use std::time::Duration;

use tempfile::TempDir;
use tracecore_gpusim::{Control, Profile, Setup, Simulation};
use tracecore_runtime::testing::Harness;
use tracecore_runtime::{Absence, Batch, Receiver};
use tracecore_schema::Config as _;

use super::{Config, Groups, Simulated, SimulatedNvml};

/// Series that are about no GPU: the driver's versions, and how many GPUs there are.
const HOST: usize = 2;

/// Series of a simulated GPU in which nothing is wrong, and values that it does not support.
static HEALTHY: LazyLock<(usize, u64)> = LazyLock::new(|| {
    let mut receiver = Node::new(1).open();
    receiver.tick().unwrap();
    let (series, unsupported) = (receiver.series() - HOST, receiver.absent(Absence::Unsupported));
    assert_eq!(points(&receiver), series);
    let links =
        receiver.points().iter().filter(|p| p.attribute("tracecore.gpu.nvlink.link").is_some()).count();
    assert!(series > 200 && links > 100, "{series} {links}");
    (series, unsupported)
});

fn each() -> usize {
    HEALTHY.0
}

/// Points of GPUs in the last tick.
fn points<R: Receiver<Out = Batch>>(receiver: &Harness<R>) -> usize {
    receiver.points().iter().filter(|point| point.attribute("hw.id").is_some()).count()
}

/// Series of GPUs.
fn series<R: Receiver<Out = Batch>>(receiver: &Harness<R>) -> usize {
    receiver.series() - HOST
}

/// Values that these GPUs do not support beyond what none of them does.
fn unsupported<R: Receiver<Out = Batch>>(receiver: &Harness<R>, gpus: u64) -> u64 {
    receiver.absent(Absence::Unsupported) - gpus * HEALTHY.1
}

/// A config in which what has tests of its own is off.
fn config() -> Config {
    let groups = Groups { peaks: false, gpm: false, events: false, ..Groups::default() };
    Config { groups, ..Config::default() }
}

/// A node of simulated GPUs whose time stands still at a busy moment.
struct Node {
    control: Control,
    folder: TempDir,
}

impl Node {
    fn new(gpus: u32) -> Self {
        Self::of(Profile::H100, gpus)
    }

    fn of(profile: Profile, gpus: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let setup = Setup::new(gpus, 7).profile(profile);
        let control = Control::create_as(folder.path().join("control"), setup).unwrap();
        control.set_time(Some(Duration::from_secs(40)));
        Self { control, folder }
    }

    fn config(&self) -> Config {
        let control = Some(self.folder.path().join("control"));
        let simulated = Some(Simulated { control, ..Simulated::default() });
        let config = Config { simulated, ..config() };
        assert_eq!(config.check(), []);
        config
    }

    /// Without NVLink: a GPU that does not tell how many links it has has none.
    fn open_without_links(&self) -> Harness<SimulatedNvml> {
        let config = self.config();
        Harness::open(Config { groups: Groups { nvlink: false, ..config.groups }, ..config }).unwrap()
    }

    fn open(&self) -> Harness<SimulatedNvml> {
        Harness::open(self.config()).unwrap()
    }

    /// The same node, to ask for what should have been read.
    fn simulation(&self) -> Simulation {
        let simulation = Simulation::scripted(self.control.clone());
        simulation.init().unwrap();
        simulation
    }
}

/// Whether a failure's text has all of these parts.
#[track_caller]
fn says(fault: &impl std::fmt::Display, parts: &[&str]) {
    let text = fault.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}
