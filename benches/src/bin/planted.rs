// SPDX-License-Identifier: Apache-2.0
//! Lanes with planted faults: `planted NAME TIMES`. A check that does not find them is void.

use std::process::ExitCode;

use tracecore_benches::{count, planted};

fn main() -> ExitCode {
    count::main(|name, times| match name {
        "tick_boxed" => count::ticks(planted::boxed()?, times),
        "tick_regressed" => count::ticks(planted::regressed()?, times),
        _ => Err("not one of tick_boxed, tick_regressed".to_owned()),
    })
}
