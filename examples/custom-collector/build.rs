// SPDX-License-Identifier: Apache-2.0
//! Compiles `pipelines/*.yaml` with the components of TraceCore and one of our own.

// The schema half is compiled here as well: a build script cannot use its own package.
#[path = "src/heartbeat/config.rs"]
#[allow(dead_code, reason = "what is emitted is read by the receiver alone")]
mod heartbeat;

fn main() {
    let catalog = tracecore_components::catalog();
    tracecore_compiler::build::pipelines(&catalog.with::<heartbeat::Config>("crate::heartbeat"));
}
