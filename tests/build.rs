// SPDX-License-Identifier: Apache-2.0
//! Compiles `tests/pipelines/*.yaml` into the collector that tests run as a process.

fn main() {
    tracecore_compiler::build::pipelines(&tracecore_components::catalog());
}
