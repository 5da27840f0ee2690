// SPDX-License-Identifier: Apache-2.0
//! The instruments behind the declared metrics.
//!
//! Each is one observable instrument that walks the live components when somebody scrapes.
//! Series that differ only in the instance are summed here, before they are observed.

mod collector;
mod exporters;
mod receivers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::metrics::Meter;
use opentelemetry::{KeyValue, StringValue, Value};
use tracecore_schema::telemetry::Level;

use super::declared::Metric;
use super::live::Live;

/// Shows one component's series: its id, the values of the metric's other labels, the number.
type Show<'a, const N: usize, T> = &'a mut dyn FnMut(&Arc<str>, [&'static str; N], T);
type Walk<const N: usize, T> = fn(&Live, Show<'_, N, T>);

struct Instruments<'a> {
    meter: &'a Meter,
    live: &'a Arc<Live>,
    level: Level,
}

/// Registers all that the level shows.
pub(super) fn register(meter: &Meter, live: &Arc<Live>, level: Level) {
    let metrics = Instruments { meter, live, level };
    metrics.receivers();
    metrics.exporters();
    metrics.collector();
    metrics.memory();
    metrics.process();
}

/// A metric that is shown under a former name as well (contract N1).
#[derive(Debug)]
pub(super) struct Deprecated {
    pub(super) old: String,
    pub(super) new: String,
    /// Scrapes that showed it.
    pub(super) shown: AtomicU64,
}

/// A name that a metric is registered by.
struct Name {
    name: &'static str,
    deprecated: Option<Arc<Deprecated>>,
}

impl Name {
    /// Called where its values are observed.
    fn tick(&self) {
        if let Some(deprecated) = &self.deprecated {
            deprecated.shown.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Instruments<'_> {
    fn shows(&self, metric: &Metric) -> bool {
        self.level >= metric.level
    }

    /// The names that a metric is shown under: none, if the level does not show it.
    fn names(&self, metric: &'static Metric) -> Vec<Name> {
        if !self.shows(metric) {
            return Vec::new();
        }
        let mut names = vec![Name { name: metric.name, deprecated: None }];
        if let Some(old) = metric.formerly {
            let deprecated = Arc::new(Deprecated {
                old: metric.shown_as(old),
                new: metric.shown(),
                shown: AtomicU64::new(0),
            });
            self.live.deprecated.push(&deprecated);
            names.push(Name { name: old, deprecated: Some(deprecated) });
        }
        names
    }

    /// A counter of components: `component_id` is its last label.
    fn counter<const N: usize>(&self, metric: &'static Metric, walk: Walk<N, u64>) {
        debug_assert!(is_of_components(metric, N), "{}", metric.name);
        for name in self.names(metric) {
            let live = Arc::clone(self.live);
            self.meter
                .u64_observable_counter(name.name)
                .with_unit(metric.unit)
                .with_description(metric.help)
                .with_callback(move |observer| {
                    name.tick();
                    for ((id, values), count) in merged(&live, |a, b| a + b, walk) {
                        observer.observe(count, &labels(metric, &values, &id));
                    }
                })
                .build();
        }
    }

    /// A counter of seconds.
    fn seconds(&self, metric: &'static Metric, walk: Walk<0, f64>) {
        debug_assert!(is_of_components(metric, 0), "{}", metric.name);
        for name in self.names(metric) {
            let live = Arc::clone(self.live);
            self.meter
                .f64_observable_counter(name.name)
                .with_unit(metric.unit)
                .with_description(metric.help)
                .with_callback(move |observer| {
                    name.tick();
                    for ((id, _), value) in merged(&live, |a, b| a + b, walk) {
                        observer.observe(value, &[component(&id)]);
                    }
                })
                .build();
        }
    }

    /// A gauge of components; `merge` makes one value of those of several instances.
    fn gauge<const N: usize>(&self, metric: &'static Metric, merge: fn(f64, f64) -> f64, walk: Walk<N, f64>) {
        debug_assert!(is_of_components(metric, N), "{}", metric.name);
        for name in self.names(metric) {
            let live = Arc::clone(self.live);
            self.meter
                .f64_observable_gauge(name.name)
                .with_unit(metric.unit)
                .with_description(metric.help)
                .with_callback(move |observer| {
                    name.tick();
                    for ((id, values), value) in merged(&live, merge, walk) {
                        observer.observe(value, &labels(metric, &values, &id));
                    }
                })
                .build();
        }
    }
}

fn is_of_components(metric: &Metric, others: usize) -> bool {
    metric.labels.len() == others + 1 && metric.labels.last() == Some(&"component_id")
}

fn labels(metric: &Metric, values: &[&'static str], id: &Arc<str>) -> Vec<KeyValue> {
    let others = metric.labels.iter().zip(values).map(|(key, value)| KeyValue::new(*key, *value));
    others.chain([component(id)]).collect()
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

/// The label that says which component.
pub(super) fn component(id: &Arc<str>) -> KeyValue {
    KeyValue::new("component_id", Value::String(StringValue::from(Arc::clone(id))))
}
