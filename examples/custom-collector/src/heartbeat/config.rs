// SPDX-License-Identifier: Apache-2.0
//! The schema half: what an operator may write, and what comes out.

use std::path::PathBuf;
use std::time::Duration;

use tracecore_schema::Gauge;

/// Watches the age of a file that something alive touches.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(receiver = "heartbeat", signal = metrics, metrics = Metrics, rust = Heartbeat)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// Time between two looks at it.
    #[config(default = "1s", min = "10ms")]
    pub interval: Duration,
}

/// What it emits.
#[derive(tracecore_schema::MetricSet)]
pub struct Metrics {
    /// Time since the file was last modified.
    #[metric(name = "heartbeat.age", unit = "s", attributes("file.path"))]
    pub age: Gauge<f64>,
}
