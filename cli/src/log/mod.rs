// SPDX-License-Identifier: Apache-2.0
//! Log lines on the standard error: text for people or JSON for machines, and never a flood.
//!
//! Must never: fail. A log line that cannot be written is gone.

mod layer;
mod limit;
mod line;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::args::{LogFormat, LogLevel};
use crate::output::stderr_has_colors;

use layer::LogLayer;

/// Starts logging. A process that logs already, as a test may, goes on as it does.
pub(crate) fn init(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let layer = LogLayer::new(format, level, stderr_has_colors(), std::io::stderr());
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
}
