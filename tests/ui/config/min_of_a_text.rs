// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// What it says.
    #[config(min = "a")]
    sound: String,
}

fn main() {}
