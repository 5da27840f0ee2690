// SPDX-License-Identifier: Apache-2.0
//! What a receiver's lane, its supervisor and its watchdog record (contract R1-R8).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::degraded::DegradedClock;
use super::latency::{Latency, LatencyCounts};
use super::restarts::Restarts;
use crate::Absence;

/// Everything the runtime records about a receiver. [`ReceiverTelemetry`] counts it;
/// the fake in [`testing`](crate::testing) remembers every call.
///
/// Invariant: no method waits, and none of [`ReceiverTelemetry`]'s allocates.
pub trait RecordReceiver: Send + Sync + 'static {
    /// One failure, by the place of its kind among the declared kinds.
    fn error(&self, kind: usize);
    /// Data points or records handed to the pipeline.
    fn emitted(&self, items: u64);
    /// One call of `collect`, whether it failed or not.
    fn collected(&self, latency: Duration);
    /// Whether the last call of `collect` succeeded.
    fn scraped(&self, success: bool);
    /// Something succeeded just now.
    fn activity_now(&self);
    /// The receiver is, or is no longer, degraded. Saying it twice changes nothing.
    fn degraded(&self, degraded: bool);
    /// Ticks that had passed before the receiver was ready for them.
    fn skipped_ticks(&self, ticks: u64);
    /// Since when a call has not returned; `None` once it has.
    fn stuck_since(&self, since: Option<SystemTime>);
    /// How many series the receiver has now.
    fn series(&self, admitted: i64);
    /// Values that were not there in the last tick, and why.
    fn absent(&self, reason: Absence, values: u64);
    /// The supervisor opened the receiver again.
    fn restarted(&self);
}

/// The counters of one receiver: atomics that whoever scrapes reads.
#[derive(Debug)]
pub struct ReceiverTelemetry {
    id: Arc<str>,
    kinds: &'static [&'static str],
    errors: Box<[AtomicU64]>,
    emitted: AtomicU64,
    latency: Latency,
    last_nanos: AtomicU64,
    last_success: AtomicU8,
    last_activity_unix_nanos: AtomicU64,
    degraded: DegradedClock,
    skipped_ticks: AtomicU64,
    stuck_since_unix_nanos: AtomicU64,
    series: AtomicI64,
    absent: [AtomicU64; Absence::ALL.len()],
    restarts: Restarts,
}

impl ReceiverTelemetry {
    /// The counters of the receiver `id`, whose error kinds are `kinds`. A receiver that cannot
    /// work yet starts `degraded` (R8).
    #[must_use]
    pub fn new(id: Arc<str>, kinds: &'static [&'static str], degraded: bool) -> Arc<Self> {
        Arc::new(Self {
            id,
            kinds,
            errors: kinds.iter().map(|_| AtomicU64::new(0)).collect(),
            emitted: AtomicU64::new(0),
            latency: Latency::default(),
            last_nanos: AtomicU64::new(0),
            last_success: AtomicU8::new(0),
            last_activity_unix_nanos: AtomicU64::new(unix_nanos(SystemTime::now())),
            degraded: DegradedClock::new(degraded),
            skipped_ticks: AtomicU64::new(0),
            stuck_since_unix_nanos: AtomicU64::new(0),
            series: AtomicI64::new(0),
            absent: Default::default(),
            restarts: Restarts::new(),
        })
    }

    /// `kind` or `kind/name` (R6).
    #[must_use]
    pub const fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Each kind with its count.
    pub fn errors(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.kinds.iter().copied().zip(self.errors.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    /// Data points or records handed to the pipeline.
    #[must_use]
    pub fn emissions(&self) -> u64 {
        self.emitted.load(Ordering::Relaxed)
    }

    /// Whether the last call of `collect` succeeded.
    #[must_use]
    pub fn last_success(&self) -> bool {
        self.last_success.load(Ordering::Relaxed) != 0
    }

    /// How long the last call of `collect` took.
    #[must_use]
    pub fn last_duration(&self) -> Duration {
        Duration::from_nanos(self.last_nanos.load(Ordering::Relaxed))
    }

    /// Whether it is degraded now.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.degraded.is_degraded()
    }

    /// Total time degraded, the interval still open included.
    #[must_use]
    pub fn degraded_time(&self) -> Duration {
        Duration::from_nanos(self.degraded.total_nanos())
    }

    /// The last activity, in seconds since 1970 (UTC).
    #[must_use]
    pub fn last_activity_unix_seconds(&self) -> f64 {
        self.last_activity_unix_nanos.load(Ordering::Relaxed) as f64 / 1e9
    }

    /// Since when a call has not returned, in seconds since 1970 (UTC); 0 if none hangs.
    #[must_use]
    pub fn stuck_since_unix_seconds(&self) -> f64 {
        self.stuck_since_unix_nanos.load(Ordering::Relaxed) as f64 / 1e9
    }

    /// Ticks that were skipped.
    #[must_use]
    pub fn ticks_skipped(&self) -> u64 {
        self.skipped_ticks.load(Ordering::Relaxed)
    }

    /// Series there are now.
    #[must_use]
    pub fn series_now(&self) -> i64 {
        self.series.load(Ordering::Relaxed)
    }

    /// Each reason for which values were not there in the last tick, with how many.
    pub fn absences(&self) -> impl Iterator<Item = (Absence, u64)> + '_ {
        Absence::ALL.into_iter().zip(self.absent.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    /// Restarts by the supervisor.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.restarts.total()
    }

    /// Restarts by the supervisor in the last hour.
    #[must_use]
    pub fn restarts_last_hour(&self) -> u64 {
        self.restarts.last_hour()
    }

    pub(super) fn add_latency(&self, counts: &mut LatencyCounts) {
        self.latency.add_to(counts);
    }
}

