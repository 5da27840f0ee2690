// SPDX-License-Identifier: Apache-2.0
//! Simulated GPUs, in this process, because the pipeline file says so: the driver's functions
//! without a library, for the same code to call.

use std::path::PathBuf;

use nvml_wrapper_sys::bindings::NvmlLib;
use tracecore_gpusim::{self as gpusim, Control, Options, Simulation};
use tracecore_gpusim_nvml::{Attachment, attach, table};

use super::Driver;
use super::library::Library;
use crate::receivers::nvml::{Profile, Simulated};

/// Makes the node that the config describes. Calls reach it as long as the attachment lives,
/// from the thread that it was last resumed on.
pub(crate) fn simulate(config: &Simulated) -> Result<(Driver, Attachment), String> {
    simulate_with(config, table())
}

/// The same with functions of one's own among them: for tests.
pub(crate) fn simulate_with(config: &Simulated, table: NvmlLib) -> Result<(Driver, Attachment), String> {
    let simulation = match &config.control {
        Some(path) => Control::open(path).map(Simulation::scripted),
        None => {
            let defaults = Options::default();
            let gpus = config.gpus.unwrap_or(defaults.gpus);
            let seed = config.seed.unwrap_or(defaults.seed);
            let profile = config.profile.map_or(defaults.profile, profile);
            Simulation::new(Options { gpus, seed, profile, ..defaults })
        }
    };
    let attachment = attach(simulation.map_err(|error| error.to_string())?);
    let library = Library::start(table, PathBuf::from("(simulated)"))
        .map_err(|code| format!("the simulated driver refuses to start: {code}"))?;
    Ok((Driver::of(library), attachment))
}

const fn profile(profile: Profile) -> gpusim::Profile {
    match profile {
        Profile::H100 => gpusim::Profile::H100,
        Profile::A100Mig => gpusim::Profile::A100Mig,
        Profile::L40s => gpusim::Profile::L40s,
        Profile::Old => gpusim::Profile::Old,
    }
}
