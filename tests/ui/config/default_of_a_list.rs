// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// How loud.
    #[config(default = "loud")]
    volumes: Vec<String>,
}

fn main() {}
