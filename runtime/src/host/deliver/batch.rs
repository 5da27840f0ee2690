// SPDX-License-Identifier: Apache-2.0
//! When what waits is a batch: small frames wait for company, but not for long.

use std::time::Duration;

use tokio::time::Instant;
use tracecore_schema::delivery::BatchConfig;

use crate::queue::Waiting;

/// What makes a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batching {
    /// So many bytes are a full batch.
    pub(super) bytes: usize,
    /// What waits goes after this long, full batch or not.
    timeout: Duration,
}

impl Batching {
    /// What the operator chose, for a queue of `capacity` bytes from which `concurrency` attempts
    /// take: half of the queue is left for what comes meanwhile.
    pub(super) fn new(config: &BatchConfig, capacity: usize, concurrency: usize) -> Self {
        let bytes = usize::try_from(config.bytes.0).unwrap_or(usize::MAX);
        Self { bytes: bytes.min(capacity / 2 / concurrency.max(1)), timeout: config.timeout }
    }

    /// When the next batch is ready: now or earlier if it is. `None` if nothing waits.
    pub(super) fn ready_at(&self, waiting: &Waiting, now: Instant) -> Option<Instant> {
        let oldest = waiting.oldest.filter(|_| waiting.frames > 0)?;
        let full = waiting.bytes >= self.bytes;
        Some(if full || waiting.closed { now } else { oldest + self.timeout })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use tracecore_schema::ByteSize;
    use tracecore_schema::delivery::BatchConfig;

    use super::Batching;
    use crate::queue::Waiting;

    #[test]
    fn a_batch_is_ready_when_full_or_old_or_at_the_end() {
        let timeout = Duration::from_secs(1);
        let batching = Batching::new(&BatchConfig { bytes: ByteSize(100), timeout }, 1000, 1);
        let now = Instant::now();
        let waiting = |bytes, closed| Waiting { frames: 1, bytes, oldest: Some(now), closed, more: false };
        assert_eq!(batching.ready_at(&waiting(99, false), now), Some(now + timeout));
        assert_eq!(batching.ready_at(&waiting(100, false), now), Some(now));
        assert_eq!(batching.ready_at(&waiting(1, true), now), Some(now));
        let nothing = Waiting { frames: 0, bytes: 0, oldest: None, closed: true, more: false };
        assert_eq!(batching.ready_at(&nothing, now), None);
    }

    #[test]
    fn batches_leave_room_in_a_small_queue() {
        assert_eq!(Batching::new(&BatchConfig::default(), 8 << 20, 1).bytes, 1 << 20);
        assert_eq!(Batching::new(&BatchConfig::default(), 1 << 20, 4).bytes, 128 << 10);
    }
}
