// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use std::path::PathBuf;
use std::time::Duration;

use super::Metrics;

/// Reads every NVIDIA GPU of this machine through the driver's own library (NVML): utilisation,
/// memory, power, energy, temperatures and clocks.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(
    receiver = "nvml",
    signal = metrics,
    metrics = Metrics,
    rust = choose(simulated),
    loads_library = loaded(simulated),
    rule(one_driver(library, simulated))
)]
pub struct Config {
    /// Time between two readings.
    #[config(default = "1s", min = "10ms")]
    pub collection_interval: Duration,
    /// The driver's library: a path, or a name that the system's loader looks up. Without it,
    /// `libnvidia-ml.so.1`.
    pub library: Option<PathBuf>,
    /// Which groups of metrics are read. One that is off has no series and makes no call.
    #[config(default)]
    pub groups: Groups,
    /// Simulated GPUs instead of a driver. Their UUIDs begin with `GPU-51510000-`.
    #[config(fixed)]
    pub simulated: Option<Simulated>,
}

/// Groups of metrics, each with its switch.
#[derive(Clone, Debug, tracecore_schema::Config)]
pub struct Groups {
    /// How busy the GPU and its video engines are.
    #[config(fixed, default = true)]
    pub utilization: bool,
    /// Memory: used, free, reserved.
    #[config(fixed, default = true)]
    pub memory: bool,
    /// Power, its limits, and energy.
    #[config(fixed, default = true)]
    pub power: bool,
    /// Temperatures and their limits.
    #[config(fixed, default = true)]
    pub temperature: bool,
    /// Clocks and their limits.
    #[config(fixed, default = true)]
    pub clocks: bool,
    /// `tracecore.gpu.info`.
    #[config(fixed, default = true)]
    pub info: bool,
}

/// A node of simulated GPUs.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(rule(one_source(control, gpus, seed)))]
pub struct Simulated {
    /// How many GPUs; 8 if it is left out.
    #[config(max = 32)]
    pub gpus: Option<u32>,
    /// What makes this node differ from another; 1 if it is left out.
    pub seed: Option<u64>,
    /// A control file of gpusim, by which faults can be scripted from another process. It
    /// decides the number of GPUs and the seed.
    pub control: Option<PathBuf>,
}

/// The driver is chosen when the pipeline is built, never while it runs.
fn choose(simulated: &Option<Simulated>) -> &'static str {
    if simulated.is_some() { "SimulatedNvml" } else { "Nvml" }
}

/// A fully static binary cannot load the driver; it needs none for simulated GPUs.
fn loaded(simulated: &Option<Simulated>) -> Option<&'static str> {
    simulated.is_none().then_some("libnvidia-ml.so.1")
}

fn one_driver(library: &Option<PathBuf>, simulated: &Option<Simulated>) -> Result<(), String> {
    match (library, simulated) {
        (Some(_), Some(_)) => Err("simulated GPUs need no `library`: remove one of the two".to_owned()),
        _ => Ok(()),
    }
}

fn one_source(control: &Option<PathBuf>, gpus: &Option<u32>, seed: &Option<u64>) -> Result<(), String> {
    match (control, gpus, seed) {
        (Some(_), Some(_), _) => {
            Err("the `control` file decides the number of GPUs: remove `gpus`".to_owned())
        }
        (Some(_), None, Some(_)) => Err("the `control` file decides the seed: remove `seed`".to_owned()),
        _ => Ok(()),
    }
}
