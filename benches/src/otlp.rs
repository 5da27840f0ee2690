// SPDX-License-Identifier: Apache-2.0
//! Synthetic series through OTLP's encoder.

use tracecore_components::exporters::otlp::{Config, Endpoint, MetricsEncoder, Otlp};
use tracecore_runtime::private::Branch;
use tracecore_runtime::queue::Frames;
use tracecore_runtime::testing::{branch, lane_info};
use tracecore_runtime::{Encodes, Metrics};

use crate::Bench;
use crate::synthetic::{self, Synthetic};

/// A branch into requests.
pub type Requests = Branch<Metrics, (), (MetricsEncoder,)>;

/// A branch into the requests of an exporter that is configured like this.
#[must_use]
pub fn requests(config: &Config, frames: Frames) -> Requests {
    let encoder = <Otlp as Encodes<Metrics>>::encoder(config, frames, &lane_info("bench"));
    branch("bench", (), (encoder,))
}

/// 8 by 64 series that cost nothing to read, into requests.
///
/// # Errors
///
/// None in practice.
pub fn synthetic() -> Result<Bench<Synthetic, Requests>, String> {
    let config = Config::new(Endpoint::parse("http://localhost:4317")?);
    Bench::open(synthetic::Config::default(), |_, frames| requests(&config, frames))
}
