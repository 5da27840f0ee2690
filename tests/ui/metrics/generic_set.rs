// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::{Counter, MetricSet};

#[derive(MetricSet)]
struct Beats<N: tracecore_schema::Number> {
    /// Beats since the start.
    #[metric(name = "heart.beats", unit = "{beat}")]
    beats: Counter<N>,
}

fn main() {}
