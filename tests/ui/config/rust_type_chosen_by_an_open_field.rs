// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(receiver = "heartbeat", signal = metrics, rust = choose(simulated))]
struct Heart {
    /// Whether there is a heart.
    simulated: bool,
}

fn choose(simulated: &bool) -> &'static str {
    if *simulated { "Simulated" } else { "Real" }
}

fn main() {}
