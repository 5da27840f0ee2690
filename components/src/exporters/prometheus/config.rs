// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

mod names;

pub use names::{Convention, Names};
use tracecore_schema::Listen;
use tracecore_schema::telemetry::HttpPath;

/// Serves the last values of all series to Prometheus.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(exporter = "prometheus", signal = metrics, rust = Prometheus)]
#[config(page = "the page")]
pub struct Config {
    /// Where to listen. `0.0.0.0:9464` lets other machines connect.
    #[config(default = "localhost:9464")]
    pub listen: Listen,
    /// The path of the page.
    #[config(default = "/metrics")]
    pub path: HttpPath,
    /// Whether answers are compressed for clients that accept gzip: an eighth of the bytes for
    /// some ten times the processor time.
    #[config(default = true)]
    pub compression: bool,
    /// Which names series have: `otel` translates OpenTelemetry's, `dcgm` gives those that
    /// dashboards for dcgm-exporter use, and a list both. A metric that has no name under a
    /// convention is not shown under it.
    #[config(fixed, default)]
    pub names: Names,
}
