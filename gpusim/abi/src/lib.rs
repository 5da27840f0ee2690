// SPDX-License-Identifier: Apache-2.0
//! The simulated GPUs behind the C ABI of `libnvidia-ml.so.1`.
//!
//! As a shared library (`libtracecore_gpusim_nvml.so`) it is loaded by path
//! where a driver's library would be, so that tests run the real way through
//! the foreign interface. As a Rust library it gives the same functions out
//! without loading anything ([`table`], [`attach`]), and finds that file for a
//! test ([`library_path`], [`install`]).
//!
//! A function is a row in `tracecore_gpusim::Function`, an answer of
//! `tracecore_gpusim::View`, and a line here that hands it out. What is not simulated is a
//! missing symbol, and so is in a copy by [`install_as`], and in [`table`], what the driver of
//! its profile lacks; through the library itself that says `NVML_ERROR_FUNCTION_NOT_FOUND`.
//! Signatures are checked against `nvml-wrapper-sys` by the compiler.
//!
//! What it must never do: panic into C, or be found by accident. It has no
//! SONAME and is never installed where the loader looks.
//!
//! Which node it simulates, in this order:
//! 1. the control file that [`CONTROL_VAR`] names;
//! 2. the control file next to the library, if there is one ([`CONTROL_SUFFIX`]);
//! 3. [`GPUS_VAR`], [`SEED_VAR`] and [`PROFILE_VAR`], or eight H100s.
//!
//! If that is wrong (no such file, not a number), initialisation fails with
//! `NVML_ERROR_OPERATING_SYSTEM` and a line on stderr says why.

#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `View` is not general enough in its lifetime to be passed by itself"
)]

#[macro_use]
mod export;

mod attach;
mod boundary;
mod clocks;
mod ecc;
mod events;
mod fabric;
mod fields;
mod gpm;
mod host;
mod identity;
mod locate;
mod mig;
mod nvlink;
mod pcie;
mod power;
mod processes;
mod samples;
mod system;
mod table;
mod usage;

pub use attach::{Attachment, attach};
pub use host::{CONTROL_SUFFIX, CONTROL_VAR, GPUS_VAR, PROFILE_VAR, SEED_VAR};
pub use locate::{InstallError, Instance, LibraryNotBuilt, install, install_as, library_path};
pub use table::table;
