// SPDX-License-Identifier: Apache-2.0
//! Compiles `tests/pipelines/*.yaml` into the collector that tests run as a process.

// The schema half is compiled here as well: a build script cannot use its own package.
#[path = "src/lines/config.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is the receiver that is public and emits")]
mod lines;

fn main() {
    let catalog = tracecore_components::catalog().with::<lines::Config>("crate::lines");
    tracecore_compiler::build::pipelines(&catalog);
}
