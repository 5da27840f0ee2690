// SPDX-License-Identifier: Apache-2.0
//! Which node a call goes to, and the one that a loaded library simulates.
//!
//! The latter begins with the first initialisation that gets as far as knowing what to
//! simulate, and lasts until the library is unloaded: shutting down and
//! initialising again finds the same GPUs, later.

use std::env::{self, VarError};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracecore_gpusim::{Control, Options, SimError, Simulation};

use crate::attach;
use crate::boundary::own_path;

/// Environment variable with the path of a control file.
pub const CONTROL_VAR: &str = "TRACECORE_GPUSIM_CONTROL";
/// Environment variable with the number of GPUs, where no control file says it.
pub const GPUS_VAR: &str = "TRACECORE_GPUSIM_GPUS";
/// Environment variable with the seed, where no control file says it.
pub const SEED_VAR: &str = "TRACECORE_GPUSIM_SEED";
/// Environment variable with the kind of node, where no control file says it.
pub const PROFILE_VAR: &str = "TRACECORE_GPUSIM_PROFILE";
/// What the name of a control file next to the library ends with, after the library's own name.
pub const CONTROL_SUFFIX: &str = ".control";

static SIMULATION: OnceLock<Simulation> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// Runs a call on the node of this thread's attachment, or else on the process-wide
/// one if there was an initialisation.
pub(crate) fn node<T>(call: impl FnOnce(&Simulation) -> Result<T, SimError>) -> Result<T, SimError> {
    attach::with(|attached| match attached.or_else(|| SIMULATION.get()) {
        Some(simulation) => call(simulation),
        None => Err(SimError::UNINITIALIZED),
    })
}

/// The same for the initialising calls, which make the process-wide node if need be.
pub(crate) fn start(call: impl FnOnce(&Simulation) -> Result<(), SimError>) -> Result<(), SimError> {
    attach::with(|attached| match attached {
        Some(simulation) => call(simulation),
        None => call(process_wide()?),
    })
}

fn process_wide() -> Result<&'static Simulation, SimError> {
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(simulation) = SIMULATION.get() {
        return Ok(simulation);
    }
    match configure() {
        Ok(simulation) => Ok(SIMULATION.get_or_init(|| simulation)),
        Err(reason) => {
            complain(&reason);
            Err(SimError::OPERATING_SYSTEM)
        }
    }
}

fn configure() -> Result<Simulation, String> {
    if let Some(path) = env::var_os(CONTROL_VAR) {
        return scripted(path.into(), CONTROL_VAR);
    }
    if let Some(path) = sibling().filter(|path| path.exists()) {
        return scripted(path, "the control file next to the library");
    }
    let defaults = Options::default();
    let gpus = number(GPUS_VAR, "a number of gpus")?.unwrap_or(defaults.gpus);
    let seed = number(SEED_VAR, "a number")?.unwrap_or(defaults.seed);
    let profile = number(PROFILE_VAR, "one of h100, a100-mig, l40s, old")?.unwrap_or(defaults.profile);
    Simulation::new(Options { profile, gpus, seed, ..defaults })
        .map_err(|error| format!("{GPUS_VAR}: {error}"))
}

fn scripted(path: PathBuf, by: &str) -> Result<Simulation, String> {
    // A control file has both; two answers to one question are a mistake.
    if let Some(both) = [GPUS_VAR, SEED_VAR, PROFILE_VAR].iter().find(|name| env::var_os(name).is_some()) {
        return Err(format!("{both} is set, but {by} decides that: remove one of them"));
    }
    Control::open(path).map(Simulation::scripted).map_err(|error| format!("{by}: {error}"))
}

/// Where a control file next to the library would be.
fn sibling() -> Option<PathBuf> {
    let mut name = OsString::from(own_path()?);
    name.push(CONTROL_SUFFIX);
    Some(name.into())
}

fn number<T: std::str::FromStr>(name: &str, expected: &str) -> Result<Option<T>, String> {
    match env::var(name) {
        Ok(text) => {
            let value = text.trim().parse();
            value.map(Some).map_err(|_| format!("{name} is {text:?}, expected {expected}"))
        }
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(text)) => Err(format!("{name} is {text:?}, expected {expected}")),
    }
}

#[expect(clippy::print_stderr, reason = "a C ABI has no other way to say why")]
fn complain(reason: &str) {
    eprintln!("gpusim: {reason}");
}
