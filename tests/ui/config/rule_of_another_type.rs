// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(rule(audible(volume)))]
struct Heart {
    /// How loud.
    volume: u8,
}

fn audible(volume: &f64) -> Result<(), String> {
    if *volume > 0.0 { Ok(()) } else { Err("nobody hears it".to_owned()) }
}

fn main() {}
