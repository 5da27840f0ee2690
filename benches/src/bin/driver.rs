// SPDX-License-Identifier: Apache-2.0
//! The lane that calls a driver through its function table: `driver tick_driver TIMES`. A
//! binary of its own, because what its machine code may have differs.

use std::process::ExitCode;

use tracecore_benches::{count, driver};

fn main() -> ExitCode {
    count::main(|name, times| match name {
        "tick_driver" => count::ticks(driver()?, times),
        _ => Err("not tick_driver".to_owned()),
    })
}
