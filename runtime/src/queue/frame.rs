// SPDX-License-Identifier: Apache-2.0
//! Frames, and the batches of them that one attempt delivers.

use std::time::Duration;

use tokio::time::Instant;
use tracecore_schema::SignalKind;

use super::disk::Stored;

/// What an encoder knows its own buffer by when it comes round: a buffer that still holds the
/// last frame but one needs only what has changed since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Which arrangement of bytes it holds; 0 for none that anybody would know again.
    pub layout: u64,
    /// When it was written, as the encoder counts.
    pub tick: u64,
}

/// Where a frame's bytes are.
#[derive(Debug)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    Stored(Stored),
}

/// Finished bytes on their way out.
#[derive(Debug)]
pub struct Frame {
    body: Body,
    pub(super) mark: Mark,
    items: u64,
    signal: SignalKind,
    since: Instant,
    /// Its place among the frames of its queue.
    pub(super) sequence: u64,
    /// When it was first tried to be delivered.
    tried: Option<Instant>,
}

impl Frame {
    /// A frame of `signal` that holds `items` data points or log records, made now.
    #[must_use]
    pub fn new(signal: SignalKind, bytes: Vec<u8>, items: u64) -> Self {
        let (body, mark) = (Body::Bytes(bytes), Mark::default());
        Self { body, mark, items, signal, since: Instant::now(), sequence: 0, tried: None }
    }

    /// A frame that lies in storage.
    pub(super) fn stored(
        stored: Stored,
        signal: SignalKind,
        items: u64,
        since: Instant,
        tried: Option<Instant>,
    ) -> Self {
        let (body, mark) = (Body::Stored(stored), Mark::default());
        Self { body, mark, items, signal, since, sequence: 0, tried }
    }

    /// The same, known to its encoder.
    pub(super) const fn marked(mut self, mark: Mark) -> Self {
        self.mark = mark;
        self
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Bytes(bytes) => bytes,
            Body::Stored(stored) => &stored.record().payload,
        }
    }

    /// How many that are.
    pub(super) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Gives back what its buffer grew to beyond what it holds.
    pub(super) fn shrink(&mut self) {
        if let Body::Bytes(bytes) = &mut self.body {
            bytes.shrink_to_fit();
        }
    }

    /// Its bytes, or where they are stored, and when it was first tried.
    pub(super) fn into_parts(self) -> (Body, Option<Instant>) {
        (self.body, self.tried)
    }

    /// How many data points or log records are in it.
    #[must_use]
    pub const fn items(&self) -> u64 {
        self.items
    }

    /// What kind of data it carries.
    #[must_use]
    pub const fn signal(&self) -> SignalKind {
        self.signal
    }

    /// When it was sent by its lane.
    #[must_use]
    pub const fn since(&self) -> Instant {
        self.since
    }

    /// How long ago that was.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Since when it is being tried; `now` if this is the first time.
    pub(crate) fn tried(&mut self, now: Instant) -> Instant {
        *self.tried.get_or_insert(now)
    }
}

/// One or more frames of one signal, oldest first: what one attempt delivers. The exporter puts
/// them together itself (protobuf requests concatenate, lines follow each other).
#[derive(Debug)]
pub struct FrameBatch {
    frames: Vec<Frame>,
    items: u64,
    bytes: usize,
}

impl FrameBatch {
    /// A batch of these frames; `None` if there are none or if they carry several signals.
    #[must_use]
    pub fn new(frames: Vec<Frame>) -> Option<Self> {
        let signal = frames.first()?.signal;
        if frames.iter().any(|frame| frame.signal != signal) {
            return None;
        }
        let items = frames.iter().map(Frame::items).sum();
        let bytes = frames.iter().map(Frame::len).sum();
        Some(Self { frames, items, bytes })
    }

    /// A batch of one frame.
    #[must_use]
    pub fn of(frame: Frame) -> Self {
        let (items, bytes) = (frame.items, frame.len());
        Self { frames: vec![frame], items, bytes }
    }

    /// The frames: at least one.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// How many data points or log records are in it.
    #[must_use]
    pub const fn items(&self) -> u64 {
        self.items
    }

    /// How many bytes its frames have together.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// What kind of data it carries.
    #[must_use]
    pub fn signal(&self) -> SignalKind {
        // Every constructor has seen to it that there is a frame.
        self.frames.first().map_or(SignalKind::Metrics, Frame::signal)
    }

    /// Takes it apart.
    #[must_use]
    pub fn into_frames(self) -> Vec<Frame> {
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use tracecore_schema::SignalKind::{Logs, Metrics};

    use super::{Frame, FrameBatch};

    #[test]
    fn a_batch_is_of_one_signal_and_adds_up() {
        let frame = |signal, bytes| Frame::new(signal, vec![0; bytes], 3);
        assert!(FrameBatch::new(Vec::new()).is_none());
        assert!(FrameBatch::new(vec![frame(Metrics, 1), frame(Logs, 1)]).is_none());
        let batch = FrameBatch::new(vec![frame(Logs, 1), frame(Logs, 4)]);
        let sums = batch.map(|batch| (batch.items(), batch.bytes(), batch.signal(), batch.frames().len()));
        assert_eq!(sums, Some((6, 5, Logs, 2)));
    }
}
