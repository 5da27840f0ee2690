// SPDX-License-Identifier: Apache-2.0
//! The collector: the pipelines compiled into it, and one call of the command line. Nothing
//! depends on this package, so that an edit of a pipeline file compiles nothing but this.

#[cfg(tracecore_bad_pipelines)]
compile_error!(include_str!(concat!(env!("OUT_DIR"), "/diag.txt")));

/// What the build script wrote.
#[cfg(not(tracecore_bad_pipelines))]
#[allow(clippy::all, unreachable_pub, reason = "the lint levels are for code that people write")]
mod pipelines {
    include!(concat!(env!("OUT_DIR"), "/pipelines.rs"));
}

#[cfg(not(tracecore_bad_pipelines))]
mod doctor;

#[cfg(tracecore_bad_pipelines)]
fn main() {}

#[cfg(not(tracecore_bad_pipelines))]
fn main() -> std::process::ExitCode {
    const BUILD: tracecore_runtime::BuildInfo =
        tracecore_runtime::BuildInfo::new("tracecore", env!("CARGO_PKG_VERSION"))
            .description(env!("CARGO_PKG_DESCRIPTION"))
            .built(env!("TRACECORE_REVISION"), env!("TRACECORE_BUILD_DATE"), env!("TRACECORE_TARGET"));
    let app = tracecore_cli::App::new(BUILD, pipelines::PIPELINES, tracecore_components::catalog);
    tracecore_cli::main(app.doctor(doctor::gpus))
}
