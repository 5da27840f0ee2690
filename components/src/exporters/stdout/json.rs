// SPDX-License-Identifier: Apache-2.0
//! JSON lines. Of a data point everything but the time and the number is rendered when its
//! series is admitted, and a number only when it is another than in the tick before; log records
//! are written in `records.rs`.
//!
//! Invariant: a tick allocates nothing once the buffers have grown, and formats no text.

mod line;
mod numbers;
mod records;
mod sheet;
mod text;

use tokio::sync::Mutex;
use tracecore_runtime::queue::{Frame, FrameBatch, Frames};
use tracecore_runtime::signal::{Encode, Refused, Series};
use tracecore_runtime::{
    Batch, Delivered, Encodes, ErrorKind, Failure, LaneInfo, Logs, Metrics, Open, Stream, exporter,
};

use super::Config;
use super::writer::{Writer, describe};
use line::Line;
pub use records::RecordEncoder;
use sheet::Sheet;

/// Writes a JSON object per data point or log record, one on each line.
#[exporter(stream, config = Config, errors(marshal, io))]
#[derive(Debug)]
pub struct Json {
    /// There is one output, and so one delivery at a time.
    writer: Mutex<Writer>,
}

impl Encodes<Metrics> for Json {
    type Encoder = Encoder;

    fn encoder(_: &Config, frames: Frames, _: &LaneInfo) -> Encoder {
        Encoder { frames, lines: Vec::new(), sheet: Sheet::new() }
    }
}

impl Encodes<Logs> for Json {
    type Encoder = RecordEncoder;

    fn encoder(_: &Config, frames: Frames, _: &LaneInfo) -> RecordEncoder {
        RecordEncoder::new(frames)
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
        if !batch.frames().iter().all(|frame| frame.bytes().ends_with(b"\n")) {
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
    sheet: Sheet,
}

impl Encode<Metrics> for Encoder {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        let index = index as usize;
        if self.lines.len() <= index {
            self.lines.resize_with(index + 1, || None);
        }
        self.lines[index] = Some(Line::new(series));
        self.sheet.forget();
        Ok(())
    }

    fn retire(&mut self, index: u32) {
        if let Some(line) = self.lines.get_mut(index as usize) {
            *line = None;
        }
        self.sheet.forget();
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        self.sheet.send(&self.lines, batch, &mut self.frames);
        0
    }
}

#[cfg(test)]
mod tests;
