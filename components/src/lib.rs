// SPDX-License-Identifier: Apache-2.0
//! The components that come with TraceCore, one folder each.
//!
//! A folder has two halves: the schema half (`config.rs`, `metrics.rs`), which a build script
//! compiles to check pipeline files, and the runtime half, which runs and is behind the feature
//! `runtime`.

pub mod exporters;
pub mod processors;
pub mod receivers;

use tracecore_schema::Catalog;

/// Every component that comes with TraceCore.
#[must_use]
pub fn catalog() -> Catalog {
    Catalog::new()
        .with::<exporters::otlp::Config>("::tracecore_components::exporters::otlp")
        .with::<exporters::prometheus::Config>("::tracecore_components::exporters::prometheus")
        .with::<exporters::stdout::Config>("::tracecore_components::exporters::stdout")
        .with::<receivers::clock::Config>("::tracecore_components::receivers::clock")
        .with::<receivers::hostmetrics::Config>("::tracecore_components::receivers::hostmetrics")
        .with::<receivers::kernelevents::Config>("::tracecore_components::receivers::kernelevents")
        .with::<receivers::nvml::Config>("::tracecore_components::receivers::nvml")
        .with::<processors::attributes::Config>("::tracecore_components::processors::attributes")
        .with::<processors::filter::Config>("::tracecore_components::processors::filter")
}
