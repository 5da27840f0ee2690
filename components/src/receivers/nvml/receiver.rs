// SPDX-License-Identifier: Apache-2.0
//! The two receivers: the driver of this machine, and simulated GPUs. Which of them runs is
//! written in the pipeline file and decided by the build; neither stands in for the other.

use std::time::Duration;

use tracecore_gpusim_nvml::Attachment;
use tracecore_runtime::{Batch, ErrorKind as _, Failure, Open, Pace, Receiver, Registrar, Slack, receiver};

use super::collector::{Collector, Kinds};
use super::driver::{Driver, simulate};
use super::{Config, Metrics};

/// How often to look for GPUs that came or went. Costs two calls a GPU.
const REDISCOVER: Duration = Duration::from_secs(10);

/// Reads every NVIDIA GPU of this machine through the driver's library.
#[receiver(config = Config, metrics = Metrics, errors(connect, enumerate, read))]
#[derive(Debug)]
pub struct Nvml {
    collector: Collector,
}

/// Reads simulated GPUs as [`Nvml`] reads real ones.
#[receiver(config = Config, metrics = Metrics, errors(connect, enumerate, read))]
#[derive(Debug)]
pub struct SimulatedNvml {
    // Before the attachment, through which it is shut down.
    collector: Collector,
    /// That this thread's calls go to these GPUs and no others.
    attachment: Attachment,
}

impl Kinds for NvmlKind {
    const CONNECT: Self = Self::Connect;
    const ENUMERATE: Self = Self::Enumerate;
    const READ: Self = Self::Read;
}

impl Kinds for SimulatedNvmlKind {
    const CONNECT: Self = Self::Connect;
    const ENUMERATE: Self = Self::Enumerate;
    const READ: Self = Self::Read;
}

impl Receiver for Nvml {
    fn pace(config: &Config) -> Pace {
        Pace::every(config.collection_interval).rediscover(REDISCOVER).idles(config.groups.pcie_throughput)
    }

    fn open(config: Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let driver = Driver::open(config.library.as_deref());
        let driver = driver.map_err(|error| NvmlKind::Connect.because(error))?;
        Ok(Self { collector: Collector::new(driver, config, cx) })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        self.collector.discover(series)
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Failure<Self>> {
        self.collector.collect(out)
    }

    fn idle(&mut self, slack: &Slack<'_>) -> bool {
        self.collector.idle(slack)
    }
}

impl Receiver for SimulatedNvml {
    fn pace(config: &Config) -> Pace {
        Pace::every(config.collection_interval).rediscover(REDISCOVER).idles(config.groups.pcie_throughput)
    }

    fn open(config: Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let simulated = config.simulated.clone().unwrap_or_default();
        let driver = simulate(&simulated);
        let (driver, attachment) = driver.map_err(|error| SimulatedNvmlKind::Connect.because(error))?;
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

impl Drop for SimulatedNvml {
    /// Its driver is shut down next: calls have to reach it.
    fn drop(&mut self) {
        self.attachment.resume();
    }
}
