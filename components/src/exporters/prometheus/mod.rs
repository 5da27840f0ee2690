// SPDX-License-Identifier: Apache-2.0
//! A page for Prometheus: text format 0.0.4 and OpenMetrics 1.0.
//!
//! Everything about a series but its number is rendered when it is admitted; a scrape copies
//! that text and formats numbers.

mod config;
#[cfg(feature = "runtime")]
mod exporter;
#[cfg(feature = "runtime")]
mod format;
#[cfg(feature = "runtime")]
mod labels;
#[cfg(feature = "runtime")]
mod names;
#[cfg(feature = "runtime")]
mod negotiate;
#[cfg(feature = "runtime")]
mod scrape;
#[cfg(all(test, feature = "runtime"))]
mod tests;

pub use config::{Config, Convention, Names};
#[cfg(feature = "runtime")]
pub use exporter::{Prometheus, PrometheusKind};
#[cfg(feature = "runtime")]
pub use format::{Exposition, Family, Sample};
#[cfg(feature = "runtime")]
pub use negotiate::Format;
#[cfg(feature = "runtime")]
pub use scrape::{Answer, Scraper};
