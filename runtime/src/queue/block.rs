// SPDX-License-Identifier: Apache-2.0
//! Until when a lane may wait for room: its next tick.
//!
//! A lane is one thread, so the deadline is the thread's. It is set before each tick and read
//! only where a queue is full and its operator chose `block`.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    static NEXT_TICK: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A lane that waits to the very moment of its next tick misses it.
const MARGIN: Duration = Duration::from_millis(2);

/// Says when this thread's lane ticks next.
#[inline]
pub(crate) fn ticks_at(next: Instant) {
    NEXT_TICK.set(Some(next));
}

/// How long this thread may wait now; nothing if it is no lane.
pub(super) fn allowance() -> Duration {
    let left = NEXT_TICK.get().map(|next| next.saturating_duration_since(Instant::now()));
    left.unwrap_or(Duration::ZERO).saturating_sub(MARGIN)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{MARGIN, allowance, ticks_at};

    #[test]
    fn only_a_lane_waits_and_not_beyond_its_next_tick() {
        std::thread::spawn(|| {
            assert_eq!(allowance(), Duration::ZERO);
            ticks_at(Instant::now() + Duration::from_secs(5));
            assert!(allowance() > Duration::from_secs(4) && allowance() <= Duration::from_secs(5) - MARGIN);
            ticks_at(Instant::now());
            assert_eq!(allowance(), Duration::ZERO);
        })
        .join()
        .ok();
    }
}
