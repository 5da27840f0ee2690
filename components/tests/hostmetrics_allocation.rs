// SPDX-License-Identifier: Apache-2.0
//! What a tick of each scraper of hostmetrics allocates: nothing of ours, and of `procfs` what
//! the README says.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, reason = "a test may end here")]
#![allow(clippy::print_stdout, reason = "the figures in the README come from here")]

use tracecore_allocations::made;
use tracecore_components::receivers::hostmetrics::{Config, HostMetrics, Scraper};
use tracecore_runtime::testing::Harness;

/// Allocations of one tick in steady state.
fn per_tick(scraper: Scraper, per_cpu: bool) -> u64 {
    const TICKS: u64 = 10;
    let config = Config { scrapers: Some(vec![scraper]), per_cpu, ..Config::default() };
    let mut host = Harness::<HostMetrics>::open(config).unwrap();
    for _ in 0..3 {
        host.tick().unwrap();
    }
    let before = made();
    for _ in 0..TICKS {
        host.tick().unwrap();
    }
    (made() - before).div_ceil(TICKS)
}

fn lines(path: &str) -> u64 {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count() as u64)
}

#[test]
fn what_is_read_by_hand_allocates_nothing() {
    for scraper in [Scraper::Cpu, Scraper::Load, Scraper::Filesystem] {
        assert_eq!(per_tick(scraper, true), 0, "{scraper:?}");
    }
    drop(std::hint::black_box(Box::new(0)));
    assert!(made() > 0, "the allocator does count");
}

#[test]
fn procfs_allocates_a_few_times_per_line() {
    for (scraper, path) in [
        (Scraper::Memory, "/proc/meminfo"),
        (Scraper::Disk, "/proc/diskstats"),
        (Scraper::Network, "/proc/self/net/dev"),
        (Scraper::Process, "/proc/self/io"),
    ] {
        let (allocations, lines) = (per_tick(scraper, false), lines(path));
        println!("{scraper:?}: {allocations} allocations a tick, {lines} lines in {path}");
        assert!(allocations <= 4 * lines + 16, "{scraper:?}: {allocations}, {lines} lines");
    }
}
