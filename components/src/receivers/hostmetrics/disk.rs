// SPDX-License-Identifier: Apache-2.0
//! `/proc/diskstats`: disks.
//!
//! A disk is a whole block device with a capacity. Partitions are parts of one, and what loop
//! and RAM devices do is done by the disk or the memory beneath: counted once, sums are right.

use std::path::{Path, PathBuf};

use procfs::{DiskStat, DiskStats, FromBufRead};
use tracecore_runtime::{Batch, Registrar, ScopeId, Slot};

use super::Metrics;
use super::scrape::{Fault, Host, Scrape, attribute, signed};
use super::source::Source;

/// The unit of `/proc/diskstats` and of `/sys/block/*/size`, whatever the device's own sectors.
const SECTOR: u64 = 512;

/// Reads `/proc/diskstats`.
#[derive(Debug)]
pub(super) struct Disk {
    diskstats: Source,
    sysfs: PathBuf,
    /// One for each line of the file, in its order, so that a look at the names shows whether a
    /// device came or went.
    devices: Vec<Device>,
}

#[derive(Debug)]
struct Device {
    name: String,
    /// `None` if it is not a disk.
    disk: Option<Series>,
}

#[derive(Debug)]
struct Series {
    scope: ScopeId,
    capacity: Option<u64>,
    /// Read and written.
    ways: [Way; 2],
    io_time: Slot<f64>,
    pending: Slot<i64>,
    limit: Slot<i64>,
}

#[derive(Debug)]
struct Way {
    io: Slot<u64>,
    operations: Slot<u64>,
    operation_time: Slot<f64>,
    merged: Slot<u64>,
}

/// What a block device is, as sysfs has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Disk { capacity: Option<u64> },
    Other,
}

impl Scrape for Disk {
    fn open(host: &Host<'_>) -> Option<Self> {
        let diskstats = Source::find(host.path("proc/diskstats"))?;
        Some(Self { diskstats, sysfs: host.path("sys/block"), devices: Vec::new() })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault> {
        let now = self.read()?;
        let mut before = std::mem::take(&mut self.devices);
        for stat in now {
            let what = look_at(&self.sysfs, &stat.name);
            let known = before.iter().position(|device| device.name == stat.name);
            let known = known.map(|at| before.swap_remove(at)).and_then(|device| device.disk);
            let disk = match (what, known) {
                (What::Disk { capacity }, Some(known)) => Some(Series { capacity, ..known }),
                (What::Disk { capacity }, None) => Some(Series::begin(&stat.name, capacity, series)),
                (What::Other, Some(known)) => {
                    series.retire_scope(known.scope);
                    None
                }
                (What::Other, None) => None,
            };
            self.devices.push(Device { name: stat.name, disk });
        }
        for gone in before.into_iter().filter_map(|device| device.disk) {
            series.retire_scope(gone.scope);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault> {
        let now = self.read()?;
        let same = now.len() == self.devices.len()
            && now.iter().zip(&self.devices).all(|(stat, device)| stat.name == device.name);
        if same {
            for (stat, device) in now.iter().zip(&self.devices) {
                if let Some(disk) = &device.disk {
                    disk.set(stat, out);
                }
            }
        } else {
            out.rediscover();
            for device in &self.devices {
                let stat = now.iter().find(|stat| stat.name == device.name);
                if let (Some(disk), Some(stat)) = (&device.disk, stat) {
                    disk.set(stat, out);
                }
            }
        }
        Ok(())
    }
}

impl Disk {
    fn read(&mut self) -> Result<Vec<DiskStat>, Fault> {
        self.diskstats.read()?;
        let stats = DiskStats::from_buf_read(self.diskstats.bytes());
        stats.map(|DiskStats(stats)| stats).map_err(|why| self.diskstats.malformed(why))
    }
}

impl Series {
    fn begin(name: &str, capacity: Option<u64>, series: &mut Registrar<'_, Metrics>) -> Self {
        let scope = series.scope(attribute("system.device", name));
        let ways = ["read", "write"].map(|way| {
            let way = || attribute("disk.io.direction", way);
            Way {
                io: series.begin_in(scope, |m| m.disk_io, way()),
                operations: series.begin_in(scope, |m| m.disk_operations, way()),
                operation_time: series.begin_in(scope, |m| m.disk_operation_time, way()),
                merged: series.begin_in(scope, |m| m.disk_merged, way()),
            }
        });
        Self {
            scope,
            capacity,
            ways,
            io_time: series.begin_in(scope, |m| m.disk_io_time, []),
            pending: series.begin_in(scope, |m| m.disk_pending, []),
            limit: series.begin_in(scope, |m| m.disk_limit, []),
        }
    }

    fn set(&self, stat: &DiskStat, out: &mut Batch) {
        let read = [stat.sectors_read, stat.reads, stat.time_reading, stat.merged];
        let written = [stat.sectors_written, stat.writes, stat.time_writing, stat.writes_merged];
        for (way, [sectors, operations, millis, merged]) in self.ways.iter().zip([read, written]) {
            out.set(way.io, sectors.saturating_mul(SECTOR));
            out.set(way.operations, operations);
            out.set(way.operation_time, seconds(millis));
            out.set(way.merged, merged);
        }
        out.set(self.io_time, seconds(stat.time_in_progress));
        out.set(self.pending, signed(stat.in_progress));
        if let Some(capacity) = self.capacity {
            out.set(self.limit, signed(capacity));
        }
    }
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1e3
}

/// Asks sysfs what a device is. Without sysfs there is no telling, and every device is a disk.
fn look_at(sysfs: &Path, name: &str) -> What {
    if name.starts_with("loop") || name.starts_with("ram") {
        return What::Other;
    }
    if !sysfs.is_dir() {
        return What::Disk { capacity: None };
    }
    // A slash in the name of a device (`cciss/c0d0`) is an exclamation mark in sysfs.
    let size = std::fs::read_to_string(sysfs.join(name.replace('/', "!")).join("size"));
    match size.ok().and_then(|size| size.trim().parse::<u64>().ok()) {
        // A partition, which has no folder of its own there; or no medium.
        None | Some(0) => What::Other,
        Some(sectors) => What::Disk { capacity: Some(sectors.saturating_mul(SECTOR)) },
    }
}
