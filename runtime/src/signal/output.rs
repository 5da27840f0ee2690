// SPDX-License-Identifier: Apache-2.0
//! What a receiver writes into: a batch for each of its signals.

use tracecore_schema::signals::{self, SignalSet};

use super::{Absence, Batch, LogBatch, Logs, Metrics, Signal};
use crate::{Device, Probe};

/// What a receiver writes into: holds a batch for each of its signals. What its lane needs to
/// know of it, whatever the signals.
pub trait Output: Send + 'static {
    /// An empty one.
    fn new(probe: Probe) -> Self;

    /// A call of `collect` begins: nothing has been said yet.
    fn begin(&mut self, time_unix_nanos: u64);

    /// How many series were set.
    fn points(&self) -> usize;

    /// How many records were written.
    fn records(&self) -> usize;

    /// How many records were refused because the batch was full.
    fn refused(&self) -> u64;

    /// Values that are not there, by reason.
    fn absences(&self) -> [u64; Absence::ALL.len()];

    /// Whether the receiver asked for `discover`; the answer is then no again.
    fn take_rediscover(&mut self) -> bool;

    /// The values of series, if there can be any.
    fn series(&self) -> Option<&Batch>;

    /// Where series live, if there can be any.
    fn series_mut(&mut self) -> Option<&mut Batch>;
}

/// An output that holds a batch of the signal `S`.
pub trait Has<S: Signal>: Output {
    /// The batch.
    fn batch(&self) -> &S::Batch;
    /// The batch, to write into.
    fn batch_mut(&mut self) -> &mut S::Batch;
}

/// What a receiver writes into follows from the signals that its config declares.
pub trait Carries: SignalSet {
    /// What it writes into.
    type Out: Output;
}

impl Carries for signals::Metrics {
    type Out = Batch;
}

impl Carries for signals::Logs {
    type Out = LogBatch;
}

impl Carries for signals::MetricsAndLogs {
    type Out = MetricsAndLogs;
}

/// What a receiver writes into that emits both.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MetricsAndLogs {
    /// Values of series.
    pub metrics: Batch,
    /// Records.
    pub logs: LogBatch,
}

impl MetricsAndLogs {
    /// Says which device the calls that follow go to: see [`Batch::entering`].
    #[inline]
    pub fn entering(&self, device: Device) {
        self.metrics.entering(device);
    }
}

impl Output for Batch {
    fn new(probe: Probe) -> Self {
        Self::empty(probe)
    }

    #[inline]
    fn begin(&mut self, time_unix_nanos: u64) {
        Self::begin(self, time_unix_nanos);
    }

    #[inline]
    fn points(&self) -> usize {
        self.len()
    }

    #[inline]
    fn records(&self) -> usize {
        0
    }

    #[inline]
    fn refused(&self) -> u64 {
        0
    }

    #[inline]
    fn absences(&self) -> [u64; Absence::ALL.len()] {
        *Self::absences(self)
    }

    #[inline]
    fn take_rediscover(&mut self) -> bool {
        Self::take_rediscover(self)
    }

    fn series(&self) -> Option<&Batch> {
        Some(self)
    }

    fn series_mut(&mut self) -> Option<&mut Batch> {
        Some(self)
    }
}

impl Output for LogBatch {
    fn new(probe: Probe) -> Self {
        Self::empty(probe)
    }

    #[inline]
    fn begin(&mut self, time_unix_nanos: u64) {
        Self::begin(self, time_unix_nanos);
    }

    #[inline]
    fn points(&self) -> usize {
        0
    }

    #[inline]
    fn records(&self) -> usize {
        self.len()
    }

    #[inline]
    fn refused(&self) -> u64 {
        Self::refused(self)
    }

    #[inline]
    fn absences(&self) -> [u64; Absence::ALL.len()] {
        *Self::absences(self)
    }

    #[inline]
    fn take_rediscover(&mut self) -> bool {
        Self::take_rediscover(self)
    }

    fn series(&self) -> Option<&Batch> {
        None
    }

    fn series_mut(&mut self) -> Option<&mut Batch> {
        None
    }
}

impl Output for MetricsAndLogs {
    fn new(probe: Probe) -> Self {
        Self { metrics: Batch::empty(probe.clone()), logs: LogBatch::empty(probe) }
    }

    #[inline]
    fn begin(&mut self, time_unix_nanos: u64) {
        self.metrics.begin(time_unix_nanos);
        self.logs.begin(time_unix_nanos);
    }

    #[inline]
    fn points(&self) -> usize {
        self.metrics.len()
    }

    #[inline]
    fn records(&self) -> usize {
        self.logs.len()
    }

    #[inline]
    fn refused(&self) -> u64 {
        self.logs.refused()
    }

    #[inline]
    fn absences(&self) -> [u64; Absence::ALL.len()] {
        let mut sum = *self.metrics.absences();
        sum.iter_mut().zip(self.logs.absences()).for_each(|(sum, more)| *sum += more);
        sum
    }

    #[inline]
    fn take_rediscover(&mut self) -> bool {
        let metrics = self.metrics.take_rediscover();
        let logs = self.logs.take_rediscover();
        metrics || logs
    }

    fn series(&self) -> Option<&Batch> {
        Some(&self.metrics)
    }

    fn series_mut(&mut self) -> Option<&mut Batch> {
        Some(&mut self.metrics)
    }
}

impl Has<Metrics> for Batch {
    #[inline]
    fn batch(&self) -> &Batch {
        self
    }

    #[inline]
    fn batch_mut(&mut self) -> &mut Batch {
        self
    }
}

impl Has<Logs> for LogBatch {
    #[inline]
    fn batch(&self) -> &LogBatch {
        self
    }

    #[inline]
    fn batch_mut(&mut self) -> &mut LogBatch {
        self
    }
}

impl Has<Metrics> for MetricsAndLogs {
    #[inline]
    fn batch(&self) -> &Batch {
        &self.metrics
    }

    #[inline]
    fn batch_mut(&mut self) -> &mut Batch {
        &mut self.metrics
    }
}

impl Has<Logs> for MetricsAndLogs {
    #[inline]
    fn batch(&self) -> &LogBatch {
        &self.logs
    }

    #[inline]
    fn batch_mut(&mut self) -> &mut LogBatch {
        &mut self.logs
    }
}
