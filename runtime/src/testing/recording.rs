// SPDX-License-Identifier: Apache-2.0
//! An exporter that remembers every point and every record. It delivers nowhere and must never be in a catalog.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tracecore_schema::Config;

use super::harness::number;
use super::{LogRecord, Point};
use crate::queue::{FrameBatch, Frames};
use crate::signal::{Batch, Encode, LogBatch, Logs, Metrics, Refused, Series};
use crate::{Delivered, Encodes, Failure, LaneInfo, Open, Stream, exporter};

/// A point that reached the exporter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RecordedPoint {
    /// The receiver that emitted it.
    pub receiver: Arc<str>,
    /// Name, attributes (sorted by key, as the processors left them) and value.
    pub point: Point,
    /// The tick's time, in nanoseconds since 1970 (UTC).
    pub time_unix_nanos: u64,
    /// When it was encoded.
    pub since: Instant,
}

/// A log record that reached the exporter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RecordedLog {
    /// The receiver that emitted it.
    pub receiver: Arc<str>,
    /// The record, as the processors left it.
    pub record: LogRecord,
    /// When it was encoded.
    pub since: Instant,
}

/// What recording exporters of one name remember. Clones share it.
///
/// ```
/// use tracecore_runtime::testing::{Encoding, Recordings};
/// use tracecore_schema::{Attribute, Gauge, MetricSet};
///
/// #[derive(MetricSet)]
/// struct Fans {
///     /// How fast it turns.
///     #[metric(name = "hw.fan.speed", unit = "rpm", attributes("hw.id"))]
///     speed: Gauge<f64>,
/// }
///
/// let recordings = Recordings::new();
/// let mut encoding = Encoding::new(recordings.encoder());
/// let slot = encoding.admit::<f64>(&Fans::DESCRIPTORS[0], vec![Attribute::new("hw.id", 1_u32)])?;
/// encoding.tick(5, |batch| batch.set(slot, 900.0));
///
/// let recorded = &recordings.points()[0];
/// assert_eq!(recorded.point.name(), "hw.fan.speed");
/// assert_eq!(recorded.point.attribute("hw.id").as_deref(), Some("1"));
/// assert_eq!((recorded.point.value, recorded.time_unix_nanos), (900.0, 5));
/// # Ok::<(), tracecore_runtime::signal::Refused>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recordings(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    delivered: Recorded,
    /// What is on its way through the frame queue, by the number that its frame carries.
    sent: BTreeMap<u64, Recorded>,
    frames: u64,
}

#[derive(Debug, Default)]
struct Recorded {
    points: Vec<RecordedPoint>,
    records: Vec<RecordedLog>,
}

impl Recorded {
    fn extend(&mut self, more: Self) {
        self.points.extend(more.points);
        self.records.extend(more.records);
    }
}

static NAMED: Mutex<BTreeMap<String, Recordings>> = Mutex::new(BTreeMap::new());

