// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// Whether it beats.
    #[config(default = "yes")]
    enabled: bool,
}

fn main() {}
