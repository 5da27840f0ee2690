// SPDX-License-Identifier: Apache-2.0
//! Functions that are not about one GPU.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_char, c_int, c_uint};

use nvml_wrapper_sys::bindings::{nvmlDevice_t, nvmlReturn_t};
use tracecore_gpusim::{SimError, Simulation};

use crate::boundary::{handle, put, put_text, text};
use crate::host::{node, start};

export! {
    nvmlInit_v2() = start(Simulation::init);
    nvmlInitWithFlags(flags: c_uint) = start(|node| node.init_with_flags(flags));
    nvmlShutdown() = node(Simulation::shutdown);
    nvmlSystemGetDriverVersion(version: *mut c_char, length: c_uint) =
        node(|node| put_text(version, length, &node.driver_version()?));
    nvmlSystemGetNVMLVersion(version: *mut c_char, length: c_uint) =
        node(|node| put_text(version, length, &node.nvml_version()?));
    nvmlSystemGetCudaDriverVersion(version: *mut c_int) =
        node(|node| put(version, node.cuda_driver_version()?));
    nvmlSystemGetCudaDriverVersion_v2(version: *mut c_int) =
        node(|node| put(version, node.cuda_driver_version_v2()?));
    nvmlDeviceGetCount_v2(count: *mut c_uint) = node(|node| put(count, node.count()?));
    nvmlDeviceGetHandleByIndex_v2(index: c_uint, device: *mut nvmlDevice_t) =
        node(|node| put(device, handle(node.device_by_index(index)?.place())));
    nvmlDeviceGetHandleByUUID(uuid: *const c_char, device: *mut nvmlDevice_t) =
        node(|node| put(device, handle(node.device_by_uuid(text(uuid)?)?.place())));
    nvmlDeviceGetHandleByPciBusId_v2(address: *const c_char, device: *mut nvmlDevice_t) =
        node(|node| put(device, handle(node.device_by_pci_bus_id(text(address)?)?.place())));
}

/// `nvmlErrorString` of the simulated GPUs: works before any initialisation, and cannot fail.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmlErrorString(result: nvmlReturn_t) -> *const c_char {
    SimError::describe(result).as_ptr()
}
