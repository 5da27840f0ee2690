// SPDX-License-Identifier: Apache-2.0
//! The functions as a table, for a program that simulates GPUs without loading a library.
#![allow(unsafe_code, reason = "a table is made by opening a shared library")]

use nvml_wrapper_sys::bindings::NvmlLib;

use crate::{
    attach, clocks, ecc, events, fabric, fields, gpm, identity, mig, nvlink, pcie, power, processes, samples,
    system, usage,
};

/// Loaded in every process that can load anything, and without a symbol of a driver's library.
const EMPTY: &str = "libc.so.6";

/// The functions of the simulated library as the table that a loaded one gives.
///
/// Calls through it go to the node that the calling thread is [attached](crate::attach) to.
/// What that node's driver lacks is an `Err` (so attach first), and so is what is not simulated;
/// no entry ever comes from a driver that is installed.
///
/// # Panics
/// The C library that this process runs on cannot be opened a second time.
#[must_use]
#[expect(clippy::expect_used, reason = "a process without its own C library does not get here")]
pub fn table() -> NvmlLib {
    // SAFETY: the C library is loaded already; nothing of it runs.
    let mut table = unsafe { NvmlLib::new(EMPTY) }.expect("the C library of this process");
    let has = attach::has();
    for enter in [
        clocks::enter,
        ecc::enter,
        events::enter,
        fabric::enter,
        fields::enter,
        gpm::enter,
        identity::enter,
        mig::enter,
        nvlink::enter,
        pcie::enter,
        power::enter,
        processes::enter,
        samples::enter,
        system::enter,
        usage::enter,
    ] {
        enter(&mut table, &has);
    }
    table.nvmlErrorString = Ok(system::nvmlErrorString);
    table
}
