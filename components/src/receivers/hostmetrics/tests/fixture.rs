// SPDX-License-Identifier: Apache-2.0
//! A machine made of files, seen as a container sees its host: below `root_path`.

use std::path::PathBuf;

use tracecore_runtime::Failure;
use tracecore_runtime::testing::Harness;

use super::super::{Config, HostMetrics, Scraper};

const STAT: &str = "\
cpu  1000 0 500 8000 40 3 4 0 0 0
cpu0 200 0 100 2000 10 1 1 0 0 0
cpu1 200 0 100 2000 10 1 1 0 0 0
cpu2 300 0 150 2000 10 0 1 0 0 0
cpu3 300 0 150 2000 10 1 1 0 0 0
intr 12345 0 9 0
ctxt 67890
btime 1700000000
processes 9000
procs_running 3
procs_blocked 1
softirq 55 0 1
";

const MEMINFO: &str = "\
MemTotal:           1000 kB
MemFree:             400 kB
MemAvailable:        700 kB
Buffers:              20 kB
Cached:              300 kB
SwapCached:            0 kB
Active:              100 kB
Inactive:            100 kB
SwapTotal:          2000 kB
SwapFree:           1500 kB
Dirty:                 0 kB
Writeback:             0 kB
AnonPages:            10 kB
Mapped:               10 kB
Shmem:                 5 kB
Slab:                 80 kB
SReclaimable:         50 kB
SUnreclaim:           30 kB
PageTables:            1 kB
CommitLimit:        2500 kB
Committed_AS:        100 kB
VmallocTotal:      10000 kB
VmallocUsed:          10 kB
VmallocChunk:          0 kB
";

const DISKSTATS: &str = "\
   7       0 loop0 1 0 8 0 0 0 0 0 0 0 0 0 0 0 0 0 0
   8       0 sda 100 3 2048 1500 200 4 4096 2500 5 2250 4000 0 0 0 0 0 0
   8       1 sda1 90 3 2000 1400 200 4 4096 2500 0 2200 3900 0 0 0 0 0 0
  11       0 sr0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 104       0 cciss/c0d0 10 0 80 10 0 0 0 0 0 10 10 0 0 0 0 0 0
";

const NET_DEV: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
  eth0:    1000      11   12   13    0     0          0         0     2000      21   23   24    0     0       0          0
";

const MOUNTINFO: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
27 22 8:17 / /data rw,noatime - xfs /dev/sdb1 rw
28 22 0:40 / /home rw - nfs4 server:/home rw
";

/// Removed when dropped.
#[derive(Debug)]
pub(super) struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    /// Four CPUs of two cores, two disks, two interfaces, two filesystems and one that is remote.
    pub(super) fn new() -> Self {
        let machine = Self { root: tempfile::tempdir().unwrap() };
        machine.write("proc/stat", STAT);
        machine.write("proc/meminfo", MEMINFO);
        machine.write("proc/vmstat", "nr_free_pages 1\npswpin 3\npswpout 4\npgfault 1000\npgmajfault 7\n");
        machine.write("proc/loadavg", "0.01 0.02 0.03 2/114 26507\n");
        machine.write("proc/diskstats", DISKSTATS);
        machine.write("proc/1/net/dev", NET_DEV);
        machine.write("proc/1/mountinfo", MOUNTINFO);
        machine.write("sys/block/loop0/size", "8\n");
        machine.write("sys/block/sda/size", "1000\n");
        machine.write("sys/block/sr0/size", "0\n");
        machine.write("sys/block/cciss!c0d0/size", "500\n");
        for (cpu, siblings) in ["0,2", "1,3", "0,2", "1,3"].iter().enumerate() {
            let path = format!("sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
            machine.write(&path, siblings);
        }
        std::fs::create_dir(machine.path("data")).unwrap();
        machine
    }

    /// The receiver on this machine, reading these.
    pub(super) fn open(&self, scrapers: &[Scraper]) -> Result<Harness<HostMetrics>, Failure<HostMetrics>> {
        self.open_with(scrapers, |_| {})
    }

    /// The same with a change to its config.
    pub(super) fn open_with(
        &self,
        scrapers: &[Scraper],
        change: impl FnOnce(&mut Config),
    ) -> Result<Harness<HostMetrics>, Failure<HostMetrics>> {
        let mut config = self.config(scrapers);
        change(&mut config);
        Harness::open(config)
    }

    /// The receiver reading filesystems, after calls to these have not returned.
    pub(super) fn open_without(
        &self,
        skipped: &[&str],
    ) -> Result<Harness<HostMetrics>, Failure<HostMetrics>> {
        Harness::open_without(self.config(&[Scraper::Filesystem]), skipped)
    }

    fn config(&self, scrapers: &[Scraper]) -> Config {
        let root_path = self.root.path().into();
        Config { root_path, scrapers: Some(scrapers.to_vec()), ..Config::default() }
    }

    /// Puts a file there. In place, since the receiver has it open.
    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Changes a file, which must contain `old`.
    pub(super) fn replace(&self, path: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(old), "{path} has no {old:?}");
        self.write(path, &text.replacen(old, new, 1));
    }

    /// Adds to a file.
    pub(super) fn append(&self, path: &str, more: &str) {
        let text = std::fs::read_to_string(self.path(path)).unwrap();
        self.write(path, &(text + more));
    }

    /// Removes a file or a folder.
    pub(super) fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }
}
