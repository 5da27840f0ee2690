// SPDX-License-Identifier: Apache-2.0
//! A collector with a receiver of its own.

mod heartbeat;

use tracecore_cli::App;
use tracecore_runtime::BuildInfo;

// What `build.rs` made of `pipelines/*.yaml`, or what is wrong with them.
#[cfg(not(tracecore_bad_pipelines))]
#[allow(missing_docs, reason = "generated")]
mod pipelines {
    include!(concat!(env!("OUT_DIR"), "/pipelines.rs"));
}
#[cfg(tracecore_bad_pipelines)]
compile_error!(include_str!(concat!(env!("OUT_DIR"), "/diag.txt")));

#[cfg(not(tracecore_bad_pipelines))]
fn main() -> std::process::ExitCode {
    let build = BuildInfo::new("custom-collector", env!("CARGO_PKG_VERSION"));
    let catalog = || tracecore_components::catalog().with::<heartbeat::Config>("crate::heartbeat");
    tracecore_cli::main(App::new(build, pipelines::PIPELINES, catalog))
}

#[cfg(tracecore_bad_pipelines)]
fn main() {}
