// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(rule(audible))]
struct Heart {
    /// How loud.
    volume: u8,
}

fn main() {}
