// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::MetricSet;

#[derive(MetricSet)]
struct Beats {
    /// Beats since the start.
    #[metric(name = "heart.beats", unit = "{beat}")]
    beats: u64,
}

fn main() {}
