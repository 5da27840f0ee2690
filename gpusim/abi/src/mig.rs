// SPDX-License-Identifier: Apache-2.0
//! Partitioned GPUs.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::c_uint;

use nvml_wrapper_sys::bindings::{nvmlDevice_t, nvmlDeviceAttributes_t, nvmlGpuInstanceProfileInfo_t};
use tracecore_gpusim::{Function as F, Place};

use crate::boundary::{ask, handle, put};

export! {
    nvmlDeviceGetMigMode(device: nvmlDevice_t, current: *mut c_uint, pending: *mut c_uint) = {
        let on = ask(device, F::GetMigMode, |v| v.mig_mode())?.into();
        put(current, on).and(put(pending, on))
    };
    nvmlDeviceGetMaxMigDeviceCount(device: nvmlDevice_t, count: *mut c_uint) =
        put(count, ask(device, F::GetMaxMigDeviceCount, |v| Ok(v.max_instances()))?);
    nvmlDeviceGetMigDeviceHandleByIndex(device: nvmlDevice_t, index: c_uint, instance: *mut nvmlDevice_t) = {
        let slot = ask(device, F::GetMigDeviceHandleByIndex, |v| v.instance_at(index).map(|_| v.place().slot))?;
        put(instance, handle(Place { slot, instance: Some(index) }))
    };
    nvmlDeviceIsMigDeviceHandle(device: nvmlDevice_t, is: *mut c_uint) =
        put(is, ask(device, F::IsMigDeviceHandle, |v| Ok(v.place().instance.is_some()))?.into());
    nvmlDeviceGetGpuInstanceId(device: nvmlDevice_t, id: *mut c_uint) =
        put(id, ask(device, F::GetGpuInstanceId, |v| v.of_instance())?.gpu_instance);
    nvmlDeviceGetComputeInstanceId(device: nvmlDevice_t, id: *mut c_uint) =
        put(id, ask(device, F::GetComputeInstanceId, |v| v.of_instance())?.compute_instance);
    nvmlDeviceGetDeviceHandleFromMigDeviceHandle(instance: nvmlDevice_t, device: *mut nvmlDevice_t) = {
        let slot = ask(instance, F::GetDeviceHandleFromMigDeviceHandle, |v| {
            v.of_instance().map(|_| v.place().slot)
        })?;
        put(device, handle(Place::gpu(slot)))
    };
    nvmlDeviceGetAttributes_v2(device: nvmlDevice_t, attributes: *mut nvmlDeviceAttributes_t) = {
        let has = ask(device, F::GetAttributes, |v| v.attributes())?;
        put(attributes, nvmlDeviceAttributes_t {
            multiprocessorCount: has.multiprocessors,
            sharedCopyEngineCount: has.copies,
            sharedDecoderCount: has.decoders,
            sharedEncoderCount: has.encoders,
            sharedJpegCount: has.jpegs,
            sharedOfaCount: has.ofas,
            gpuInstanceSliceCount: has.gpu_slices,
            computeInstanceSliceCount: has.compute_slices,
            memorySizeMB: has.memory_mib,
        })
    };
    nvmlDeviceGetGpuInstanceProfileInfo(
        device: nvmlDevice_t, profile: c_uint, info: *mut nvmlGpuInstanceProfileInfo_t
    ) = {
        let found = ask(device, F::GetGpuInstanceProfileInfo, |v| v.instance_profile(profile))?;
        put(info, nvmlGpuInstanceProfileInfo_t {
            id: found.id,
            isP2pSupported: 0,
            sliceCount: found.attributes.gpu_slices,
            instanceCount: found.count,
            multiprocessorCount: found.attributes.multiprocessors,
            copyEngineCount: found.attributes.copies,
            decoderCount: found.attributes.decoders,
            encoderCount: found.attributes.encoders,
            jpegCount: found.attributes.jpegs,
            ofaCount: found.attributes.ofas,
            memorySizeMB: found.attributes.memory_mib,
        })
    };
}
