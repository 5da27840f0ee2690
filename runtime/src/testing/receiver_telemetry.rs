// SPDX-License-Identifier: Apache-2.0
//! A receiver telemetry that remembers every call (contract R12).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::Absence;
use crate::telemetry::RecordReceiver;

/// One call of a method of [`RecordReceiver`], by its name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the method of the same name")]
pub enum Recorded {
    Error(&'static str),
    Emitted(u64),
    Collected(Duration),
    Scraped(bool),
    Activity,
    Degraded(bool),
    SkippedTicks(u64),
    StuckSince(Option<SystemTime>),
    Series(i64),
    Absent(Absence, u64),
    Restarted,
}

/// Remembers every call, in order. Clones share what they remember, and threads may use them.
///
/// ```
/// use tracecore_runtime::telemetry::RecordReceiver;
/// use tracecore_runtime::testing::{CapturedReceiver, Recorded};
///
/// let telemetry = CapturedReceiver::new(&["init", "read"]);
/// telemetry.error(1);
/// telemetry.emitted(3);
/// assert_eq!(telemetry.calls(), [Recorded::Error("read"), Recorded::Emitted(3)]);
/// ```
#[derive(Clone, Debug)]
pub struct CapturedReceiver {
    kinds: &'static [&'static str],
    calls: Arc<Mutex<Vec<Recorded>>>,
}

impl CapturedReceiver {
    /// One that has seen no call, of a receiver whose error kinds are `kinds`.
    #[must_use]
    pub fn new(kinds: &'static [&'static str]) -> Self {
        Self { kinds, calls: Arc::default() }
    }

    /// A copy of all calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    /// The error kinds that were reported so far, by name.
    #[must_use]
    pub fn errors(&self) -> Vec<&'static str> {
        let error = |call: &Recorded| match call {
            Recorded::Error(kind) => Some(*kind),
            _ => None,
        };
        self.lock().iter().filter_map(error).collect()
    }

    /// All items that were handed to the pipeline so far.
    #[must_use]
    pub fn emissions(&self) -> u64 {
        let emitted = |call: &Recorded| match call {
            Recorded::Emitted(items) => Some(*items),
            _ => None,
        };
        self.lock().iter().filter_map(emitted).sum()
    }

    /// What was last said about being degraded.
    #[must_use]
    pub fn is_degraded(&self) -> Option<bool> {
        let degraded = |call: &Recorded| match call {
            Recorded::Degraded(degraded) => Some(*degraded),
            _ => None,
        };
        self.lock().iter().rev().find_map(degraded)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn push(&self, call: Recorded) {
        self.lock().push(call);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        // A push is all that happens under the lock; a panic leaves a whole list.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordReceiver for CapturedReceiver {
    fn error(&self, kind: usize) {
        self.push(Recorded::Error(self.kinds.get(kind).copied().unwrap_or("(undeclared)")));
    }

    fn emitted(&self, items: u64) {
        self.push(Recorded::Emitted(items));
    }

    fn collected(&self, latency: Duration) {
        self.push(Recorded::Collected(latency));
    }

    fn scraped(&self, success: bool) {
        self.push(Recorded::Scraped(success));
    }

    fn activity_now(&self) {
        self.push(Recorded::Activity);
    }

    fn degraded(&self, degraded: bool) {
        self.push(Recorded::Degraded(degraded));
    }

    fn skipped_ticks(&self, ticks: u64) {
        self.push(Recorded::SkippedTicks(ticks));
    }

    fn stuck_since(&self, since: Option<SystemTime>) {
        self.push(Recorded::StuckSince(since));
    }

    fn series(&self, admitted: i64) {
        self.push(Recorded::Series(admitted));
    }

    fn absent(&self, reason: Absence, values: u64) {
        self.push(Recorded::Absent(reason, values));
    }

    fn restarted(&self) {
        self.push(Recorded::Restarted);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{CapturedReceiver, Recorded};
    use crate::telemetry::RecordReceiver;

    #[test]
    fn r12_every_call_is_remembered_in_order_and_handed_out_as_a_copy() {
        let fake = CapturedReceiver::new(&["read", "init"]);
        fake.error(1);
        fake.emitted(3);
        fake.collected(Duration::from_millis(1));
        fake.degraded(true);
        let copy = fake.calls();
        fake.emitted(4);
        assert_eq!(
            copy,
            [
                Recorded::Error("init"),
                Recorded::Emitted(3),
                Recorded::Collected(Duration::from_millis(1)),
                Recorded::Degraded(true),
            ],
            "a copy does not change"
        );
        assert_eq!((fake.emissions(), fake.errors(), fake.is_degraded()), (7, vec!["init"], Some(true)));
        fake.clear();
        assert_eq!((fake.calls(), fake.is_degraded()), (Vec::new(), None));
    }

    #[test]
    fn r12_threads_may_share_it() {
        let fake = CapturedReceiver::new(&[]);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let fake = fake.clone();
                scope.spawn(move || (0..100).for_each(|_| fake.emitted(1)));
            }
        });
        assert_eq!((fake.emissions(), fake.calls().len()), (800, 800));
    }
}
