// SPDX-License-Identifier: Apache-2.0
//! What is shown of the collector as a whole and of its process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::KeyValue;

use super::Instruments;
use crate::telemetry::declared::{self, Metric};
use crate::telemetry::{MemoryTelemetry, ServeExit, process};

impl Instruments<'_> {
    pub(super) fn collector(&self) {
        self.counter(declared::COMPONENT_RESTARTS, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.restarts());
            }
        });
        self.counter(declared::INIT_ERRORS, |live, show| {
            live.init_errors.each(|role, id, reason, count| show(id, [role.name(), reason.name()], count));
        });
        for name in self.names(declared::DEPRECATED_METRIC) {
            let live = Arc::clone(self.live);
            self.meter
                .u64_observable_counter(name.name)
                .with_description(declared::DEPRECATED_METRIC.help)
                .with_callback(move |observer| {
                    for one in live.deprecated.load().iter() {
                        let labels = [
                            KeyValue::new("old_name", one.old.clone()),
                            KeyValue::new("new_name", one.new.clone()),
                        ];
                        observer.observe(one.shown.load(Ordering::Relaxed), &labels);
                    }
                })
                .build();
        }
        for name in self.names(declared::SCRAPE_PANICS) {
            let live = Arc::clone(self.live);
            self.meter
                .u64_observable_counter(name.name)
                .with_unit(declared::SCRAPE_PANICS.unit)
                .with_description(declared::SCRAPE_PANICS.help)
                .with_callback(move |observer| {
                    name.tick();
                    observer.observe(live.scrape_panics.load(Ordering::Relaxed), &[]);
                })
                .build();
        }
        for name in self.names(declared::SERVE_EXITS) {
            let live = Arc::clone(self.live);
            self.meter
                .u64_observable_counter(name.name)
                .with_unit(declared::SERVE_EXITS.unit)
                .with_description(declared::SERVE_EXITS.help)
                .with_callback(move |observer| {
                    name.tick();
                    for (reason, count) in ServeExit::ALL.into_iter().zip(&live.serve_exits) {
                        let reason = KeyValue::new("reason", reason.name());
                        observer.observe(count.load(Ordering::Relaxed), &[reason]);
                    }
                })
                .build();
        }
    }

    pub(super) fn memory(&self) {
        for name in self.names(declared::MEMORY_SHED) {
            let live = Arc::clone(self.live);
            self.meter
                .u64_observable_counter(name.name)
                .with_unit(declared::MEMORY_SHED.unit)
                .with_description(declared::MEMORY_SHED.help)
                .with_callback(move |observer| {
                    name.tick();
                    observer.observe(live.memory.shed.load(Ordering::Relaxed), &[]);
                })
                .build();
        }
        self.of_memory(declared::MEMORY_LIMIT, |memory| &memory.limit);
        self.of_memory(declared::MEMORY_PRESSED, |memory| &memory.pressed);
    }

    fn of_memory(&self, metric: &'static Metric, read: fn(&MemoryTelemetry) -> &AtomicU64) {
        for name in self.names(metric) {
            let live = Arc::clone(self.live);
            self.meter
                .u64_observable_gauge(name.name)
                .with_unit(metric.unit)
                .with_description(metric.help)
                .with_callback(move |observer| {
                    name.tick();
                    observer.observe(read(&live.memory).load(Ordering::Relaxed), &[]);
                })
                .build();
        }
    }

    pub(super) fn process(&self) {
        for name in self.names(declared::PROCESS_CPU) {
            self.meter
                .f64_observable_counter(name.name)
                .with_unit(declared::PROCESS_CPU.unit)
                .with_description(declared::PROCESS_CPU.help)
                .with_callback(move |observer| {
                    name.tick();
                    process::cpu_seconds().into_iter().for_each(|value| observer.observe(value, &[]));
                })
                .build();
        }
        self.of_process(declared::PROCESS_RESIDENT_MEMORY, || {
            process::resident_bytes().map(|bytes| bytes as f64)
        });
        self.of_process(declared::PROCESS_OPEN_FDS, process::open_fds);
        self.of_process(declared::PROCESS_START_TIME, process::start_unix_seconds);
    }

    fn of_process(&self, metric: &'static Metric, read: fn() -> Option<f64>) {
        for name in self.names(metric) {
            self.meter
                .f64_observable_gauge(name.name)
                .with_unit(metric.unit)
                .with_description(metric.help)
                .with_callback(move |observer| {
                    name.tick();
                    read().into_iter().for_each(|value| observer.observe(value, &[]));
                })
                .build();
        }
    }
}
