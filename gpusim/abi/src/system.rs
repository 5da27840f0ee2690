// SPDX-License-Identifier: Apache-2.0
//! Functions that are not about one GPU.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_char, c_int, c_uint};

use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t, nvmlReturn_t};
use tracecore_gpusim::SimError;

use crate::boundary::{handle, put, put_text, text};
use crate::host::{running, start};

export! {
    nvmlInit_v2() = start()?.init();
    nvmlInitWithFlags(flags: c_uint) = start()?.init_with_flags(flags);
    nvmlShutdown() = running()?.shutdown();
    nvmlSystemGetDriverVersion(version: *mut c_char, length: c_uint) =
        put_text(version, length, running()?.driver_version()?);
    nvmlSystemGetNVMLVersion(version: *mut c_char, length: c_uint) =
        put_text(version, length, running()?.nvml_version()?);
    nvmlSystemGetCudaDriverVersion(version: *mut c_int) = put(version, running()?.cuda_driver_version()?);
    nvmlSystemGetCudaDriverVersion_v2(version: *mut c_int) =
        put(version, running()?.cuda_driver_version_v2()?);
    nvmlDeviceGetCount_v2(count: *mut c_uint) = put(count, running()?.count()?);
    nvmlDeviceGetHandleByIndex_v2(index: c_uint, device: *mut nvmlDevice_t) =
        put(device, handle(&running()?.device_by_index(index)?));
    nvmlDeviceGetHandleByUUID(uuid: *const c_char, device: *mut nvmlDevice_t) =
        put(device, handle(&running()?.device_by_uuid(text(uuid)?)?));
    nvmlDeviceGetHandleByPciBusId_v2(address: *const c_char, device: *mut nvmlDevice_t) =
        put(device, handle(&running()?.device_by_pci_bus_id(text(address)?)?));
}

/// `nvmlErrorString` of the simulated GPUs: works before any initialisation, and cannot fail.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmlErrorString(result: nvmlReturn_t) -> *const c_char {
    SimError::describe(result).as_ptr()
}

const _: fn(&mut NvmlLib) = |library| library.nvmlErrorString = Ok(nvmlErrorString);
