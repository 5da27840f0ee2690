// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::queue::{FrameBatch, Frames};
use tracecore_runtime::signal::{Batch, Encode};
use tracecore_runtime::{Delivered, Encodes, Failure, LaneInfo, Metrics, Open, Stream, exporter};
use tracecore_ui_tests::ReceiverConfig;

#[exporter(stream, config = tracecore_ui_tests::ReceiverConfig)]
struct Sink;

struct Nothing;

impl Encode<Metrics> for Nothing {
    fn encode(&mut self, _: &Batch) -> usize {
        0
    }
}

impl Encodes<Metrics> for Sink {
    type Encoder = Nothing;

    fn encoder(_: &ReceiverConfig, _: Frames, _: &LaneInfo) -> Nothing {
        Nothing
    }
}

impl Stream for Sink {
    fn open(_: ReceiverConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }

    async fn deliver(&self, _: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        Ok(Delivered::all())
    }
}

fn main() {}
