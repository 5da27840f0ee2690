// SPDX-License-Identifier: Apache-2.0
//! Compiles `pipelines/*.yaml` with the components that come with TraceCore.

fn main() {
    tracecore_compiler::build::pipelines(&tracecore_components::catalog());
}
