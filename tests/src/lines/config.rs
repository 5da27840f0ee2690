// SPDX-License-Identifier: Apache-2.0
//! The schema half of the tests' own receiver of events.

use std::path::PathBuf;
use std::time::Duration;

use tracecore_schema::{Counter, MetricSet};

/// Reads the lines that are appended to a file: each is a log record, and is counted.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(receiver = "linesreceiver", signals(metrics, logs), metrics = Metrics, rust = LinesReceiver)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// Time after which the count is told though no line has come.
    #[config(default = "1s", min = "10ms")]
    pub interval: Duration,
}

/// What is counted.
#[derive(Clone, Copy, Debug, MetricSet)]
pub struct Metrics {
    /// Lines so far, by the word that they begin with.
    #[metric(name = "test.lines", unit = "{line}", attributes("test.level"))]
    pub lines: Counter<u64>,
}
