// SPDX-License-Identifier: Apache-2.0
//! The lanes and pages whose instructions are gated and whose machine code is read: `count NAME
//! TIMES`. No trait object may be in here.

use std::process::ExitCode;

use tracecore_benches::{count, otlp, simulated, synthetic};

fn main() -> ExitCode {
    count::main(|name, times| match name {
        "tick_synthetic" => count::ticks(synthetic()?, times),
        "tick_otlp" => count::ticks(otlp::synthetic()?, times),
        "tick_simulated" => count::ticks(simulated(8)?, times),
        "scrape" => count::scrapes(synthetic()?, times),
        _ => Err("not one of tick_synthetic, tick_otlp, tick_simulated, scrape".to_owned()),
    })
}
