// SPDX-License-Identifier: Apache-2.0
//! The receiver on this machine, and on machines made of files.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod fixture;
mod here;

use tracecore_runtime::testing::Harness;
use tracecore_runtime::{Absence, Receiver};
use tracecore_schema::Config as _;

use super::{Config, HostMetrics, HostMetricsKind, Scraper};
use fixture::Machine;

fn names(host: &Harness<HostMetrics>, attribute: &str) -> Vec<String> {
    let mut names: Vec<_> = host.points().iter().filter_map(|point| point.attribute(attribute)).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn the_pace_is_the_collection_interval() {
    assert_eq!(HostMetrics::pace(&Config::default()).interval.as_secs(), 1);
}

#[test]
fn a_list_of_scrapers_is_neither_empty_nor_double() {
    let check = |scrapers: &[Scraper]| {
        let config = Config { scrapers: Some(scrapers.to_vec()), ..Config::default() };
        config.check().into_iter().map(|violation| violation.message).collect::<Vec<_>>()
    };
    assert!(check(&[Scraper::Cpu, Scraper::Disk]).is_empty());
    assert_eq!(check(&[Scraper::Cpu, Scraper::Disk, Scraper::Cpu]), ["`scrapers` lists `cpu` twice"]);
    assert!(check(&[])[0].contains("leave it out to read everything"));
}

#[test]
fn the_root_does_not_depend_on_where_the_collector_starts() {
    let violations = Config { root_path: "hostfs".into(), ..Config::default() }.check();
    assert_eq!(violations.len(), 1);
    assert!(violations[0].message.ends_with("did you mean `/hostfs`?"), "{}", violations[0]);
}

#[test]
fn utilization_is_the_share_since_the_last_tick() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Cpu]).unwrap();
    host.tick().unwrap();
    assert_eq!(host.value("system.cpu.utilization", &[("cpu.mode", "user")]), None);
    assert_eq!(host.value("system.cpu.time", &[("cpu.mode", "user")]), Some(10.0));
    assert_eq!(host.value("system.cpu.time", &[("cpu.mode", "interrupt")]), Some(0.07));
    assert_eq!(host.value("system.cpu.logical.count", &[]), Some(4.0));
    assert_eq!(host.value("system.cpu.physical.count", &[]), Some(2.0));
    assert_eq!(host.value("system.process.count", &[("process.state", "running")]), Some(3.0));
    assert_eq!(host.value("system.process.created", &[]), Some(9000.0));

    machine.replace("proc/stat", "cpu  1000 0 500 8000", "cpu  1030 0 510 8060");
    host.tick().unwrap();
    assert_eq!(host.value("system.cpu.utilization", &[("cpu.mode", "user")]), Some(0.3));
    assert_eq!(host.value("system.cpu.utilization", &[("cpu.mode", "idle")]), Some(0.6));
    assert_eq!(host.value("system.cpu.utilization", &[("cpu.mode", "steal")]), Some(0.0));
}

#[test]
fn a_cpu_that_goes_offline_takes_only_its_own_series_along() {
    let machine = Machine::new();
    let mut host = machine.open_with(&[Scraper::Cpu], |config| config.per_cpu = true).unwrap();
    let before = host.series();
    host.tick().unwrap();
    assert_eq!(names(&host, "cpu.logical_number"), ["0", "1", "2", "3"]);
    assert_eq!(
        host.value("system.cpu.time", &[("cpu.mode", "user"), ("cpu.logical_number", "2")]),
        Some(3.0)
    );

    machine.replace("proc/stat", "cpu1 200 0 100 2000 10 1 1 0 0 0\n", "");
    host.tick().unwrap();
    assert!(host.wants_discovery());
    host.discover().unwrap();
    host.tick().unwrap();
    assert!(!host.wants_discovery());
    assert_eq!(host.series(), before - 14);
    assert_eq!(names(&host, "cpu.logical_number"), ["0", "2", "3"]);
    assert_eq!(
        host.value("system.cpu.time", &[("cpu.mode", "user"), ("cpu.logical_number", "2")]),
        Some(3.0)
    );
    assert_eq!(host.value("system.cpu.logical.count", &[]), Some(3.0));
}

