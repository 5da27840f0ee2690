// SPDX-License-Identifier: Apache-2.0
//! The fabric of switches. The older function has a structure without a version.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::c_uint;

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlGpuFabricInfo_t, nvmlGpuFabricInfo_v2_t, nvmlGpuFabricInfo_v3_t, nvmlGpuFabricInfoV_t,
};
use tracecore_gpusim::Function as F;

use crate::boundary::{ask, check, put, version};

/// `nvmlGpuFabricInfo_v2`.
const V2: c_uint = version::<nvmlGpuFabricInfo_v2_t>(2);
/// `nvmlGpuFabricInfo_v3`.
const V3: c_uint = version::<nvmlGpuFabricInfo_v3_t>(3);

export! {
    nvmlDeviceGetGpuFabricInfo(device: nvmlDevice_t, info: *mut nvmlGpuFabricInfo_t) = {
        let fabric = ask(device, F::GetGpuFabricInfo, |v| v.fabric())?;
        put(info, nvmlGpuFabricInfo_t {
            clusterUuid: fabric.cluster,
            status: 0,
            cliqueId: fabric.clique,
            // Eight bits in this structure.
            state: u8::try_from(fabric.state).unwrap_or(0),
        })
    };
    nvmlDeviceGetGpuFabricInfoV(device: nvmlDevice_t, info: *mut nvmlGpuFabricInfoV_t) = {
        let fabric = ask(device, F::GetGpuFabricInfoV, |v| v.fabric())?;
        let older = nvmlGpuFabricInfo_v2_t {
            version: V2,
            clusterUuid: fabric.cluster,
            status: 0,
            cliqueId: fabric.clique,
            state: u8::try_from(fabric.state).unwrap_or(0),
            healthMask: fabric.health,
        };
        if check(info, V2).is_ok() {
            return put(info.cast::<nvmlGpuFabricInfo_v2_t>(), older);
        }
        check(info, V3)?;
        put(info, nvmlGpuFabricInfo_v3_t {
            version: V3,
            clusterUuid: older.clusterUuid,
            status: older.status,
            cliqueId: older.cliqueId,
            state: older.state,
            healthMask: older.healthMask,
            healthSummary: fabric.summary,
        })
    };
}
