// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use std::path::PathBuf;
use std::time::Duration;

use super::Metrics;

/// Reads every NVIDIA GPU of this machine through the driver's own library (NVML): how busy it
/// is, memory, power, temperatures, clocks, errors and repairs, PCIe, NVLink, MIG, and its health.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(
    receiver = "nvml",
    signal = metrics,
    metrics = Metrics,
    rust = choose(simulated),
    loads_library = loaded(simulated),
    rule(one_driver(library, simulated)),
    rule(two_readings(peak_window, collection_interval)),
    rule(time_to_measure(groups, collection_interval))
)]
pub struct Config {
    /// Time between two readings.
    #[config(default = "1s", min = "10ms")]
    pub collection_interval: Duration,
    /// The driver's library: a path, or a name that the system's loader looks up. Without it,
    /// `libnvidia-ml.so.1`.
    pub library: Option<PathBuf>,
    /// How long a peak shows: the time over which `max`, `min` and `mean` of the driver's own
    /// samples are told. At least two intervals of whoever scrapes, so that no scrape misses one.
    #[config(default = "30s", min = "1s", max = "1h")]
    pub peak_window: Duration,
    /// Which groups of metrics are read. One that is off has no series and makes no call.
    #[config(default)]
    pub groups: Groups,
    /// What single processes use of each GPU.
    #[config(default)]
    pub processes: Processes,
    /// Simulated GPUs instead of a driver. Their UUIDs begin with `GPU-51510000-`.
    #[config(fixed)]
    pub simulated: Option<Simulated>,
}

/// Groups of metrics, each with its switch.
#[derive(Clone, Debug, tracecore_schema::Config)]
pub struct Groups {
    /// How busy the GPU and its engines are.
    #[config(fixed, default = true)]
    pub utilization: bool,
    /// Memory and BAR1: used, free, reserved.
    #[config(fixed, default = true)]
    pub memory: bool,
    /// Power, its limits, and energy.
    #[config(fixed, default = true)]
    pub power: bool,
    /// Temperatures and their limits.
    #[config(fixed, default = true)]
    pub temperature: bool,
    /// Clocks, their limits, and the performance state.
    #[config(fixed, default = true)]
    pub clocks: bool,
    /// Why clocks are held back: states and durations.
    #[config(fixed, default = true)]
    pub clock_events: bool,
    /// Fans.
    #[config(fixed, default = true)]
    pub fans: bool,
    /// Memory errors.
    #[config(fixed, default = true)]
    pub ecc: bool,
    /// Retired pages and remapped rows.
    #[config(fixed, default = true)]
    pub repair: bool,
    /// PCI Express: link, traffic, errors. The throughput that takes 20 ms to measure is a group of
    /// its own.
    #[config(fixed, default = true)]
    pub pcie: bool,
    /// NVLink, each link by itself.
    #[config(fixed, default = true)]
    pub nvlink: bool,
    /// MIG: its mode, and instances as devices of their own.
    #[config(fixed, default = true)]
    pub mig: bool,
    /// The NVLink fabric.
    #[config(fixed, default = true)]
    pub fabric: bool,
    /// `hw.status` and the recovery action. The status knows what the other groups that are on
    /// read.
    #[config(fixed, default = true)]
    pub health: bool,
    /// Extremes of power, utilisation and clocks over `peak_window`.
    #[config(fixed, default = true)]
    pub peaks: bool,
    /// How busy SMs, pipes and memory are, on chips that tell (Hopper and later).
    #[config(fixed, default = true)]
    pub gpm: bool,
    /// Xids and other critical events.
    #[config(fixed, default = true)]
    pub events: bool,
    /// What goes over PCIe, on chips that `gpm` does not tell it of. Measuring takes 20 ms for each
    /// direction of each GPU, between two readings and one GPU at a time.
    #[config(fixed, default = false)]
    pub pcie_throughput: bool,
    /// Where each GPU is, the versions of driver and libraries, and how many GPUs there are.
    #[config(fixed, default = true)]
    pub info: bool,
}

/// What single processes use of each GPU.
#[derive(Clone, Debug, tracecore_schema::Config)]
pub struct Processes {
    /// Whether there are series for single processes. Their pids are labels that never come again.
    #[config(fixed, default = false)]
    pub enabled: bool,
    /// How many processes of a GPU have series: those that hold the most memory when they come.
    /// The others are counted.
    #[config(default = 32, min = 1, max = 1024)]
    pub limit: u32,
}

/// A node of simulated GPUs.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(rule(one_source(control, gpus, seed, profile)))]
pub struct Simulated {
    /// How many GPUs; 8 if it is left out.
    #[config(max = 32)]
    pub gpus: Option<u32>,
    /// What makes this node differ from another; 1 if it is left out.
    pub seed: Option<u64>,
    /// What GPUs and driver they are; `h100` if it is left out.
    pub profile: Option<Profile>,
    /// A control file of gpusim, by which faults can be scripted from another process. It
    /// decides the number of GPUs, the seed and the profile.
    pub control: Option<PathBuf>,
}

/// A kind of simulated node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, tracecore_schema::ConfigValue)]
#[non_exhaustive]
pub enum Profile {
    /// H100 SXM5: NVLink through switches, GPM counters.
    H100,
    /// A100 SXM4, each divided into seven MIG instances.
    #[config(name = "a100-mig")]
    A100Mig,
    /// L40S: no NVLink, no MIG, no memory sensor.
    L40s,
    /// V100 SXM2 with a driver of 2021, which lacks the newer functions.
    Old,
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

/// A window in which there is only one reading has no peak but that reading.
fn two_readings(window: &Duration, interval: &Duration) -> Result<(), String> {
    if *window >= *interval * 2 {
        return Ok(());
    }
    Err(format!(
        "`peak_window` is {window:?}: it has to hold two readings, so with this `collection_interval` at \
         least {:?}",
        *interval * 2
    ))
}

/// Both directions of one GPU have to fit between two readings, with the readings.
fn time_to_measure(groups: &Groups, interval: &Duration) -> Result<(), String> {
    const LEAST: Duration = Duration::from_millis(200);
    if groups.pcie_throughput && *interval < LEAST {
        return Err(format!(
            "`groups.pcie_throughput` takes 40 ms for each GPU between two readings: `collection_interval` has \
             to be at least {LEAST:?}, and is {interval:?}"
        ));
    }
    Ok(())
}

fn one_source(
    control: &Option<PathBuf>,
    gpus: &Option<u32>,
    seed: &Option<u64>,
    profile: &Option<Profile>,
) -> Result<(), String> {
    let decided = [
        (gpus.is_some(), "number of GPUs", "gpus"),
        (seed.is_some(), "seed", "seed"),
        (profile.is_some(), "profile", "profile"),
    ];
    match decided.iter().find(|(written, ..)| control.is_some() && *written) {
        Some((_, what, key)) => Err(format!("the `control` file decides the {what}: remove `{key}`")),
        None => Ok(()),
    }
}