#[test]
fn a_small_step_back_of_the_kernel_is_no_reset() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Cpu]).unwrap();
    host.tick().unwrap();
    let iowait = |host: &Harness<_>| host.value("system.cpu.time", &[("cpu.mode", "iowait")]);
    let before = iowait(&host);
    machine.replace("proc/stat", " 8000 40 ", " 8000 39 ");
    host.tick().unwrap();
    assert_eq!(iowait(&host), before);
    machine.replace("proc/stat", " 8000 39 ", " 80 39 ");
    host.tick().unwrap();
    assert_eq!(host.value("system.cpu.time", &[("cpu.mode", "idle")]), Some(0.8));
}

#[test]
fn memory_states_add_up_to_the_limit() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Memory]).unwrap();
    host.tick().unwrap();
    let usage = |state| host.value("system.memory.usage", &[("system.memory.state", state)]).unwrap();
    assert_eq!(usage("cached"), (300.0 + 50.0) * 1024.0);
    assert_eq!(usage("used"), (1000.0 - 400.0 - 20.0 - 350.0) * 1024.0);
    let sum = usage("used") + usage("free") + usage("buffers") + usage("cached");
    assert_eq!(host.value("system.memory.limit", &[]), Some(sum));
    let swap = host.value("system.paging.utilization", &[("system.paging.state", "used")]);
    assert_eq!(swap, Some(0.25));
    let faults = |kind| host.value("system.paging.faults", &[("system.paging.fault.type", kind)]);
    assert_eq!((faults("major"), faults("minor")), (Some(7.0), Some(993.0)));
}

#[test]
fn a_disk_is_a_whole_device_with_a_capacity() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Disk]).unwrap();
    host.tick().unwrap();
    assert_eq!(names(&host, "system.device"), ["cciss/c0d0", "sda"]);
    let read = [("system.device", "sda"), ("disk.io.direction", "read")];
    assert_eq!(host.value("system.disk.io", &read), Some(2048.0 * 512.0));
    assert_eq!(host.value("system.disk.operation_time", &read), Some(1.5));
    assert_eq!(host.value("system.disk.io_time", &[("system.device", "sda")]), Some(2.25));
    assert_eq!(host.value("system.disk.limit", &[("system.device", "sda")]), Some(1000.0 * 512.0));
}

#[test]
fn disks_that_come_and_go_begin_and_end() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Disk]).unwrap();
    let before = host.series();
    machine.write("sys/block/sdb/size", "64\n");
    machine.append("proc/diskstats", "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11 0 0 0 0 0 0\n");
    host.tick().unwrap();
    assert!(host.wants_discovery());
    // Those that were known are told all the same.
    assert_eq!(names(&host, "system.device"), ["cciss/c0d0", "sda"]);
    host.discover().unwrap();
    host.tick().unwrap();
    assert!(!host.wants_discovery());
    assert_eq!(names(&host, "system.device"), ["cciss/c0d0", "sda", "sdb"]);

    machine.write("proc/diskstats", "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11 0 0 0 0 0 0\n");
    host.tick().unwrap();
    assert!(host.wants_discovery());
    assert_eq!(names(&host, "system.device"), ["sdb"]);
    host.discover().unwrap();
    assert_eq!(host.series(), before / 2);
}

#[test]
fn without_sysfs_every_device_but_loops_is_a_disk() {
    let machine = Machine::new();
    machine.remove("sys");
    let mut host = machine.open(&[Scraper::Disk]).unwrap();
    host.tick().unwrap();
    assert_eq!(names(&host, "system.device"), ["cciss/c0d0", "sda", "sda1", "sr0"]);
    assert_eq!(host.value("system.disk.limit", &[("system.device", "sda")]), None);
}

#[test]
fn interfaces_that_come_and_go_begin_and_end() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Network]).unwrap();
    host.tick().unwrap();
    assert_eq!(names(&host, "network.interface.name"), ["eth0", "lo"]);
    let sent = [("network.interface.name", "eth0"), ("network.io.direction", "transmit")];
    assert_eq!(host.value("system.network.io", &sent), Some(2000.0));
    assert_eq!(host.value("system.network.packet.dropped", &sent), Some(24.0));

    machine.replace("proc/1/net/dev", "eth0:", "veth1:");
    host.tick().unwrap();
    assert!(host.wants_discovery());
    assert_eq!(names(&host, "network.interface.name"), ["lo"]);
    host.discover().unwrap();
    host.tick().unwrap();
    assert!(!host.wants_discovery());
    assert_eq!(names(&host, "network.interface.name"), ["lo", "veth1"]);
}

