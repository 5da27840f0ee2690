// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(receiver = "heartbeat", signal = metrics, rust = Heartbeat)]
enum Heart {
    /// One.
    Loud,
}

fn main() {}
