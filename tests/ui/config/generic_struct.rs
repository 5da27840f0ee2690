// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(receiver = "heartbeat", signal = metrics, rust = Heartbeat)]
struct Heart<T> {
    /// How loud.
    volume: T,
}

fn main() {}
