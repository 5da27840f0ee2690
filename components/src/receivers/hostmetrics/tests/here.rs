// SPDX-License-Identifier: Apache-2.0
//! The receiver on the machine that runs the tests, held against what the kernel says to the
//! standard tools' own sources.

use std::collections::BTreeSet;
use std::fs::{File, read_to_string};
use std::time::Duration;

use tracecore_runtime::testing::{Harness, Point};
use tracecore_schema::MetricSet;

use super::super::{Config, HostMetrics, Metrics};

fn open() -> Harness<HostMetrics> {
    let mut host = Harness::<HostMetrics>::open(Config::default()).unwrap();
    host.tick().unwrap();
    host
}

/// A number that lies between two readings of our own, one before and one after.
fn between(before: f64, value: Option<f64>, after: f64) -> bool {
    value.is_some_and(|value| before <= value && value <= after)
}

#[test]
fn every_series_has_the_attributes_it_was_declared_with() {
    let mut host = open();
    host.tick().unwrap();
    for point in host.points() {
        let declared: BTreeSet<_> = point.descriptor.attributes.iter().copied().collect();
        let given: BTreeSet<_> = point.attributes.iter().map(|attribute| attribute.key.as_ref()).collect();
        // The number of a CPU is there only if asked for.
        let missing: Vec<_> =
            declared.difference(&given).filter(|key| **key != "cpu.logical_number").collect();
        assert!(given.is_subset(&declared) && missing.is_empty(), "{point}");
        assert!(point.value.is_finite() && point.value >= 0.0, "{point}");
    }
}

#[test]
fn no_two_points_are_the_same_series() {
    let host = open();
    let points = host.points();
    let distinct: BTreeSet<String> =
        points.iter().map(|point| format!("{} {:?}", point.name(), point.attributes)).collect();
    assert_eq!(distinct.len(), points.len());
}

#[test]
fn what_every_linux_has_is_there() {
    let mut host = open();
    // Several of the kernel's ticks, or there would be nothing to have a share of.
    std::thread::sleep(Duration::from_millis(50));
    host.tick().unwrap();
    let given: BTreeSet<_> = host.points().iter().map(Point::name).collect();
    // The rest depends on the machine: disks, filesystems, interfaces, swap, cores that a
    // virtual machine hides, accounting of I/O.
    let everywhere = ["system.cpu.", "system.memory.", "system.process.", "system.uptime", "process."];
    let not = ["system.cpu.physical.count", "process.disk.io"];
    for metric in Metrics::DESCRIPTORS {
        let expected =
            everywhere.iter().any(|part| metric.name.starts_with(part)) && !not.contains(&metric.name);
        assert!(!expected || given.contains(metric.name), "{}", metric.name);
    }
}

#[test]
fn cpu_time_lies_between_two_readings() {
    let user = || -> f64 {
        let stat = read_to_string("/proc/stat").unwrap();
        stat.split_ascii_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 100.0
    };
    let before = user();
    let host = open();
    assert_eq!(procfs::ticks_per_second(), 100, "the unit that this test assumes");
    assert!(between(before, host.value("system.cpu.time", &[("cpu.mode", "user")]), user()));
    let cpus = std::thread::available_parallelism().unwrap().get() as f64;
    assert!(host.value("system.cpu.logical.count", &[]).unwrap() >= cpus);
}

#[test]
fn memory_is_what_meminfo_says() {
    let host = open();
    let meminfo = read_to_string("/proc/meminfo").unwrap();
    let total: f64 = meminfo.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
    assert_eq!(host.value("system.memory.limit", &[]), Some(total * 1024.0));
    let shares: f64 = host
        .points()
        .iter()
        .filter(|point| point.name() == "system.memory.utilization")
        .map(|point| point.value)
        .sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
}

#[test]
fn uptime_lies_between_two_readings() {
    let uptime = || -> f64 {
        let text = read_to_string("/proc/uptime").unwrap();
        text.split_ascii_whitespace().next().unwrap().parse().unwrap()
    };
    let before = uptime();
    let host = open();
    // The file has two decimals, cut off.
    assert!(between(before, host.value("system.uptime", &[]), uptime() + 0.01));
    assert!(host.value("process.uptime", &[]).unwrap() < uptime());
}

#[test]
fn received_bytes_lie_between_two_readings() {
    let received = || -> f64 {
        let dev = read_to_string("/proc/self/net/dev").unwrap();
        let line = dev.lines().find(|line| line.trim_start().starts_with("lo:")).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let before = received();
    let host = open();
    let lo = [("network.interface.name", "lo"), ("network.io.direction", "receive")];
    assert!(between(before, host.value("system.network.io", &lo), received()));
}

#[test]
fn the_space_of_a_filesystem_is_what_statvfs_says() {
    let host = open();
    let Some(limit) = host.value("system.filesystem.limit", &[("system.filesystem.mountpoint", "/")]) else {
        // A root that is remote or an image.
        return;
    };
    let stat = rustix::fs::statvfs("/").unwrap();
    assert_eq!(limit, (stat.f_blocks * stat.f_frsize) as f64);
}

#[test]
fn open_files_of_this_process_are_counted() {
    let mut host = open();
    // Other tests open and close files meanwhile; five hundred stand out.
    let few = host.value("process.unix.file_descriptor.count", &[]).unwrap();
    let files: Vec<File> = (0..500).map(|_| File::open("/proc/self/stat").unwrap()).collect();
    host.tick().unwrap();
    let many = host.value("process.unix.file_descriptor.count", &[]).unwrap();
    assert!(many >= few + 300.0, "{few} and then {many}");
    drop(files);
}

#[test]
fn threads_and_memory_of_this_process_are_there() {
    let mut host = open();
    let before = host.value("process.memory.usage", &[]).unwrap();
    // Big enough to stand out from what other tests do meanwhile; written, so that it is there.
    let block = std::hint::black_box(vec![1u8; 64 << 20]);
    host.tick().unwrap();
    let after = host.value("process.memory.usage", &[]).unwrap();
    assert!(after - before > (32 << 20) as f64, "{before} and then {after}");
    assert!(host.value("process.memory.virtual", &[]).unwrap() >= after);
    assert!(host.value("process.thread.count", &[]).unwrap() >= 1.0);
    drop(block);
}
