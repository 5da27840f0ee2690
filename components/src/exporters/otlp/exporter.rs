// SPDX-License-Identifier: Apache-2.0
//! The exporter: both halves put together.

use tracecore_runtime::queue::{FrameBatch, Frames};
use tracecore_runtime::{
    Delivered, Delivery, Encodes, ErrorKind, Failure, LaneInfo, Logs, Metrics, Open, Stream, exporter,
};

use super::config::Config;
use super::encode::{LogsEncoder, MetricsEncoder};
use super::send::Sender;

/// Sends to whatever speaks OTLP.
#[exporter(stream, config = Config, errors(marshal, connect, io, timeout, throttled, rejected, auth))]
#[derive(Debug)]
pub struct Otlp {
    sender: Sender,
}

impl Encodes<Metrics> for Otlp {
    type Encoder = MetricsEncoder;

    fn encoder(config: &Config, frames: Frames, lane: &LaneInfo) -> MetricsEncoder {
        MetricsEncoder::new(config, frames, lane)
    }
}

impl Encodes<Logs> for Otlp {
    type Encoder = LogsEncoder;

    fn encoder(config: &Config, frames: Frames, lane: &LaneInfo) -> LogsEncoder {
        LogsEncoder::new(config, frames, lane)
    }
}

impl Stream for Otlp {
    fn open(config: Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let endpoint = &config.endpoint;
        if !endpoint.is_encrypted() && !endpoint.is_loopback() {
            cx.settings().logger.warn(&format!(
                "sending to {endpoint} without encryption: whoever is on the way can read and change it{}; \
                 use `https://` if the server knows it",
                if config.token.is_some() { ", the token included" } else { "" }
            ));
        }
        let sender = Sender::open(&config, cx.settings()).map_err(|why| OtlpKind::Init.because(why))?;
        Ok(Self { sender })
    }

    fn delivery(config: &Config) -> Delivery {
        Delivery::new(config.queue.clone(), config.retry.clone())
    }

    async fn deliver(&self, batch: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        self.sender.send(batch).await
    }
}
