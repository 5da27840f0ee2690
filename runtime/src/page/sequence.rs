// SPDX-License-Identifier: Apache-2.0
//! One writer, any number of readers, two copies of the data: the writer fills the copy that
//! readers do not look at, then says so.
//!
//! A plain sequence lock has the reader wait while the writer is in the middle, and a lane may
//! be taken off its processor right there. With two copies a reader has to try again only if a
//! whole tick was published while it read. Every cell is an atomic, so a torn read is a wrong
//! number that the sequence gives away, never undefined behaviour.
//!
//! Invariant: the writer never waits.

use super::atomic::{AtomicU64, Ordering, fence};

/// How often a reader tries again. Each try fails only if a whole tick was published meanwhile.
const TRIES: usize = 8;

/// Which of the two copies holds what was published last. 0: nothing was published yet.
#[derive(Debug)]
pub(crate) struct Sequence(AtomicU64);

impl Sequence {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Lets `fill` write the copy with the given number (0 or 1) and publishes it. For one
    /// thread only.
    #[inline]
    pub(crate) fn write(&self, fill: impl FnOnce(usize)) {
        let next = self.0.load(Ordering::Relaxed).wrapping_add(1);
        // Whoever reads a value stored from here on also sees the number that was published
        // before, and so finds that its copy has been taken away: the stores below must not
        // move above that earlier store.
        fence(Ordering::Release);
        fill(usize::from(next % 2 == 1));
        self.0.store(next, Ordering::Release);
    }

    /// How many copies have been published. For the thread that writes.
    pub(crate) fn published(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Lets `copy` read the copy that was published last, again if another was published
    /// meanwhile; gives its number with it. `None` if nothing was published yet or every try
    /// was overtaken.
    pub(crate) fn read<T>(&self, mut copy: impl FnMut(usize) -> T) -> Option<(u64, T)> {
        for _ in 0..TRIES {
            let before = self.0.load(Ordering::Acquire);
            if before == 0 {
                return None;
            }
            let found = copy(usize::from(before % 2 == 1));
            // Pairs with the fence in `write`: the load below must not move above the reads.
            fence(Ordering::Acquire);
            if self.0.load(Ordering::Relaxed) == before {
                return Some((before, found));
            }
        }
        None
    }
}
