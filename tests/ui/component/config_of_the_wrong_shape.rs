// SPDX-License-Identifier: Apache-2.0
//! A component of a config that is wrong is not wrong itself.
use tracecore_runtime::processor;
use tracecore_schema::Config;

#[processor(config = SieveConfig)]
struct Sieve;

/// Keeps what it keeps.
#[derive(Clone, Config)]
#[config(processor = "sieve", signal = metrics, rust = Sieve)]
struct SieveConfig(u8);

fn main() {}
