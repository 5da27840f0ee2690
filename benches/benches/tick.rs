// SPDX-License-Identifier: Apache-2.0
//! A tick, per data point: `cargo bench -p tracecore-benches --bench tick`.

#![allow(missing_docs, clippy::expect_used, reason = "a benchmark may end here")]

use divan::Bencher;
use divan::counter::ItemsCount;
use tracecore_benches::{driver, simulated, synthetic};

fn main() {
    divan::main();
}

/// 8 by 64 series that cost nothing to read, into a page and JSON lines.
#[divan::bench]
fn synthetic_8x64(bencher: Bencher<'_, '_>) {
    let mut bench = synthetic().expect("it opens");
    bench.tick().expect("it ticks");
    bencher.counter(ItemsCount::new(bench.points())).bench_local(move || bench.tick());
}

/// Simulated GPUs, read in process.
#[divan::bench(args = [1, 8, 32])]
fn simulated_gpus(bencher: Bencher<'_, '_>, gpus: u32) {
    let mut bench = simulated(gpus).expect("it opens");
    bench.tick().expect("it ticks");
    bencher.counter(ItemsCount::new(bench.points())).bench_local(move || bench.tick());
}

/// Eight simulated GPUs behind the driver's C ABI.
#[divan::bench]
fn driver_8_gpus(bencher: Bencher<'_, '_>) {
    let mut bench = driver().expect("it opens");
    bench.tick().expect("it ticks");
    bencher.counter(ItemsCount::new(bench.points())).bench_local(move || bench.tick());
}
