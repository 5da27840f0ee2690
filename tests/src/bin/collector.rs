// SPDX-License-Identifier: Apache-2.0
//! A collector with the pipelines of this folder: what tests start, signal and scrape. Its
//! ports come from the environment, so that tests can run side by side.

use std::process::ExitCode;

use tracecore_runtime::BuildInfo;

#[cfg(tracecore_bad_pipelines)]
compile_error!(include_str!(concat!(env!("OUT_DIR"), "/diag.txt")));

// The very file of the collector that ships.
#[path = "../../../src/doctor.rs"]
mod doctor;

// A receiver of the tests' own, which emits both signals.
#[path = "../lines/mod.rs"]
#[allow(unreachable_pub, reason = "generated code names its types")]
mod lines;

mod pipelines {
    #![allow(missing_docs, unreachable_pub, reason = "generated")]
    #[cfg(not(tracecore_bad_pipelines))]
    include!(concat!(env!("OUT_DIR"), "/pipelines.rs"));
    // So that a mistake in a pipeline file is the only thing there is to read.
    #[cfg(tracecore_bad_pipelines)]
    pub static PIPELINES: &[&tracecore_runtime::Pipeline] = &[];
}

const BUILD: BuildInfo = BuildInfo::new("collector", env!("CARGO_PKG_VERSION"))
    .description(env!("CARGO_PKG_DESCRIPTION"))
    .built(env!("TRACECORE_REVISION"), env!("TRACECORE_BUILD_DATE"), env!("TRACECORE_TARGET"));

fn main() -> ExitCode {
    let catalog = || tracecore_components::catalog().with::<lines::Config>("crate::lines");
    let app = tracecore_cli::App::new(BUILD, pipelines::PIPELINES, catalog);
    tracecore_cli::main(app.doctor(doctor::gpus))
}
