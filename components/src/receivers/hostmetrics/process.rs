// SPDX-License-Identifier: Apache-2.0
//! `/proc/self` and `getrusage`: the collector itself.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use procfs::FromRead;
use procfs::process::{Io, Stat};
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom};
use rustix::io::Errno;
use tracecore_runtime::{Absence, Batch, ErrorKind, Faults, Registrar, Slot};

use super::rusage::Usage;
use super::scrape::{Fault, Host, Scrape, attribute, seconds_since_boot, signed};
use super::source::Source;
use super::{HostMetricsKind, Metrics};

/// Reads what the kernel says of this process.
#[derive(Debug)]
pub(super) struct Process {
    stat: Source,
    io: Result<Source, Absence>,
    files: Result<OwnedFd, Absence>,
    page_size: u64,
    ticks_per_second: u64,
    cpus: f64,
    series: Option<Series>,
    last: Option<Reading>,
}

/// What utilisation is the difference of.
#[derive(Debug)]
struct Reading {
    cpu: [f64; 2],
    at: f64,
}

#[derive(Debug)]
struct Series {
    cpu_time: [Slot<f64>; 2],
    cpu_utilization: [Slot<f64>; 2],
    faults: [Slot<u64>; 2],
    switches: [Slot<u64>; 2],
    memory: Slot<i64>,
    virtual_memory: Slot<i64>,
    threads: Slot<i64>,
    files: Slot<i64>,
    disk_io: [Slot<u64>; 2],
    uptime: Slot<f64>,
}

