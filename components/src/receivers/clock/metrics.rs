// SPDX-License-Identifier: Apache-2.0
//! What it emits.

use tracecore_schema::{Counter, MetricSet};

/// The clock's one metric.
#[derive(Clone, Copy, Debug, MetricSet)]
pub struct Metrics {
    /// Ticks since the start.
    #[metric(name = "tracecore.clock.ticks", unit = "{tick}")]
    pub ticks: Counter<u64>,
}
