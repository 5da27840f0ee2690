// SPDX-License-Identifier: Apache-2.0
//! What is shown of exporters and their queues, and of the edges between components.

use std::slice;
use std::sync::Arc;

use opentelemetry::KeyValue;

use super::Instruments;
use super::receivers::sum;
use crate::telemetry::declared;

impl Instruments<'_> {
    pub(super) fn exporters(&self) {
        self.counter(declared::EXPORTER_CALLS, |live, show| {
            for exporter in live.exporters.load().iter() {
                show(exporter.id(), ["success", ""], exporter.calls_ok());
                exporter
                    .calls_failed()
                    .for_each(|(kind, count)| show(exporter.id(), ["failure", kind], count));
            }
        });
        self.counter(declared::EXPORTER_ITEMS, |live, show| {
            for exporter in live.exporters.load().iter() {
                exporter
                    .item_counts()
                    .for_each(|(outcome, reason, count)| show(exporter.id(), [outcome, reason], count));
            }
        });
        self.gauge(declared::EXPORTER_QUEUED_ITEMS, sum, |live, show| {
            for exporter in live.exporters.load().iter() {
                show(exporter.id(), [], exporter.queued() as f64);
            }
        });
        self.gauge(declared::EXPORTER_IN_FLIGHT_ITEMS, sum, |live, show| {
            for exporter in live.exporters.load().iter() {
                show(exporter.id(), [], exporter.in_flight_now() as f64);
            }
        });
        self.gauge(declared::EXPORTER_QUEUE, sum, |live, show| {
            for exporter in live.exporters.load().iter() {
                if let Some((bytes, _)) = exporter.queue_bytes() {
                    show(exporter.id(), [], bytes as f64);
                }
            }
        });
        self.gauge(declared::EXPORTER_QUEUE_CAPACITY, sum, |live, show| {
            for exporter in live.exporters.load().iter() {
                if let Some((_, capacity)) = exporter.queue_bytes() {
                    show(exporter.id(), [], capacity as f64);
                }
            }
        });
        self.gauge(declared::EXPORTER_OLDEST_FRAME_AGE, f64::max, |live, show| {
            for exporter in live.exporters.load().iter() {
                if let Some(age) = exporter.oldest_frame_age() {
                    show(exporter.id(), [], age.as_secs_f64());
                }
            }
        });
        self.gauge(declared::EXPORTER_STORAGE_DEGRADED, f64::max, |live, show| {
            for exporter in live.exporters.load().iter() {
                if let Some(degraded) = exporter.storage_degraded() {
                    show(exporter.id(), [], f64::from(u8::from(degraded)));
                }
            }
        });
        self.derived();
        self.edges();
    }

    /// Those of the derived metrics that have a series for the whole beside one per component.
    fn derived(&self) {
        for name in self.names(declared::EXPORTER_FAILURE_RATE) {
            let live = Arc::clone(self.live);
            self.meter
                .f64_observable_gauge(name.name)
                .with_description(declared::EXPORTER_FAILURE_RATE.help)
                .with_callback(move |observer| {
                    name.tick();
                    live.derived.failure_rates(&mut |component, rate| {
                        observer.observe(rate, component.map_or(&[], slice::from_ref));
                    });
                })
                .build();
        }
        for name in self.names(declared::QUEUE_DEPTH) {
            let live = Arc::clone(self.live);
            self.meter
                .f64_observable_gauge(name.name)
                .with_unit(declared::QUEUE_DEPTH.unit)
                .with_description(declared::QUEUE_DEPTH.help)
                .with_callback(move |observer| {
                    name.tick();
                    live.derived.queue_depths(&mut |component, depth| {
                        observer.observe(depth, component.map_or(&[], slice::from_ref));
                    });
                })
                .build();
        }
        for name in self.names(declared::COMPONENT_RESTARTS_PER_HOUR) {
            let live = Arc::clone(self.live);
            self.meter
                .f64_observable_gauge(name.name)
                .with_unit(declared::COMPONENT_RESTARTS_PER_HOUR.unit)
                .with_description(declared::COMPONENT_RESTARTS_PER_HOUR.help)
                .with_callback(move |observer| {
                    name.tick();
                    live.derived.restarts_per_hour(&mut |component, restarts| {
                        observer.observe(restarts, component.map_or(&[], slice::from_ref));
                    });
                })
                .build();
        }
    }

    fn edges(&self) {
        for name in self.names(declared::PIPELINE_EDGE_ITEMS) {
            let live = Arc::clone(self.live);
            self.meter
                .u64_observable_counter(name.name)
                .with_unit(declared::PIPELINE_EDGE_ITEMS.unit)
                .with_description(declared::PIPELINE_EDGE_ITEMS.help)
                .with_callback(move |observer| {
                    name.tick();
                    for edge in live.edges.load().iter() {
                        for (outcome, items) in edge.counts() {
                            let labels = [
                                KeyValue::new("pipeline", Arc::clone(&edge.pipeline)),
                                KeyValue::new("from", Arc::clone(&edge.from)),
                                KeyValue::new("to", Arc::clone(&edge.to)),
                                KeyValue::new("outcome", outcome),
                            ];
                            observer.observe(items, &labels);
                        }
                    }
                })
                .build();
        }
    }
}
