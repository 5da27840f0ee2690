// SPDX-License-Identifier: Apache-2.0
//! Signals and the types that carry them along a lane.
//!
//! Invariant: nothing here is boxed, locked or formatted once a series is registered.

mod batch;
mod logs;
mod output;
mod series;

use tracecore_schema::SignalKind;

pub use batch::{Absence, Batch, Slot, Span, Spanned};
pub use logs::{LogBatch, LogValue, Record, RecordDraft, RecordWriter, Severity};
pub use output::{Carries, Has, MetricsAndLogs, Output};
pub use series::{Admission, Refused, Series, SeriesDraft};

/// A kind of data with its carrier.
pub trait Signal: Send + Sync + 'static {
    /// Its name.
    const KIND: SignalKind;
    /// What one tick of it is.
    type Batch: Output;
    /// What processors are shown one by one: a series that begins, or a record.
    type Draft<'a>;

    /// Whether a branch with so many processors, one of which rewrites batches or none, works on
    /// a copy of the batch.
    #[must_use]
    fn copies(processors: usize, rewrites: bool) -> bool;
}

/// Numbers in series.
#[derive(Clone, Copy, Debug)]
pub struct Metrics;

impl Signal for Metrics {
    const KIND: SignalKind = SignalKind::Metrics;
    type Batch = Batch;
    type Draft<'a> = SeriesDraft;

    fn copies(_: usize, rewrites: bool) -> bool {
        rewrites
    }
}

/// Records of events.
#[derive(Clone, Copy, Debug)]
pub struct Logs;

impl Signal for Logs {
    const KIND: SignalKind = SignalKind::Logs;
    type Batch = LogBatch;
    type Draft<'a> = RecordDraft<'a>;

    /// A record passes by once, so any processor may change it.
    fn copies(processors: usize, _: bool) -> bool {
        processors > 0
    }
}

/// The hot half of an exporter: runs in a lane, once per tick.
///
/// An encoder of metrics is shown each series that begins or ends; records have no series, so an
/// encoder of logs leaves `admit` and `retire` out.
pub trait Encode<S: Signal>: Send + 'static {
    /// A series begins. Names, attributes and prefixes are worked out here, once.
    ///
    /// # Errors
    ///
    /// The exporter cannot take it; the runtime reports `cardinality`.
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        let _ = (index, series);
        Ok(())
    }

    /// A series ends.
    fn retire(&mut self, index: u32) {
        let _ = index;
    }

    /// What one call of `collect` gave. Of the series present, only the ones admitted and not
    /// retired count. Returns how many items the exporter did not take (a full queue, say).
    fn encode(&mut self, batch: &S::Batch) -> usize;

    /// What makes its series invisible, called from another thread when the lane hangs in the
    /// driver and is given up.
    fn on_abandon(&self) -> Option<Box<dyn Fn() + Send>> {
        None
    }
}
