// SPDX-License-Identifier: Apache-2.0
//! The receivers against simulated GPUs, through both doors: in this process, and through the
//! C ABI of the driver's library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod doctor;
mod faults;
mod library;
mod options;
mod reading;

use std::time::Duration;

use tempfile::TempDir;
use tracecore_gpusim::{Control, Simulation};
use tracecore_runtime::testing::Harness;
use tracecore_schema::Config as _;

use super::{Config, Simulated, SimulatedNvml};

/// Series of a simulated GPU that lacks nothing.
const EACH: usize = 27;

/// A node of simulated GPUs whose time stands still at a busy moment.
struct Node {
    control: Control,
    folder: TempDir,
}

impl Node {
    fn new(gpus: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let control = Control::create(folder.path().join("control"), gpus, 7).unwrap();
        control.set_time(Some(Duration::from_secs(40)));
        Self { control, folder }
    }

    fn config(&self) -> Config {
        let control = Some(self.folder.path().join("control"));
        let simulated = Some(Simulated { control, ..Simulated::default() });
        let config = Config { simulated, ..Config::default() };
        assert_eq!(config.check(), []);
        config
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
