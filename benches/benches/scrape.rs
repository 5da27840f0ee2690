// SPDX-License-Identifier: Apache-2.0
//! A scrape of 8 by 64 series: `cargo bench -p tracecore-benches --bench scrape`.

#![allow(missing_docs, clippy::expect_used, reason = "a benchmark may end here")]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use tracecore_benches::synthetic;
use tracecore_components::exporters::prometheus::Format;

fn main() {
    divan::main();
}

fn scrape(bencher: Bencher<'_, '_>, format: Format, gzip: bool) {
    let mut bench = synthetic().expect("it opens");
    bench.tick().expect("it ticks");
    let mut scraper = bench.scraper();
    let bytes = scraper.scrape(format, gzip).body.len();
    bencher
        .counter(ItemsCount::new(bench.points()))
        .counter(BytesCount::new(bytes))
        .bench_local(move || scraper.scrape(format, gzip));
}

#[divan::bench]
fn text(bencher: Bencher<'_, '_>) {
    scrape(bencher, Format::Text, false);
}

#[divan::bench]
fn open_metrics(bencher: Bencher<'_, '_>) {
    scrape(bencher, Format::OpenMetrics, false);
}

#[divan::bench]
fn text_gzip(bencher: Bencher<'_, '_>) {
    scrape(bencher, Format::Text, true);
}
