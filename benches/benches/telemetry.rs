// SPDX-License-Identifier: Apache-2.0
//! What the collector's telemetry of itself costs: `cargo bench -p tracecore-benches --bench
//! telemetry`. Reading the derived metrics of 100 exporters is to take less than 5 µs.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use tracecore_runtime::queue::{FrameReceiver, queue};
use tracecore_runtime::telemetry::{ExporterTelemetry, Format, ReceiverTelemetry, RecordReceiver, Registry};
use tracecore_runtime::{Absence, BuildInfo, Resource};
use tracecore_schema::telemetry::Level;
use tracecore_schema::words::EXPORTER_ERROR_KINDS;

fn main() {
    divan::main();
}

struct Loaded {
    registry: Registry,
    receiver: Arc<ReceiverTelemetry>,
    _queues: Vec<FrameReceiver>,
}

/// A receiver and 100 exporters with every canonical error kind, and something in each queue.
fn loaded() -> Loaded {
    let build = BuildInfo::new("bench", "0.0.0");
    let registry = Registry::new(&build, "0", &Resource::default(), Level::Normal);
    let receiver = ReceiverTelemetry::new("nvml".into(), &["read"], false);
    registry.add_receiver(&receiver);
    let queues = (0..100)
        .map(|at| {
            let exporter = ExporterTelemetry::new(format!("otlp/{at}").into(), EXPORTER_ERROR_KINDS);
            let (mut frames, queue) = queue(1000);
            frames.send(vec![0; 10], 1);
            exporter.queue(frames);
            registry.add_exporter(&exporter);
            exporter.call_failed(0);
            queue
        })
        .collect();
    // A window with something in it.
    for _ in 0..2 {
        registry.sample();
        std::thread::sleep(Duration::from_millis(1_050));
    }
    Loaded { registry, receiver, _queues: queues }
}

#[divan::bench]
fn derived_of_100_exporters(bencher: Bencher<'_, '_>) {
    let loaded = loaded();
    bencher.bench_local(|| {
        let mut sum = 0.0;
        loaded.registry.derived(&mut |_, _, value| sum += value);
        black_box(sum)
    });
}

#[divan::bench]
fn recording_a_collection(bencher: Bencher<'_, '_>) {
    let loaded = loaded();
    let receiver = &loaded.receiver;
    bencher.bench_local(|| {
        receiver.collected(black_box(Duration::from_micros(300)));
        receiver.scraped(true);
        receiver.emitted(320);
        Absence::ALL.iter().for_each(|reason| receiver.absent(*reason, 0));
        receiver.activity_now();
        receiver.degraded(false);
    });
}

#[divan::bench(args = [Format::Text, Format::OpenMetrics])]
fn own_scrape_of_100_exporters(bencher: Bencher<'_, '_>, format: Format) {
    let loaded = loaded();
    bencher.bench_local(|| loaded.registry.render(format));
}
