// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::processor;

#[processor(config = "sieve")]
struct Sieve;

fn main() {}
