// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::{Counter, MetricSet};

#[derive(MetricSet)]
struct Beats {
    /// Beats since the start.
    #[metric(name = "heart.beats", unit = "{beat}")]
    beats: Counter<u64>,
    /// Missed beats.
    #[metric(name = "heart.beats", unit = "{beat}")]
    missed: Counter<u64>,
}

fn main() {}
