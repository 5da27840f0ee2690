// SPDX-License-Identifier: Apache-2.0
//! Simulated data-centre GPUs: a model of the boards, and of the driver library's answers.
//!
//! The model gives each GPU a changing workload and lets load, clocks, power,
//! heat, energy and memory follow from it. [`View`] is what the driver's functions answer,
//! family by family; `tracecore-gpusim-abi` is the same behind the C ABI of
//! `libnvidia-ml.so.1`. Everything answers with the driver library's return
//! codes and obeys a [`Control`]: faults scripted from a test or from another process.
//!
//! What it must never do: stand in for a driver silently. Nothing here searches
//! for GPUs or replaces a library that is missing; a caller asks for simulated
//! GPUs by name, and their UUIDs start with [`UUID_PREFIX`].
//!
//! Invariants:
//! - No threads, and no allocation when a number is read.
//! - The same seed and the same simulated time give the same readings, however
//!   often and in whatever order they were read.
//! - `unsafe` only in the module that maps the control file.

mod clock;
mod control;
mod costs;
mod device;
mod error;
mod events;
mod function;
mod identity;
mod mig;
mod model;
mod node;
mod noise;
mod profile;
mod simulation;
mod spec;
mod view;

pub use clock::{Clock, ManualClock};
pub use control::{
    Control, ControlError, Counter, EccError, EccLocation, Event, LinkError, Process, ProcessKind, Setup,
    Spike, Target,
};
pub use costs::Costs;
pub use device::Device;
pub use error::SimError;
pub use events::kind;
pub use function::Function;
pub use identity::{Identity, PciAddress, UUID_PREFIX, instance_uuid};
pub use mig::{MAX_INSTANCES, MigInstance, MigLayout};
pub use model::{Activity, Counters, Model, Reading, STEP, SampleKind, Samples, reason};
pub use node::Place;
pub use profile::{Profile, UnknownProfile};
pub use simulation::{Options, Simulation};
pub use spec::{A100_SXM4, Ecc, Engines, H100_SXM5, L40S, NvLink, Slice, Spec, V100_SXM2};
pub use view::{
    Attributes, Bar1, ClockDomain, Fabric, Field, GPM_LINK_METRICS, GpmSample, InstanceProfile,
    LinkCapability, MemoryInfo, PerfPolicy, ProcessLoad, RemappedRows, RowHistogram, SramErrors, Threshold,
    Utilization, View,
};

/// Most GPUs that one simulated node can have: what the control file has room for.
pub const MAX_GPUS: u32 = 64;

/// GPUs of a node that nobody configured: one HGX board.
pub const DEFAULT_GPUS: u32 = 8;

/// Seed of a node that nobody configured.
pub const DEFAULT_SEED: u64 = 1;
