// SPDX-License-Identifier: Apache-2.0
//! PCIe.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::c_uint;
use std::thread;

use nvml_wrapper_sys::bindings::{nvmlDevice_t, nvmlPcieUtilCounter_t};
use tracecore_gpusim::{Function as F, SimError};

use crate::boundary::{ask, put};

export! {
    nvmlDeviceGetCurrPcieLinkGeneration(device: nvmlDevice_t, generation: *mut c_uint) =
        put(generation, ask(device, F::GetCurrPcieLinkGeneration, |v| Ok(v.pcie_generation()))?);
    nvmlDeviceGetMaxPcieLinkGeneration(device: nvmlDevice_t, generation: *mut c_uint) =
        put(generation, ask(device, F::GetMaxPcieLinkGeneration, |v| Ok(v.spec().pcie_generation))?);
    nvmlDeviceGetCurrPcieLinkWidth(device: nvmlDevice_t, lanes: *mut c_uint) =
        put(lanes, ask(device, F::GetCurrPcieLinkWidth, |v| Ok(v.pcie_width()))?);
    nvmlDeviceGetMaxPcieLinkWidth(device: nvmlDevice_t, lanes: *mut c_uint) =
        put(lanes, ask(device, F::GetMaxPcieLinkWidth, |v| Ok(v.pcie_width_max()))?);
    nvmlDeviceGetPcieReplayCounter(device: nvmlDevice_t, count: *mut c_uint) =
        put(count, ask(device, F::GetPcieReplayCounter, |v| Ok(v.pcie_replays()))?);
    nvmlDeviceGetPcieThroughput(device: nvmlDevice_t, counter: nvmlPcieUtilCounter_t, rate: *mut c_uint) = {
        let receive = match counter {
            0 => false,
            1 => true,
            _ => return Err(SimError::INVALID_ARGUMENT),
        };
        let (wait, value) =
            ask(device, F::GetPcieThroughput, |v| Ok((v.pcie_wait(), v.pcie_throughput(receive))))?;
        if !wait.is_zero() {
            thread::sleep(wait);
        }
        put(rate, value)
    };
}
