// SPDX-License-Identifier: Apache-2.0
//! Runs an exporter's encoder without a lane: admit series, tick, retire.

use std::sync::Arc;
use std::time::Duration;

use tracecore_schema::{Attribute, Descriptor, Label, Number};

use crate::signal::{Batch, Encode, LogBatch, Logs, Metrics, Refused, SeriesDraft, Slot};
use crate::{LaneInfo, Open, Probe, Resource};

/// An encoder with the batch that it is given.
///
/// ```
/// use tracecore_runtime::testing::{Encoding, Recordings};
/// use tracecore_schema::{Counter, MetricSet};
///
/// #[derive(MetricSet)]
/// struct Doors {
///     /// How often one was opened.
///     #[metric(name = "door.openings", unit = "{opening}")]
///     openings: Counter<u64>,
/// }
///
/// let recordings = Recordings::new();
/// let mut encoding = Encoding::new(recordings.encoder());
/// let slot = encoding.admit::<u64>(&Doors::DESCRIPTORS[0], Vec::new())?;
/// assert_eq!(encoding.tick(1, |batch| batch.set(slot, 3)), 0, "all items are taken");
/// encoding.retire(slot);
/// encoding.tick(2, |_| ());
/// assert_eq!(recordings.points().len(), 1);
/// # Ok::<(), tracecore_runtime::signal::Refused>(())
/// ```
#[derive(Debug)]
pub struct Encoding<E> {
    encoder: E,
    batch: Batch,
    series: u32,
    labels: Arc<[Label]>,
}

/// What an encoder of the receiver `receiver` is told, ticking each second.
///
/// ```
/// let lane = tracecore_runtime::testing::lane("nvml");
/// assert_eq!((&*lane.receiver, lane.interval.as_secs()), ("nvml", 1));
/// ```
#[must_use]
pub fn lane(receiver: &str) -> LaneInfo {
    LaneInfo {
        receiver: receiver.into(),
        pipeline: "metrics/test".into(),
        interval: Duration::from_secs(1),
        resource: Arc::new(Resource::default()),
    }
}

impl<E: Encode<Metrics>> Encoding<E> {
    /// The encoder, without series.
    #[must_use]
    pub fn new(encoder: E) -> Self {
        Self { encoder, batch: Batch::empty(Probe::new()), series: 0, labels: Arc::default() }
    }

    /// What series carry from now on under the names of other conventions.
    pub fn labels(&mut self, labels: Vec<Label>) {
        self.labels = labels.into();
    }

    /// Begins a series.
    ///
    /// # Errors
    ///
    /// The encoder refuses it.
    pub fn admit<T: Number>(
        &mut self,
        descriptor: &'static Descriptor,
        attributes: Vec<Attribute>,
    ) -> Result<Slot<T>, Refused> {
        assert_eq!(descriptor.number, T::KIND, "the number of `{}`", descriptor.name);
        let index = self.series;
        let draft = SeriesDraft::new(descriptor, attributes);
        let series = draft.finish(Arc::new(Resource::default()), "test".into(), 1, &self.labels);
        self.encoder.admit(index, &series)?;
        self.series += 1;
        Ok(Slot::new(index, self.batch.open_slot(index)))
    }

    /// Ends a series.
    pub fn retire<T>(&mut self, slot: Slot<T>) {
        self.batch.close_slot(slot.index());
        self.encoder.retire(slot.index());
    }

    /// A tick with the values that `set` sets. Says how many items the encoder did not take.
    pub fn tick(&mut self, time_unix_nanos: u64, set: impl FnOnce(&mut Batch)) -> usize {
        self.batch.begin(time_unix_nanos);
        set(&mut self.batch);
        self.encoder.encode(&self.batch)
    }
}

/// Encodes the records that `write` writes, read at this time. Says how many the encoder did not
/// take.
///
/// ```
/// use tracecore_runtime::testing::{Recordings, encode_logs};
///
/// let recordings = Recordings::new();
/// encode_logs(&mut recordings.encoder(), 7, |out| {
///     out.record(5).body("said");
/// });
/// let [recorded] = &recordings.records()[..] else { panic!("one record") };
/// assert_eq!((recorded.record.body.as_str(), recorded.record.observed_unix_nanos), ("said", 7));
/// ```
pub fn encode_logs<E: Encode<Logs>>(
    encoder: &mut E,
    observed_unix_nanos: u64,
    write: impl FnOnce(&mut LogBatch),
) -> usize {
    let mut batch = LogBatch::empty(Probe::new());
    batch.begin(observed_unix_nanos);
    write(&mut batch);
    encoder.encode(&batch)
}

/// What `look` makes of what a component called `id` is given to open.
///
/// ```
/// let id = tracecore_runtime::testing::open("nvml", |cx| cx.settings().id.to_string());
/// assert_eq!(id, "nvml");
/// ```
pub fn open<T>(id: &str, look: impl FnOnce(&mut Open<'_>) -> T) -> T {
    look(&mut Open::new(&super::settings(id), &[], Probe::new()))
}
