// SPDX-License-Identifier: Apache-2.0
//! Runs the scrapers one after the other, whichever of them fail.

use tracecore_runtime::{
    Absence, Batch, ErrorKind, Failure, Faults, Open, Pace, Receiver, Registrar, receiver,
};

use super::cpu::Cpu;
use super::disk::Disk;
use super::filesystem::Filesystem;
use super::load::Load;
use super::memory::Memory;
use super::network::Network;
use super::process::Process;
use super::scrape::{Host, Scrape};
use super::{Config, Metrics, Scraper};

/// Reads this machine and this process.
#[receiver(config = Config, metrics = Metrics, errors(read, parse, enumerate))]
#[derive(Debug)]
pub struct HostMetrics {
    cpu: Option<Cpu>,
    memory: Option<Memory>,
    load: Option<Load>,
    disk: Option<Disk>,
    filesystem: Option<Filesystem>,
    network: Option<Network>,
    process: Option<Process>,
    /// Scrapers whose file is not here.
    unsupported: usize,
}

impl Receiver for HostMetrics {
    fn pace(config: &Config) -> Pace {
        Pace::every(config.collection_interval)
    }

    fn open(config: Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let proc = config.root_path.join("proc");
        if !proc.is_dir() {
            return Err(HostMetricsKind::Init.because(format_args!(
                "there is no procfs at {}; `root_path` is where the host's root is mounted, / outside a container",
                proc.display()
            )));
        }
        let host = Host { config: &config, skipped: cx.skipped() };
        let mut unsupported = Vec::new();
        let receiver = Self {
            cpu: open(&host, Scraper::Cpu, &mut unsupported),
            memory: open(&host, Scraper::Memory, &mut unsupported),
            load: open(&host, Scraper::Load, &mut unsupported),
            disk: open(&host, Scraper::Disk, &mut unsupported),
            filesystem: open(&host, Scraper::Filesystem, &mut unsupported),
            network: open(&host, Scraper::Network, &mut unsupported),
            process: open(&host, Scraper::Process, &mut unsupported),
            unsupported: unsupported.len(),
        };
        for scraper in unsupported {
            let name = tracecore_schema::Scalar::show(&scraper);
            cx.settings()
                .logger
                .warn(&format!("the scraper `{name}` is left out: {} lacks its file", proc.display()));
        }
        Ok(receiver)
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        let mut faults = Faults::new();
        discover(&mut self.cpu, series, &mut faults);
        discover(&mut self.memory, series, &mut faults);
        discover(&mut self.load, series, &mut faults);
        discover(&mut self.disk, series, &mut faults);
        discover(&mut self.filesystem, series, &mut faults);
        discover(&mut self.network, series, &mut faults);
        discover(&mut self.process, series, &mut faults);
        faults.into_result()
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Failure<Self>> {
        let mut faults = Faults::new();
        for _ in 0..self.unsupported {
            out.absent(Absence::Unsupported);
        }
        collect(&mut self.cpu, out, &mut faults);
        collect(&mut self.memory, out, &mut faults);
        collect(&mut self.load, out, &mut faults);
        collect(&mut self.disk, out, &mut faults);
        collect(&mut self.filesystem, out, &mut faults);
        collect(&mut self.network, out, &mut faults);
        collect(&mut self.process, out, &mut faults);
        faults.into_result()
    }
}

fn open<S: Scrape>(host: &Host<'_>, scraper: Scraper, unsupported: &mut Vec<Scraper>) -> Option<S> {
    if !host.config.reads(scraper) {
        return None;
    }
    let opened = S::open(host);
    if opened.is_none() {
        unsupported.push(scraper);
    }
    opened
}

fn discover<S: Scrape>(
    scraper: &mut Option<S>,
    series: &mut Registrar<'_, Metrics>,
    faults: &mut Faults<HostMetricsKind>,
) {
    if let Some(Err(fault)) = scraper.as_mut().map(|scraper| scraper.discover(series)) {
        faults.push(HostMetricsKind::Enumerate.because(fault));
    }
}

fn collect<S: Scrape>(scraper: &mut Option<S>, out: &mut Batch, faults: &mut Faults<HostMetricsKind>) {
    if let Some(Err(fault)) = scraper.as_mut().map(|scraper| scraper.collect(out)) {
        faults.push(fault);
    }
}
