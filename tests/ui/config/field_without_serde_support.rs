// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// How loud.
    #[config(serde)]
    volume: Volume,
}

#[derive(Clone)]
struct Volume;

fn main() {}