impl RecordReceiver for ReceiverTelemetry {
    fn error(&self, kind: usize) {
        debug_assert!(kind < self.errors.len(), "`{}` has no error kind {kind}", self.id);
        if let Some(count) = self.errors.get(kind) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[inline]
    fn emitted(&self, items: u64) {
        self.emitted.fetch_add(items, Ordering::Relaxed);
    }

    #[inline]
    fn collected(&self, latency: Duration) {
        self.latency.record(latency);
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.last_nanos.store(nanos, Ordering::Relaxed);
    }

    #[inline]
    fn scraped(&self, success: bool) {
        self.last_success.store(u8::from(success), Ordering::Relaxed);
    }

    #[inline]
    fn activity_now(&self) {
        self.last_activity_unix_nanos.store(unix_nanos(SystemTime::now()), Ordering::Relaxed);
    }

    fn degraded(&self, degraded: bool) {
        self.degraded.set(degraded);
    }

    fn skipped_ticks(&self, ticks: u64) {
        self.skipped_ticks.fetch_add(ticks, Ordering::Relaxed);
    }

    fn stuck_since(&self, since: Option<SystemTime>) {
        self.stuck_since_unix_nanos.store(since.map_or(0, unix_nanos), Ordering::Relaxed);
    }

    fn series(&self, admitted: i64) {
        self.series.store(admitted, Ordering::Relaxed);
    }

    #[inline]
    fn absent(&self, reason: Absence, values: u64) {
        self.absent[reason as usize].store(values, Ordering::Relaxed);
    }

    fn restarted(&self) {
        self.restarts.add();
    }
}

/// Nanoseconds since 1970; a clock before that is as good as none.
fn unix_nanos(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{ReceiverTelemetry, RecordReceiver};
    use crate::Absence;

    #[test]
    fn r5_activity_starts_at_construction_never_at_zero() {
        let before = SystemTime::now();
        let telemetry = ReceiverTelemetry::new("nvml".into(), &[], false);
        let first = telemetry.last_activity_unix_seconds();
        assert!(first >= super::unix_nanos(before) as f64 / 1e9);
        std::thread::sleep(Duration::from_millis(2));
        assert!((telemetry.last_activity_unix_seconds() - first).abs() < f64::EPSILON, "nothing happened");
        telemetry.activity_now();
        assert!(telemetry.last_activity_unix_seconds() > first);
    }

    #[test]
    fn r1_each_kind_has_a_count_of_its_own() {
        let telemetry = ReceiverTelemetry::new("nvml".into(), &["read", "init"], false);
        telemetry.error(1);
        telemetry.error(1);
        assert_eq!(telemetry.errors().collect::<Vec<_>>(), [("read", 0), ("init", 2)]);
    }

    #[test]
    fn the_rest_is_kept_as_it_was_said() {
        let telemetry = ReceiverTelemetry::new("nvml".into(), &[], true);
        assert!(telemetry.is_degraded(), "R8");
        telemetry.degraded(false);
        assert!(!telemetry.is_degraded());
        telemetry.emitted(7);
        telemetry.emitted(1);
        telemetry.collected(Duration::from_millis(3));
        assert!(!telemetry.last_success());
        telemetry.scraped(true);
        telemetry.skipped_ticks(4);
        telemetry.series(320);
        telemetry.absent(Absence::Timeout, 50);
        telemetry.absent(Absence::Timeout, 40);
        telemetry.restarted();
        telemetry.stuck_since(Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1500)));
        assert_eq!(telemetry.emissions(), 8);
        assert_eq!(telemetry.last_duration(), Duration::from_millis(3));
        assert!(telemetry.last_success());
        assert_eq!((telemetry.ticks_skipped(), telemetry.series_now()), (4, 320));
        assert_eq!(telemetry.absences().map(|(_, count)| count).collect::<Vec<_>>(), [0, 0, 40, 0]);
        assert_eq!((telemetry.restarts(), telemetry.restarts_last_hour()), (1, 1));
        assert!((telemetry.stuck_since_unix_seconds() - 1.5).abs() < f64::EPSILON);
        telemetry.stuck_since(None);
        assert!(telemetry.stuck_since_unix_seconds() == 0.0);
    }
}