impl Recordings {
    /// Nobody's yet: give its [`encoder`](Self::encoder) to a lane without a thread.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What a running [`Recording`] whose config says `name` remembers.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        named.entry(name.to_owned()).or_default().clone()
    }

    /// A copy of all points so far, in the order in which they were delivered.
    #[must_use]
    pub fn points(&self) -> Vec<RecordedPoint> {
        self.lock().delivered.points.clone()
    }

    /// A copy of all log records so far, in the order in which they were delivered.
    #[must_use]
    pub fn records(&self) -> Vec<RecordedLog> {
        self.lock().delivered.records.clone()
    }

    /// Forgets everything so far.
    pub fn clear(&self) {
        self.lock().delivered = Recorded::default();
    }

    /// An encoder that remembers without a frame queue between.
    #[must_use]
    pub fn encoder(&self) -> RecordingEncoder {
        RecordingEncoder {
            recordings: self.clone(),
            receiver: "test".into(),
            frames: None,
            series: BTreeMap::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What happens under the lock is a push or a remove; a panic leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The config of a [`Recording`].
#[derive(Clone, Debug, Config)]
#[config(exporter = "recording", signals(metrics, logs), rust = Recording)]
pub struct RecordingConfig {
    /// Where a test finds what it remembers: [`Recordings::named`].
    pub name: String,
}

/// A stream exporter that remembers the points and records of each frame when the frame is delivered.
///
/// ```
/// use tracecore_runtime::testing::{self, Recording, RecordingConfig, Recordings};
/// use tracecore_runtime::{Encodes, Metrics, queue};
///
/// let (frames, _receiver) = queue::queue(1024);
/// let config = RecordingConfig { name: "example".to_owned() };
/// let encoder = <Recording as Encodes<Metrics>>::encoder(&config, frames, &testing::lane("nvml"));
/// // `encoder` goes into a lane; what the collector delivers is then in:
/// assert!(Recordings::named("example").points().is_empty());
/// # drop(encoder);
/// ```
#[exporter(stream, config = RecordingConfig)]
#[derive(Debug)]
pub struct Recording(Recordings);

/// The half of a [`Recording`] that runs in a lane.
#[derive(Debug)]
pub struct RecordingEncoder {
    recordings: Recordings,
    receiver: Arc<str>,
    frames: Option<Frames>,
    series: BTreeMap<u32, Series>,
}

impl Encode<Metrics> for RecordingEncoder {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        self.series.insert(index, series.clone());
        Ok(())
    }

    fn retire(&mut self, index: u32) {
        self.series.remove(&index);
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        let present = self.series.iter().filter_map(|(index, series)| Some((series, batch.get(*index)?)));
        let since = Instant::now();
        let points: Vec<_> = present
            .map(|(series, bits)| RecordedPoint {
                receiver: Arc::clone(&series.receiver),
                point: Point {
                    descriptor: series.descriptor,
                    attributes: series.attributes.clone(),
                    value: number(series.descriptor.number, bits),
                },
                time_unix_nanos: batch.time_unix_nanos(),
                since,
            })
            .collect();
        let items = points.len() as u64;
        self.keep(Recorded { points, records: Vec::new() }, items);
        0
    }
}

impl Encode<Logs> for RecordingEncoder {
    fn encode(&mut self, batch: &LogBatch) -> usize {
        let since = Instant::now();
        let recorded = |record| RecordedLog { receiver: Arc::clone(&self.receiver), record, since };
        let records: Vec<_> = batch.records().map(LogRecord::from).map(recorded).collect();
        let items = records.len() as u64;
        self.keep(Recorded { points: Vec::new(), records }, items);
        0
    }
}

impl RecordingEncoder {
    fn new(config: &RecordingConfig, frames: Frames, lane: &LaneInfo) -> Self {
        let by_hand = Recordings::named(&config.name).encoder();
        Self { frames: Some(frames), receiver: Arc::clone(&lane.receiver), ..by_hand }
    }

    fn keep(&mut self, recorded: Recorded, items: u64) {
        let mut state = self.recordings.lock();
        match &mut self.frames {
            None => state.delivered.extend(recorded),
            Some(_) if items == 0 => {}
            Some(frames) => {
                state.frames += 1;
                let number = state.frames;
                state.sent.insert(number, recorded);
                drop(state);
                let mut frame = frames.buffer();
                frame.extend(number.to_le_bytes());
                frames.send(frame, items);
            }
        }
    }
}

impl Encodes<Metrics> for Recording {
    type Encoder = RecordingEncoder;

    fn encoder(config: &RecordingConfig, frames: Frames, lane: &LaneInfo) -> RecordingEncoder {
        RecordingEncoder::new(config, frames, lane)
    }
}

impl Encodes<Logs> for Recording {
    type Encoder = RecordingEncoder;

    fn encoder(config: &RecordingConfig, frames: Frames, lane: &LaneInfo) -> RecordingEncoder {
        RecordingEncoder::new(config, frames, lane)
    }
}

impl Stream for Recording {
    fn open(config: RecordingConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self(Recordings::named(&config.name)))
    }

    async fn deliver(&self, batch: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        let mut state = self.0.lock();
        for frame in batch.frames() {
            let number = frame.bytes().try_into().map(u64::from_le_bytes);
            if let Some(points) = number.ok().and_then(|number| state.sent.remove(&number)) {
                state.delivered.extend(points);
            }
        }
        Ok(Delivered::all())
    }
}
