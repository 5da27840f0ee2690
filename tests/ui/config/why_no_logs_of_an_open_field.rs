// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Writes.
#[derive(Clone, Debug, Config)]
#[config(exporter = "lines", signals(metrics, logs), rust = Lines, no_logs = why(table))]
struct Settings {
    /// Whether it is a table.
    table: bool,
}

fn why(table: &bool) -> Option<&'static str> {
    table.then_some("a table shows metrics")
}

fn main() {}
