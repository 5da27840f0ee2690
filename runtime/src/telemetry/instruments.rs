// SPDX-License-Identifier: Apache-2.0
//! Every metric the collector has of itself, with its name, unit and meaning.
//!
//! Each is one observable instrument that walks the live components when somebody scrapes.
//! Series that differ only in the instance are summed here, before they are observed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::metrics::Meter;
use opentelemetry::{KeyValue, StringValue, Value};

use super::live::Live;
use super::{ServeExit, process};

/// Shows one component's series: its id, the values of the metric's labels, the number.
type Show<'a, const N: usize, T> = &'a mut dyn FnMut(&Arc<str>, [&'static str; N], T);
type Walk<const N: usize, T> = fn(&Live, Show<'_, N, T>);

struct Instruments<'a> {
    meter: &'a Meter,
    live: &'a Arc<Live>,
}

/// Registers all of them.
pub(super) fn register(meter: &Meter, live: &Arc<Live>) {
    let metrics = Instruments { meter, live };
    metrics.receivers();
    metrics.exporters();
    metrics.processors();
    metrics.components();
    metrics.scrapes();
    metrics.process();
}

impl Instruments<'_> {
    fn receivers(&self) {
        self.counter(
            "tracecore.receiver.errors",
            "{error}",
            "Failures, by error kind; downstream if the pipeline refused what was collected.",
            ["kind"],
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    receiver.errors().for_each(|(kind, count)| show(receiver.id(), [kind], count));
                }
            },
        );
        self.counter(
            "tracecore.receiver.emissions",
            "{item}",
            "Data points or log records handed to the pipeline.",
            [],
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.emissions());
                }
            },
        );
        self.seconds(
            "tracecore.receiver.degraded",
            "Total time degraded, the interval still open included.",
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.degraded_time().as_secs_f64());
                }
            },
        );
        self.gauge(
            "tracecore.receiver.last_activity_unix",
            "s",
            "When something last succeeded; at first, when the receiver was made.",
            f64::max,
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.last_activity_unix_seconds());
                }
            },
        );
        self.gauge(
            "tracecore.receiver.stuck_since_unix",
            "s",
            "Since when a call into the receiver has not returned; 0 if none hangs.",
            f64::max,
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.stuck_since_unix_seconds());
                }
            },
        );
        self.counter(
            "tracecore.receiver.skipped_ticks",
            "{tick}",
            "Ticks that had passed before the receiver was ready for them.",
            [],
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.ticks_skipped());
                }
            },
        );
        self.gauge(
            "tracecore.receiver.series",
            "{series}",
            "Series that the receiver has now.",
            |a, b| a + b,
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.series_now() as f64);
                }
            },
        );
        self.counter(
            "tracecore.receiver.absent",
            "{value}",
            "Values that could have been there and were not, by reason.",
            ["reason"],
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    receiver
                        .absences()
                        .for_each(|(reason, count)| show(receiver.id(), [reason.name()], count));
                }
            },
        );
    }

    fn exporters(&self) {
        self.counter(
            "tracecore.exporter.calls",
            "{call}",
            "Attempts to deliver, by result and, of those that failed, by error kind.",
            ["result", "kind"],
            |live, show| {
                for exporter in live.exporters.load().iter() {
                    show(exporter.id(), ["success", ""], exporter.calls_ok());
                    exporter
                        .calls_failed()
                        .for_each(|(kind, count)| show(exporter.id(), ["failure", kind], count));
                }
            },
        );
        self.counter(
            "tracecore.exporter.items",
            "{item}",
            "Data points or log records, by where they went and why; accepted are those that came in.",
            ["outcome", "reason"],
            |live, show| {
                for exporter in live.exporters.load().iter() {
                    exporter
                        .item_counts()
                        .for_each(|(outcome, reason, count)| show(exporter.id(), [outcome, reason], count));
                }
            },
        );
        self.gauge(
            "tracecore.exporter.queued_items",
            "{item}",
            "Data points or log records waiting to be delivered.",
            |a, b| a + b,
            |live, show| {
                for exporter in live.exporters.load().iter() {
                    show(exporter.id(), [], exporter.queued() as f64);
                }
            },
        );
        self.gauge(
            "tracecore.exporter.in_flight_items",
            "{item}",
            "Data points or log records being delivered.",
            |a, b| a + b,
            |live, show| {
                for exporter in live.exporters.load().iter() {
                    show(exporter.id(), [], exporter.in_flight_now() as f64);
                }
            },
        );
        let live = Arc::clone(self.live);
        self.meter
            .f64_observable_gauge("tracecore.queue.depth")
            .with_unit("1")
            .with_description("How full each exporter's queue is; without component_id, the fullest of them.")
            .with_callback(move |observer| {
                let depths = merged(&live, f64::max, |live, show: Show<'_, 0, f64>| {
                    for exporter in live.exporters.load().iter() {
                        if let Some(depth) = exporter.queue_depth() {
                            show(exporter.id(), [], depth);
                        }
                    }
                });
                observer.observe(depths.values().copied().fold(0.0, f64::max), &[]);
                for ((id, _), depth) in depths {
                    observer.observe(depth, &[component(&id)]);
                }
            })
            .build();
    }

    fn processors(&self) {
        self.counter(
            "tracecore.processor.items",
            "{item}",
            "Data points or log records that passed a processor or ended there, over all its instances.",
            ["result"],
            |live, show| {
                for processor in live.processors.load().iter() {
                    for (result, count) in processor.counts() {
                        show(processor.id(), [result], count);
                    }
                }
            },
        );
    }

    fn components(&self) {
        self.counter(
            "tracecore.component.restarts",
            "{restart}",
            "Restarts by the supervisor.",
            [],
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.restarts());
                }
            },
        );
        self.gauge(
            "tracecore.component.restart_count_per_hour",
            "{restart}",
            "Restarts by the supervisor in the last hour.",
            |a, b| a + b,
            |live, show| {
                for receiver in live.receivers.load().iter() {
                    show(receiver.id(), [], receiver.restarts_last_hour() as f64);
                }
            },
        );
        self.counter(
            "tracecore.selftelemetry.init_errors",
            "{error}",
            "Components that fell back to no-op telemetry, in whole or in part, and why.",
            ["component_kind", "reason"],
            |live, show| {
                live.init_errors
                    .each(|role, id, reason, count| show(id, [role.name(), reason.name()], count));
            },
        );
    }

    fn scrapes(&self) {
        let live = Arc::clone(self.live);
        self.meter
            .u64_observable_counter("tracecore.scrape.panics")
            .with_unit("{panic}")
            .with_description("Panics in metric callbacks and handlers.")
            .with_callback(move |observer| observer.observe(live.scrape_panics.load(Ordering::Relaxed), &[]))
            .build();
        let live = Arc::clone(self.live);
        self.meter
            .u64_observable_counter("tracecore.serve.exits")
            .with_unit("{exit}")
            .with_description("Times the listener stopped serving, by reason.")
            .with_callback(move |observer| {
                for (reason, count) in ServeExit::ALL.into_iter().zip(&live.serve_exits) {
                    let reason = KeyValue::new("reason", reason.name());
                    observer.observe(count.load(Ordering::Relaxed), &[reason]);
                }
            })
            .build();
    }

    fn process(&self) {
        self.meter
            .f64_observable_counter("process.cpu")
            .with_unit("s")
            .with_description("Processor time this process has used, user and system.")
            .with_callback(|observer| {
                process::cpu_seconds().into_iter().for_each(|value| observer.observe(value, &[]));
            })
            .build();
        let gauge =
            |name: &'static str, unit: &'static str, help: &'static str, read: fn() -> Option<f64>| {
                self.meter
                    .f64_observable_gauge(name)
                    .with_unit(unit)
                    .with_description(help)
                    .with_callback(move |observer| {
                        read().into_iter().for_each(|value| observer.observe(value, &[]));
                    })
                    .build();
            };
        gauge("process.resident_memory", "By", "Memory this process has in RAM.", process::resident_bytes);
        gauge("process.open_fds", "", "File descriptors this process has open.", process::open_fds);
        gauge("process.start_time", "s", "When this process started.", process::start_unix_seconds);
    }

    fn counter<const N: usize>(
        &self,
        name: &'static str,
        unit: &'static str,
        help: &'static str,
        labels: [&'static str; N],
        walk: Walk<N, u64>,
    ) {
        let live = Arc::clone(self.live);
        self.meter
            .u64_observable_counter(name)
            .with_unit(unit)
            .with_description(help)
            .with_callback(move |observer| {
                for ((id, values), count) in merged(&live, |a, b| a + b, walk) {
                    let labels = labels.iter().zip(values).map(|(key, value)| KeyValue::new(*key, value));
                    let all: Vec<_> = labels.chain([component(&id)]).collect();
                    observer.observe(count, &all);
                }
            })
            .build();
    }

    fn seconds(&self, name: &'static str, help: &'static str, walk: Walk<0, f64>) {
        let live = Arc::clone(self.live);
        self.meter
            .f64_observable_counter(name)
            .with_unit("s")
            .with_description(help)
            .with_callback(move |observer| {
                for ((id, _), value) in merged(&live, |a, b| a + b, walk) {
                    observer.observe(value, &[component(&id)]);
                }
            })
            .build();
    }

    fn gauge(
        &self,
        name: &'static str,
        unit: &'static str,
        help: &'static str,
        merge: fn(f64, f64) -> f64,
        walk: Walk<0, f64>,
    ) {
        let live = Arc::clone(self.live);
        self.meter
            .f64_observable_gauge(name)
            .with_unit(unit)
            .with_description(help)
            .with_callback(move |observer| {
                for ((id, _), value) in merged(&live, merge, walk) {
                    observer.observe(value, &[component(&id)]);
                }
            })
            .build();
    }
}

/// Walks the components and merges the series of instances that share an id.
fn merged<const N: usize, T: Copy>(
    live: &Live,
    merge: fn(T, T) -> T,
    walk: Walk<N, T>,
) -> HashMap<(Arc<str>, [&'static str; N]), T>
where
    [&'static str; N]: Hash + Eq,
{
    let mut series = HashMap::new();
    walk(live, &mut |id, labels, value| {
        series.entry((Arc::clone(id), labels)).and_modify(|sum| *sum = merge(*sum, value)).or_insert(value);
    });
    series
}

fn component(id: &Arc<str>) -> KeyValue {
    KeyValue::new("component_id", Value::String(StringValue::from(Arc::clone(id))))
}
