// SPDX-License-Identifier: Apache-2.0
//! Recording telemetry allocates nothing (contract R7), and neither does reading the derived
//! metrics (contract D7), as a counting allocator sees it.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use tracecore_allocations::made;
use tracecore_runtime::queue::queue;
use tracecore_runtime::telemetry::{
    ExporterTelemetry, ProcessorTelemetry, ReceiverTelemetry, RecordReceiver, Registry,
};
use tracecore_runtime::{Absence, BuildInfo, Resource};
use tracecore_schema::telemetry::Level;

fn allocations(of: impl FnOnce()) -> u64 {
    let before = made();
    of();
    made() - before
}

#[test]
fn the_allocator_counts() {
    assert!(allocations(|| drop(black_box(vec![1]))) > 0);
}

#[test]
fn r7_recording_allocates_nothing() {
    let receiver = ReceiverTelemetry::new("nvml".into(), &["read", "init"], true);
    let exporter = ExporterTelemetry::new("otlp".into(), &["io"]);
    let processor = ProcessorTelemetry::new("filter".into());
    let counted = allocations(|| {
        for tick in 0..100 {
            receiver.error(1);
            receiver.emitted(320);
            receiver.collected(Duration::from_millis(tick));
            receiver.scraped(tick % 2 == 0);
            receiver.activity_now();
            receiver.degraded(tick % 3 == 0);
            receiver.skipped_ticks(1);
            receiver.stuck_since(Some(SystemTime::now()));
            receiver.series(320);
            receiver.absent(Absence::Lost, 4);
            receiver.restarted();
            exporter.call_ok();
            exporter.call_failed(0);
            processor.kept(300);
            processor.dropped(20);
        }
    });
    assert_eq!(counted, 0);
    assert_eq!(receiver.emissions(), 32_000, "and all of it was counted");
}

#[test]
fn d7_reading_every_derived_metric_of_100_exporters_allocates_nothing() {
    let build = BuildInfo::new("test", "0.0.0");
    let registry = Registry::new(&build, "0", &Resource::default(), Level::Normal);
    let exporters: Vec<_> = (0..100)
        .map(|at| {
            let exporter =
                ExporterTelemetry::new(format!("otlp/{at}").into(), &["io", "timeout", "rejected"]);
            let (mut frames, receiver) = queue(1000);
            frames.send(vec![0; at * 10], 1);
            exporter.queue(frames);
            registry.add_exporter(&exporter);
            (exporter, receiver)
        })
        .collect();
    let receiver = ReceiverTelemetry::new("nvml".into(), &["read"], false);
    registry.add_receiver(&receiver);
    let (mut rates, mut depths, mut restarts, mut sum) = (0, 0, 0, 0.0);
    let mut read = || {
        registry.derived(&mut |metric, component, value| {
            match metric.name {
                "tracecore.exporter.failure_rate" => rates += 1,
                "tracecore.queue.depth" => depths += 1,
                _ => restarts += 1,
            }
            sum += black_box((component, value)).1;
        });
    };
    for (exporter, _) in &exporters {
        exporter.call_ok();
        exporter.call_failed(1);
    }
    read();
    assert_eq!(allocations(|| (0..100).for_each(|_| read())), 0);
    assert_eq!((rates, depths, restarts), (101 * 101, 101 * 101, 101), "100 exporters and the whole of them");
    assert!(sum > 0.0);
}
