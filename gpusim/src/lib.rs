// SPDX-License-Identifier: Apache-2.0
//! Simulated H100-class GPUs: one model, two doors.
//!
//! The model gives each GPU a changing workload and lets load, clocks, power,
//! heat, energy and memory follow from it. This crate is the Rust door
//! ([`Simulation`]); `tracecore-gpusim-abi` is the same simulation behind the
//! C ABI of `libnvidia-ml.so.1`. Both answer with the driver library's return
//! codes, and both obey a [`Control`]: faults (codes, delays, hangs, lost and
//! late devices) scripted from a test or from another process.
//!
//! What it must never do: stand in for a driver silently. Nothing here searches
//! for GPUs or replaces a library that is missing; a caller asks for simulated
//! GPUs by name, and their UUIDs start with [`UUID_PREFIX`].
//!
//! Invariants:
//! - No threads, and no allocation when a value is read.
//! - The same seed and the same simulated time give the same readings, however
//!   often and in whatever order they were read.
//! - `unsafe` only in the module that maps the control file.

mod clock;
mod control;
mod device;
mod error;
mod function;
mod identity;
mod model;
mod noise;
mod simulation;
mod spec;

pub use clock::{Clock, ManualClock};
pub use control::{Control, ControlError, Target};
pub use device::{ClockDomain, Device, FieldValue, Fields, Memory, Threshold, Utilization};
pub use error::SimError;
pub use function::Function;
pub use identity::{Identity, PciAddress, UUID_PREFIX};
pub use model::{Model, Reading, STEP};
pub use simulation::{Options, Simulation};
pub use spec::{CUDA_DRIVER_VERSION, DRIVER_VERSION, H100_SXM5, NVML_VERSION, Spec};

/// Most GPUs that one simulated node can have: what the control file has room for.
pub const MAX_GPUS: u32 = 32;

/// GPUs of a node that nobody configured: one HGX board.
pub const DEFAULT_GPUS: u32 = 8;

/// Seed of a node that nobody configured.
pub const DEFAULT_SEED: u64 = 1;
