// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::{Counter, MetricSet};

#[derive(MetricSet)]
struct Beats {
    /// Beats since the start.
    beats: Counter<u64>,
}

fn main() {}
