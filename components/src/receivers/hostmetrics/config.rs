// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tracecore_schema::ConfigValue;

use super::Metrics;

/// Reads CPU, memory, load, disks, filesystems, network interfaces and this process.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(receiver = "hostmetrics", signal = metrics, metrics = Metrics, rust = HostMetrics)]
#[config(rule(each_scraper_once(scrapers)), rule(root_is_absolute(root_path)))]
pub struct Config {
    /// Time between two readings.
    #[config(default = "1s", min = "100ms")]
    pub collection_interval: Duration,
    /// What to read: `cpu`, `memory`, `load`, `disk`, `filesystem`, `network`, `process`.
    /// Everything, unless some are listed.
    #[config(fixed)]
    pub scrapers: Option<Vec<Scraper>>,
    /// Gives each logical CPU series of its own (`cpu.logical_number`) instead of one for all
    /// CPUs together: fourteen series per CPU.
    #[config(fixed, default = false)]
    pub per_cpu: bool,
    /// Reads filesystems that live on another machine or in another process (NFS, CIFS, FUSE)
    /// as well. One that no longer answers is left out once a call to it has hung.
    #[config(fixed, default = false)]
    pub network_filesystems: bool,
    /// Where the host's root is mounted, for a collector in a container: `/hostfs`.
    #[config(default = "/")]
    pub root_path: PathBuf,
}

/// One part of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Scraper {
    /// `/proc/stat`: CPU time, CPUs, processes.
    Cpu,
    /// `/proc/meminfo` and `/proc/vmstat`: memory, swap, page faults.
    Memory,
    /// `/proc/loadavg`: load averages, uptime.
    Load,
    /// `/proc/diskstats`: disks.
    Disk,
    /// `statvfs`: space and inodes of mounted filesystems.
    Filesystem,
    /// `/proc/net/dev`: network interfaces.
    Network,
    /// `/proc/self`: the collector itself.
    Process,
}

impl Config {
    /// Whether this part is read.
    #[must_use]
    pub fn reads(&self, scraper: Scraper) -> bool {
        self.scrapers.as_ref().is_none_or(|scrapers| scrapers.contains(&scraper))
    }
}

fn each_scraper_once(scrapers: &Option<Vec<Scraper>>) -> Result<(), String> {
    let Some(scrapers) = scrapers else { return Ok(()) };
    if scrapers.is_empty() {
        return Err("`scrapers` is empty, so nothing would be read; leave it out to read everything".into());
    }
    for (i, scraper) in scrapers.iter().enumerate() {
        if scrapers[..i].contains(scraper) {
            return Err(format!("`scrapers` lists `{}` twice", tracecore_schema::Scalar::show(scraper)));
        }
    }
    Ok(())
}

fn root_is_absolute(root_path: &Path) -> Result<(), String> {
    if root_path.is_absolute() {
        return Ok(());
    }
    let shown = root_path.display();
    Err(format!(
        "`root_path` is `{shown}`, which depends on where the collector is started; did you mean `/{shown}`?"
    ))
}
