// SPDX-License-Identifier: Apache-2.0
//! A page: merged state of all lanes, shown to whoever asks.
//!
//! Each lane stores its values as atomics in a segment of its own (`segment.rs`). The index says
//! which series of which segment belongs where; it is locked only when a series is admitted or
//! retired, when a lane ends, and while a reader walks it. A reader skips segments whose last
//! tick is too old, so that no stale value is ever shown as if it were new.
//!
//! Invariant: storing a tick takes no lock, allocates nothing and formats nothing; a lane never
//! waits for a reader while it does so.

mod clock;
mod encoder;
mod index;
mod reader;
mod segment;
mod sequence;
#[cfg(test)]
mod tests;

/// What [`sequence`] is built from; a test of it under loom brings other ones.
mod atomic {
    pub(super) use std::sync::atomic::{AtomicU64, Ordering, fence};
}

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use clock::Clock;
pub use encoder::{PageEncoder, SegmentHandle};
pub use reader::{PageReader, Point, Visitor};

use crate::LaneInfo;
use crate::signal::{Refused, Series};
use index::Index;

/// How an exporter places a series on its page, and what it keeps per family and per series.
/// All formatting that does not depend on the value happens here, once per series.
pub trait PageFormat: Clone + Send + Sync + 'static {
    /// What is kept per family (the HELP, TYPE and UNIT lines, say).
    type Family: Send + Sync + 'static;
    /// What is kept per series (the text before the number, say).
    type Item: Send + Sync + 'static;

    /// Where the series goes: usually one place, more if the page speaks several spellings.
    ///
    /// # Errors
    ///
    /// The series has no place on such a page.
    fn place(&self, series: &Series) -> Result<Vec<Placed<Self>>, Refused>;
}

/// One place on a page.
pub struct Placed<F: PageFormat> {
    /// The family's name; families are shown in the order of their names.
    pub family_name: String,
    /// Names besides its own that the page shows for the family, and that no other family may
    /// have (a counter's `_total`).
    pub also_named: Vec<String>,
    /// What two declarations of the family must agree on, in words: "a counter in `By`".
    pub signature: String,
    /// What is kept for the family; the first series of it brings it.
    pub family: F::Family,
    /// What tells the series from others of the family (its labels); members are shown in
    /// this order.
    pub identity: String,
    /// What is kept for the series.
    pub item: F::Item,
}

impl<F: PageFormat> fmt::Debug for Placed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Placed")
            .field("family_name", &self.family_name)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// A page. Clones are the same page.
pub struct Page<F: PageFormat>(Arc<Shared<F>>);

struct Shared<F: PageFormat> {
    format: F,
    clock: Clock,
    index: Mutex<Index<F>>,
}

impl<F: PageFormat> Shared<F> {
    fn lock(&self) -> MutexGuard<'_, Index<F>> {
        // A format that panics while it places a series does so outside of the lock, so the
        // index is never left half changed.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: PageFormat> Page<F> {
    /// An empty page.
    #[must_use]
    pub fn new(format: F) -> Self {
        Self::with_clock(format, Clock::system())
    }

    /// An empty page that tells the age of a tick by `clock`.
    #[must_use]
    pub fn with_clock(format: F, clock: Clock) -> Self {
        Self(Arc::new(Shared { format, clock, index: Mutex::new(Index::default()) }))
    }

    /// The encoder of one branch of one lane.
    #[must_use]
    pub fn encoder(&self, lane: &LaneInfo) -> PageEncoder<F> {
        PageEncoder::new(Arc::clone(&self.0), lane)
    }

    /// The reading side.
    #[must_use]
    pub fn reader(&self) -> PageReader<F> {
        PageReader::new(Arc::clone(&self.0))
    }
}

impl<F: PageFormat> Clone for Page<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F: PageFormat> fmt::Debug for Page<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}
