// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use std::time::Duration;

use tracecore_schema::ConfigValue;

/// Writes to the standard output: a JSON object per data point or log record, or a table of
/// metrics for people.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(exporter = "stdoutexporter", signals(metrics, logs), rust = exporter(format))]
#[config(claims = "the standard output", page = page(format), no_logs = why_no_logs(format))]
pub struct Config {
    /// `json` writes a line per data point or log record, `table` a table that is redrawn on a terminal.
    #[config(fixed, default = "json")]
    pub format: Format,
    /// Time between two tables. With `json` each tick is written when it comes.
    #[config(default = "1s", min = "100ms")]
    pub interval: Duration,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Format {
    /// A JSON object per data point or log record, one on each line.
    Json,
    /// A table of metrics for people.
    Table,
}

/// A table shows a page; lines are sent.
fn page(format: &Format) -> Option<&'static str> {
    matches!(format, Format::Table).then_some("the table")
}

const fn exporter(format: &Format) -> &'static str {
    match format {
        Format::Json => "Json",
        Format::Table => "Table",
    }
}

const fn why_no_logs(format: &Format) -> Option<&'static str> {
    match format {
        Format::Json => None,
        Format::Table => {
            Some("`format: table` shows metrics; `format: json` writes log records too, also beside metrics")
        }
    }
}
