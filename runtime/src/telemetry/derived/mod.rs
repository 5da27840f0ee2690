// SPDX-License-Identifier: Apache-2.0
//! Metrics that are computed from counters (contract D1-D5, D7).
//!
//! Invariant: reading allocates nothing. What it needs (who shares an id, the label that says
//! so, room for samples) is put together when a component is added.

mod window;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use opentelemetry::KeyValue;

use self::window::{Calls, Sample, Window};
use super::instruments::component;
use super::live::List;
use super::{ExporterTelemetry, ReceiverTelemetry};

/// Samples closer together than this would tell nothing new.
const APART: u64 = 1_000_000_000;

/// The instances that share a `component_id`: one series.
#[derive(Clone, Debug)]
struct Group<T> {
    id: Arc<str>,
    label: KeyValue,
    instances: Vec<Arc<T>>,
    window: Arc<Mutex<Window>>,
}

impl<T> Group<T> {
    fn with(&self, instance: &Arc<T>) -> Self {
        let mut instances = self.instances.clone();
        instances.push(Arc::clone(instance));
        Self {
            id: Arc::clone(&self.id),
            label: self.label.clone(),
            instances,
            window: Arc::clone(&self.window),
        }
    }

    fn of(id: &Arc<str>, instance: &Arc<T>) -> Self {
        Self {
            id: Arc::clone(id),
            label: component(id),
            instances: vec![Arc::clone(instance)],
            window: Arc::default(),
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        // A push is all that changes it; a panic leaves a window that is in order.
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value of the component with this label, or of all of them together.
type Show<'a> = &'a mut dyn FnMut(Option<&KeyValue>, f64);

#[derive(Debug)]
pub(super) struct Derived {
    epoch: Instant,
    /// When samples were last taken.
    sampled: AtomicU64,
    exporters: List<Arc<Group<ExporterTelemetry>>>,
    receivers: List<Arc<Group<ReceiverTelemetry>>>,
}

impl Default for Derived {
    fn default() -> Self {
        Self {
            epoch: Instant::now(),
            sampled: AtomicU64::new(0),
            exporters: List::default(),
            receivers: List::default(),
        }
    }
}

impl Derived {
    pub(super) fn add_exporter(&self, exporter: &Arc<ExporterTelemetry>) {
        // The same one twice is one exporter that two pipelines share (contract D3).
        self.exporters.update(|groups| {
            add(groups, exporter.id(), exporter);
        });
        let now = self.now();
        for group in self.exporters.load().iter().filter(|group| group.id == *exporter.id()) {
            group.window().push(group.sample(now));
        }
    }

    pub(super) fn add_receiver(&self, receiver: &Arc<ReceiverTelemetry>) {
        self.receivers.update(|groups| {
            add(groups, receiver.id(), receiver);
        });
    }

    /// Takes samples if it is time to. Called often, by the supervisor and by whoever reads.
    pub(super) fn sample(&self) {
        self.sample_at(self.now());
    }

    /// D1: of all exporters, then of each.
    pub(super) fn failure_rates(&self, show: Show<'_>) {
        self.failure_rates_at(self.now(), show);
    }

    /// D4: of the fullest queue, then of each.
    pub(super) fn queue_depths(&self, show: Show<'_>) {
        let mut fullest = 0.0_f64;
        for group in self.exporters.load().iter() {
            let depths = group.instances.iter().filter_map(|exporter| exporter.queue_depth());
            if let Some(depth) = depths.reduce(f64::max) {
                fullest = fullest.max(depth);
                show(Some(&group.label), depth);
            }
        }
        show(None, fullest);
    }

    /// D5: of each receiver.
    pub(super) fn restarts_per_hour(&self, show: Show<'_>) {
        for group in self.receivers.load().iter() {
            let restarts: u64 = group.instances.iter().map(|receiver| receiver.restarts_last_hour()).sum();
            show(Some(&group.label), restarts as f64);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn sample_at(&self, now: u64) {
        let last = self.sampled.load(Ordering::Relaxed);
        if now.saturating_sub(last) < APART
            || self.sampled.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        for group in self.exporters.load().iter() {
            group.window().push(group.sample(now));
        }
    }

    fn failure_rates_at(&self, now: u64, show: Show<'_>) {
        self.sample_at(now);
        let mut total = Calls::default();
        for group in self.exporters.load().iter() {
            let calls = group.window().calls(group.sample(now));
            total.all += calls.all;
            total.failed += calls.failed;
            show(Some(&group.label), calls.failure_rate());
        }
        show(None, total.failure_rate());
    }
}

impl Group<ExporterTelemetry> {
    fn sample(&self, at: u64) -> Sample {
        let mut sample = Sample { at, ..Sample::default() };
        for exporter in &self.instances {
            // Failures first: a call that ends meanwhile may be missing there, never be more.
            let failures: u64 = exporter.calls_failed().map(|(_, count)| count).sum();
            sample.failures += failures;
            sample.calls += failures + exporter.calls_ok();
        }
        sample
    }
}

fn add<T>(groups: &mut Vec<Arc<Group<T>>>, id: &Arc<str>, instance: &Arc<T>) {
    match groups.iter_mut().find(|group| group.id == *id) {
        Some(group) if group.instances.iter().any(|known| Arc::ptr_eq(known, instance)) => {}
        Some(group) => *group = Arc::new(group.with(instance)),
        None => groups.push(Arc::new(Group::of(id, instance))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{APART, Derived};
    use crate::telemetry::ExporterTelemetry;

    fn rates(derived: &Derived, second: u64) -> Vec<(String, f64)> {
        let mut rates = Vec::new();
        derived.failure_rates_at(second * APART, &mut |label, rate| {
            rates.push((label.map(|label| label.value.to_string()).unwrap_or_default(), rate));
        });
        rates
    }

    fn exporter(derived: &Derived, id: &str) -> Arc<ExporterTelemetry> {
        let exporter = ExporterTelemetry::new(id.into(), &["io"]);
        derived.add_exporter(&exporter);
        exporter
    }

    fn calls(exporter: &ExporterTelemetry, good: usize, bad: usize) {
        (0..good).for_each(|_| exporter.call_ok());
        (0..bad).for_each(|_| exporter.call_failed(0));
    }

    #[test]
    fn d1_each_exporter_has_a_rate_and_all_have_one_together() {
        let derived = Derived::default();
        let (a, b) = (exporter(&derived, "a"), exporter(&derived, "b"));
        calls(&a, 0, 1);
        calls(&b, 3, 0);
        assert_eq!(rates(&derived, 0).last(), Some(&(String::new(), 0.0)), "warming up");
        let named = |rates: [(&str, f64); 3]| rates.map(|(id, rate)| (id.to_owned(), rate)).to_vec();
        assert_eq!(rates(&derived, 5), named([("a", 1.0), ("b", 0.0), ("", 0.25)]));
        (6..=66).for_each(|second| drop(rates(&derived, second)));
        assert_eq!(rates(&derived, 67), named([("a", 0.0), ("b", 0.0), ("", 0.0)]), "long ago");
    }

    #[test]
    fn d3_an_exporter_that_two_pipelines_share_is_counted_once() {
        let derived = Derived::default();
        let shared = exporter(&derived, "otlp");
        derived.add_exporter(&shared);
        let other = exporter(&derived, "stdoutexporter");
        calls(&shared, 0, 1);
        calls(&other, 1, 0);
        assert_eq!(rates(&derived, 5).last().map(|(_, rate)| *rate), Some(0.5), "1 of 2, not 2 of 3");
        // Two instances with one id are one series.
        let second = exporter(&derived, "otlp");
        calls(&second, 2, 0);
        let rates = rates(&derived, 6);
        assert_eq!(rates.len(), 3, "{rates:?}");
        assert!((rates[0].1 - 1.0 / 3.0).abs() < 1e-12, "{rates:?}");
    }
}
