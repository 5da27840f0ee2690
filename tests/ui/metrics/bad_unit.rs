// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::{Counter, MetricSet};

#[derive(MetricSet)]
struct Beats {
    /// Blood moved since the start.
    #[metric(name = "heart.blood", unit = "bytes")]
    blood: Counter<u64>,
}

fn main() {}
