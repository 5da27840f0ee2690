// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// Where.
    #[config(default = "localhost")]
    listen: tracecore_schema::Listen,
}

fn main() {}