impl Scrape for Process {
    /// Of this process, wherever the host's root is.
    fn open(_: &Host<'_>) -> Option<Self> {
        let proc = PathBuf::from("/proc/self");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Some(Self {
            stat: Source::find(proc.join("stat"))?,
            io: Source::offered(proc.join("io")),
            files: rustix::fs::open(proc.join("fd"), flags, Mode::empty()).map_err(|error| match error {
                Errno::ACCESS | Errno::PERM => Absence::Permission,
                _ => Absence::Unsupported,
            }),
            page_size: procfs::page_size(),
            ticks_per_second: procfs::ticks_per_second(),
            cpus: std::thread::available_parallelism().map_or(1.0, |cpus| cpus.get() as f64),
            series: None,
            last: None,
        })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault> {
        self.series.get_or_insert_with(|| Series::begin(series));
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault> {
        let mut faults = Faults::new();
        let now = seconds_since_boot();
        match Usage::now() {
            Ok(usage) => self.set_usage(usage, now, out),
            Err(error) => faults.push(HostMetricsKind::Read.because(format_args!("getrusage: {error}"))),
        }
        for part in [self.set_stat(now, out), self.set_io(out), self.set_files(out)] {
            if let Err(fault) = part {
                faults.push(fault);
            }
        }
        faults.into_result()
    }
}

impl Series {
    fn begin(series: &mut Registrar<'_, Metrics>) -> Self {
        let mode = |mode| attribute("cpu.mode", mode);
        let fault = |kind| attribute("system.paging.fault.type", kind);
        let switch = |kind| attribute("process.context_switch.type", kind);
        let way = |way| attribute("disk.io.direction", way);
        Self {
            cpu_time: ["user", "system"].map(|name| series.begin(|m| m.process_cpu_time, mode(name))),
            cpu_utilization: ["user", "system"]
                .map(|name| series.begin(|m| m.process_cpu_utilization, mode(name))),
            faults: ["major", "minor"].map(|kind| series.begin(|m| m.process_faults, fault(kind))),
            switches: ["voluntary", "involuntary"]
                .map(|kind| series.begin(|m| m.process_switches, switch(kind))),
            memory: series.begin(|m| m.process_memory_usage, []),
            virtual_memory: series.begin(|m| m.process_memory_virtual, []),
            threads: series.begin(|m| m.process_threads, []),
            files: series.begin(|m| m.process_files, []),
            disk_io: ["read", "write"].map(|name| series.begin(|m| m.process_disk_io, way(name))),
            uptime: series.begin(|m| m.process_uptime, []),
        }
    }
}

impl Process {
    fn set_usage(&mut self, usage: Usage, now: f64, out: &mut Batch) {
        let Some(series) = &self.series else { return };
        for at in 0..2 {
            out.set(series.cpu_time[at], usage.cpu[at]);
            out.set(series.faults[at], usage.faults[at]);
            out.set(series.switches[at], usage.switches[at]);
            if let Some(last) = self.last.as_ref().filter(|last| now > last.at) {
                let spent = (usage.cpu[at] - last.cpu[at]).max(0.0);
                out.set(series.cpu_utilization[at], spent / (now - last.at) / self.cpus);
            }
        }
        self.last = Some(Reading { cpu: usage.cpu, at: now });
    }

    fn set_stat(&mut self, now: f64, out: &mut Batch) -> Result<(), Fault> {
        let Some(series) = &self.series else { return Ok(()) };
        self.stat.read()?;
        let stat = Stat::from_read(self.stat.bytes()).map_err(|why| self.stat.malformed(why))?;
        out.set(series.memory, signed(stat.rss.saturating_mul(self.page_size)));
        out.set(series.virtual_memory, signed(stat.vsize));
        out.set(series.threads, stat.num_threads);
        let started = stat.starttime as f64 / self.ticks_per_second as f64;
        out.set(series.uptime, (now - started).max(0.0));
        Ok(())
    }

    /// A kernel without accounting of I/O has no such file, and a hardened system may hide this
    /// and the list of open files even from the process itself.
    fn set_io(&mut self, out: &mut Batch) -> Result<(), Fault> {
        let Some(series) = &self.series else { return Ok(()) };
        match &mut self.io {
            Err(absence) => out.absent(*absence),
            Ok(source) => {
                source.read()?;
                let io = Io::from_read(source.bytes()).map_err(|why| source.malformed(why))?;
                out.set(series.disk_io[0], io.read_bytes);
                out.set(series.disk_io[1], io.write_bytes);
            }
        }
        Ok(())
    }

    fn set_files(&self, out: &mut Batch) -> Result<(), Fault> {
        let Some(series) = &self.series else { return Ok(()) };
        match &self.files {
            Err(absence) => out.absent(*absence),
            Ok(files) => match count_entries(files) {
                Ok(count) => out.set(series.files, count),
                Err(error) => {
                    let why = format_args!("cannot read /proc/self/fd: {error}");
                    return Err(HostMetricsKind::Read.because(why));
                }
            },
        }
        Ok(())
    }
}

/// The entries of a folder besides itself and its parent, without a string for each.
fn count_entries(folder: &OwnedFd) -> rustix::io::Result<i64> {
    rustix::fs::seek(folder, SeekFrom::Start(0))?;
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(folder, &mut buffer);
    let mut count = 0;
    while let Some(entry) = entries.next() {
        count += i64::from(!entry?.file_name().to_bytes().starts_with(b"."));
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::fs::File;

    use rustix::fs::{Mode, OFlags};

    use super::{Usage, count_entries};

    #[test]
    fn every_entry_is_counted_however_many() {
        let folder = tempfile::tempdir().unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(folder.path(), flags, Mode::empty()).unwrap();
        assert_eq!(count_entries(&fd).unwrap(), 0);
        for name in 0..500 {
            File::create(folder.path().join(name.to_string())).unwrap();
        }
        assert_eq!(count_entries(&fd).unwrap(), 500);
        assert_eq!(count_entries(&fd).unwrap(), 500);
    }

    #[test]
    fn work_shows_in_the_usage() {
        let before = Usage::now().unwrap();
        let mut sum = 0u64;
        while Usage::now().unwrap().cpu == before.cpu {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let after = Usage::now().unwrap();
        assert!(after.cpu[0] + after.cpu[1] > before.cpu[0] + before.cpu[1]);
        assert!(after.faults[1] >= before.faults[1] && after.faults[1] > 0);
    }
}
