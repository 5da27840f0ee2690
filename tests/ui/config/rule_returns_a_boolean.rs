// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(rule(audible(volume)))]
struct Heart {
    /// How loud.
    volume: u8,
}

fn audible(volume: &u8) -> bool {
    *volume > 0
}

fn main() {}
