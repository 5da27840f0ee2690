// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::processor;
use tracecore_ui_tests::ProcessorConfig;

#[processor(config = ProcessorConfig, errors(clogged))]
struct Sieve;

fn main() {}
