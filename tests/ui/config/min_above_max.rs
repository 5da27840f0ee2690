// SPDX-License-Identifier: Apache-2.0
use std::time::Duration;

use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// How often.
    #[config(min = "1h", max = "90s")]
    interval: Duration,
}

fn main() {}
