// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::{Counter, MetricSet};

#[derive(MetricSet)]
struct Beats {
    #[metric(name = "heart.beats", unit = "{beat}")]
    beats: Counter<u64>,
}

fn main() {}