#[test]
fn a_mount_that_is_gone_says_nothing_even_before_it_is_retired() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Filesystem]).unwrap();
    host.tick().unwrap();
    assert_eq!(names(&host, "system.filesystem.mountpoint"), ["/", "/data"]);
    let data = [("system.filesystem.mountpoint", "/data")];
    let limit = host.value("system.filesystem.limit", &data).unwrap();
    let states = ["used", "free", "reserved"].map(|state| {
        let state = [("system.filesystem.mountpoint", "/data"), ("system.filesystem.state", state)];
        host.value("system.filesystem.usage", &state).unwrap()
    });
    assert_eq!(states.iter().sum::<f64>(), limit);

    // The folder is still there and would answer for the filesystem beneath.
    machine.replace("proc/1/mountinfo", "27 22 8:17 / /data rw,noatime - xfs /dev/sdb1 rw\n", "");
    host.tick().unwrap();
    assert_eq!(names(&host, "system.filesystem.mountpoint"), ["/"]);
    assert!(host.wants_discovery());
    let before = host.series();
    host.discover().unwrap();
    host.tick().unwrap();
    assert!(!host.wants_discovery());
    assert_eq!(host.series(), before - 7);
}

#[test]
fn a_mount_whose_call_has_hung_is_left_alone() {
    let machine = Machine::new();
    let mut host = machine.open_without(&["/data"]).unwrap();
    host.tick().unwrap();
    assert_eq!(names(&host, "system.filesystem.mountpoint"), ["/"]);
    assert_eq!(host.absent(Absence::Timeout), 1);
    assert!(!host.wants_discovery());
}

#[test]
fn a_mount_that_cannot_be_asked_fails_and_the_others_answer() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Filesystem]).unwrap();
    machine.remove("data");
    let fault = host.tick().unwrap_err();
    assert!(matches!(fault.kind(), HostMetricsKind::Read));
    assert!(fault.to_string().contains("the filesystem at /data"), "{fault}");
    assert_eq!(names(&host, "system.filesystem.mountpoint"), ["/"]);
    assert_eq!(host.absent(Absence::Lost), 1);
}

#[test]
fn one_scraper_fails_and_the_others_emit() {
    let machine = Machine::new();
    let mut host = machine.open(&[Scraper::Load, Scraper::Disk, Scraper::Network]).unwrap();
    machine.write("proc/diskstats", "   8       0 sda many\n");
    let fault = host.tick().unwrap_err();
    assert_eq!(fault.kinds().count(), 1);
    assert!(matches!(fault.kind(), HostMetricsKind::Parse));
    assert!(fault.to_string().contains("proc/diskstats is not as expected"), "{fault}");
    assert_eq!(host.value("system.cpu.load_average.15m", &[]), Some(0.03));
    assert_eq!(names(&host, "network.interface.name"), ["eth0", "lo"]);
    assert!(matches!(host.discover().unwrap_err().kind(), HostMetricsKind::Enumerate));

    machine.write("proc/loadavg", "high\n");
    assert_eq!(host.tick().unwrap_err().kinds().count(), 2);
}

#[test]
fn a_file_that_this_kernel_lacks_is_unsupported_and_no_failure() {
    let machine = Machine::new();
    machine.remove("proc/diskstats");
    let mut host = machine.open(&[Scraper::Disk, Scraper::Load]).unwrap();
    host.tick().unwrap();
    assert_eq!(host.absent(Absence::Unsupported), 1);
    assert_eq!(host.points().len(), 4);
}

#[test]
fn a_root_without_procfs_is_refused_with_the_way_out() {
    let root_path = tempfile::tempdir().unwrap();
    let config = Config { root_path: root_path.path().into(), ..Config::default() };
    let fault = Harness::<HostMetrics>::open(config).unwrap_err();
    assert!(matches!(fault.kind(), HostMetricsKind::Init));
    assert!(fault.to_string().contains("`root_path` is where the host's root is mounted"), "{fault}");
}
