// SPDX-License-Identifier: Apache-2.0
//! JSON lines. Everything of a line but the time and the number is rendered when its series is
//! admitted.
//!
//! Invariant: a tick allocates nothing once the buffers have grown, and formats no text.

mod text;

use tokio::sync::Mutex;
use tracecore_runtime::queue::{Frame, FrameBatch, Frames};
use tracecore_runtime::signal::{Encode, Refused, Series};
use tracecore_runtime::{
    Batch, Delivered, Encodes, ErrorKind, Failure, LaneInfo, Metrics, Open, Stream, exporter,
};
use tracecore_schema::{Number, NumberKind};

use super::Config;
use super::writer::{Writer, describe};
use crate::exporters::number;
use text::{Time, double, string, value};

/// Writes a JSON object per data point, one on each line.
#[exporter(stream, config = Config, errors(marshal, io))]
#[derive(Debug)]
pub struct Json {
    /// There is one output, and so one delivery at a time.
    writer: Mutex<Writer>,
}

impl Encodes<Metrics> for Json {
    type Encoder = Encoder;

    fn encoder(_: &Config, frames: Frames, _: &LaneInfo) -> Encoder {
        Encoder { frames, lines: Vec::new() }
    }
}

impl Stream for Json {
    fn open(_: Config, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let writer = Writer::stdout().map_err(|error| {
            JsonKind::Init.because(format!("cannot start the thread that writes: {error}"))
        })?;
        Ok(Self { writer: Mutex::new(writer) })
    }

    async fn deliver(&self, batch: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        // Half a line would spoil the next one too, which is somebody else's data.
        if !batch.frames().iter().all(|frame| frame.bytes().ends_with(b"}\n")) {
            return Err(JsonKind::Marshal.because("a frame is not made of whole lines; it was not written"));
        }
        let written = self.writer.lock().await.write(batch.frames().iter().map(Frame::bytes)).await;
        written.map(|()| Delivered::all()).map_err(|error| {
            let (why, closed) = describe(&error);
            let fault = JsonKind::Io.because(why);
            if closed { fault.closed() } else { fault }
        })
    }
}

/// Makes lines of ticks.
#[derive(Debug)]
pub struct Encoder {
    frames: Frames,
    /// By series.
    lines: Vec<Option<Line>>,
}

/// A line but for the time, which comes before it, and the number, which comes in between.
#[derive(Debug)]
struct Line {
    before: Box<[u8]>,
    after: Box<[u8]>,
    number: NumberKind,
}

impl Line {
    fn new(series: &Series) -> Self {
        let metric = series.descriptor;
        let mut before = b"\",\"name\":".to_vec();
        string(&mut before, metric.name);
        before.extend_from_slice(b",\"unit\":");
        string(&mut before, metric.unit);
        before.extend_from_slice(b",\"value\":");
        let mut after = b",\"attributes\":{".to_vec();
        for (at, attribute) in series.attributes.iter().enumerate() {
            if at > 0 {
                after.push(b',');
            }
            string(&mut after, &attribute.key);
            after.push(b':');
            value(&mut after, &attribute.value);
        }
        after.extend_from_slice(b"}}\n");
        Self { before: before.into(), after: after.into(), number: metric.number }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>, time: &Time, bits: u64) {
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(time.as_bytes());
        out.extend_from_slice(&self.before);
        match self.number {
            NumberKind::F64 => double(out, f64::from_bits(bits)),
            NumberKind::U64 => number::whole(out, bits),
            NumberKind::I64 => number::whole(out, <i64 as Number>::from_bits(bits)),
        }
        out.extend_from_slice(&self.after);
    }
}

impl Encode<Metrics> for Encoder {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        let index = index as usize;
        if self.lines.len() <= index {
            self.lines.resize_with(index + 1, || None);
        }
        self.lines[index] = Some(Line::new(series));
        Ok(())
    }

    fn retire(&mut self, index: u32) {
        if let Some(line) = self.lines.get_mut(index as usize) {
            *line = None;
        }
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        let mut out = self.frames.buffer();
        let time = Time::new(batch.time_unix_nanos());
        let mut items = 0;
        let words = batch.present().iter().zip(batch.values().chunks(64)).zip(self.lines.chunks(64));
        for ((word, values), lines) in words {
            let mut left = *word;
            while left != 0 {
                let at = left.trailing_zeros() as usize;
                left &= left - 1;
                if let (Some(Some(line)), Some(bits)) = (lines.get(at), values.get(at)) {
                    items += 1;
                    line.write(&mut out, &time, *bits);
                }
            }
        }
        self.frames.send(out, items);
        0
    }
}

#[cfg(test)]
mod tests;
