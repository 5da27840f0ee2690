// SPDX-License-Identifier: Apache-2.0
//! Signals and the types that carry them along a lane.
//!
//! Invariant: nothing here is boxed, locked or formatted once a series is registered.

mod batch;
mod series;

pub use batch::{Absence, Batch, Slot};
pub use series::{Admission, Refused, Series, SeriesDraft};

/// A kind of data with its carrier.
pub trait Signal: Send + 'static {
    /// What one tick of it is.
    type Batch: Send + 'static;
}

/// Numbers in series.
#[derive(Clone, Copy, Debug)]
pub struct Metrics;

impl Signal for Metrics {
    type Batch = Batch;
}

/// What a receiver writes into: holds a batch for each of its signals.
pub trait Output: Send + 'static {
    /// An empty one.
    fn new(probe: crate::Probe) -> Self;
}

/// An output that holds a batch of the signal `S`.
pub trait Has<S: Signal>: Output {
    /// The batch.
    fn batch(&self) -> &S::Batch;
    /// The batch, to write into.
    fn batch_mut(&mut self) -> &mut S::Batch;
}

/// The hot half of an exporter: runs in a lane, once per tick.
pub trait Encode<S: Signal>: Send + 'static {
    /// A series begins. Names, attributes and prefixes are worked out here, once.
    ///
    /// # Errors
    ///
    /// The exporter cannot take it; the runtime reports `cardinality`.
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused>;

    /// A series ends.
    fn retire(&mut self, index: u32);

    /// A tick's values. Of those present, only the ones admitted and not retired count.
    /// Returns how many items the exporter did not take (a full queue, say).
    fn encode(&mut self, batch: &S::Batch) -> usize;

    /// What makes its series invisible, called from another thread when the lane hangs in the
    /// driver and is given up.
    fn on_abandon(&self) -> Option<Box<dyn Fn() + Send>> {
        None
    }
}
