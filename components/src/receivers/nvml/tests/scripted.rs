// SPDX-License-Identifier: Apache-2.0
//! A library that does what a test says: the simulation's functions with some replaced, for
//! answers that no simulated GPU gives.

use std::cell::Cell;
use std::time::Duration;

use nvml_wrapper_sys::bindings::NvmlLib;
use tracecore_gpusim_nvml::{Attachment, table};
use tracecore_runtime::testing::Harness;
use tracecore_runtime::{Batch, ErrorKind as _, Failure, Open, Pace, Receiver, Registrar, Slack, receiver};

use super::super::collector::{Collector, Kinds};
use super::super::driver::simulate_with;
use super::super::{Config, Groups, Metrics, Processes};
use super::Node;

/// Replaces functions of a library.
type Change = fn(&mut NvmlLib);

thread_local! {
    /// How the next receiver of this thread finds its library.
    static CHANGE: Cell<Change> = const { Cell::new(|_| {}) };
}

/// Reads as the receivers do, through a library that was changed.
#[receiver(config = Config, metrics = Metrics, errors(connect, enumerate, read))]
#[derive(Debug)]
pub(super) struct Scripted {
    collector: Collector,
    attachment: Attachment,
}

impl Kinds for ScriptedKind {
    const CONNECT: Self = Self::Connect;
    const ENUMERATE: Self = Self::Enumerate;
    const READ: Self = Self::Read;
}

impl Receiver for Scripted {
    fn pace(config: &Config) -> Pace {
        Pace::every(config.collection_interval)
    }

    fn open(config: Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let mut library = table();
        CHANGE.get()(&mut library);
        let driver = simulate_with(&config.simulated.clone().unwrap_or_default(), library);
        let (driver, attachment) = driver.map_err(|error| ScriptedKind::Connect.because(error))?;
        Ok(Self { collector: Collector::new(driver, config, cx), attachment })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        self.attachment.resume();
        self.collector.discover(series)
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Failure<Self>> {
        self.attachment.resume();
        self.collector.collect(out)
    }

    fn idle(&mut self, slack: &Slack<'_>) -> bool {
        self.attachment.resume();
        self.collector.idle(slack)
    }
}

/// Every group off but for a few: what a test is about.
pub(super) fn only(node: &Node, on: impl FnOnce(&mut Groups)) -> Config {
    let mut groups = Groups {
        utilization: false,
        memory: false,
        power: false,
        temperature: false,
        clocks: false,
        clock_events: false,
        fans: false,
        ecc: false,
        repair: false,
        pcie: false,
        nvlink: false,
        mig: false,
        fabric: false,
        health: false,
        peaks: false,
        gpm: false,
        events: false,
        pcie_throughput: false,
        info: true,
    };
    on(&mut groups);
    let processes = Processes { enabled: false, ..Processes::default() };
    Config { groups, processes, peak_window: Duration::from_secs(30), ..node.config() }
}

/// A receiver over a library that was changed.
pub(super) fn open(config: Config, change: Change) -> Harness<Scripted> {
    CHANGE.set(change);
    Harness::open(config).unwrap()
}
