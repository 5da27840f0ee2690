// SPDX-License-Identifier: Apache-2.0
//! Processes, and what they use.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlProcessInfo_t, nvmlProcessUtilizationInfo_v1_t, nvmlProcessUtilizationSample_t,
    nvmlProcessesUtilizationInfo_v1_t,
};
use tracecore_gpusim::{Function as F, Process, ProcessKind};

use crate::boundary::{ask, check, put_list, version};

/// `nvmlProcessesUtilizationInfo_v1`.
const V1: c_uint = version::<nvmlProcessesUtilizationInfo_v1_t>(1);

export! {
    nvmlDeviceGetComputeRunningProcesses_v3(
        device: nvmlDevice_t, count: *mut c_uint, processes: *mut nvmlProcessInfo_t
    ) = ask(device, F::GetComputeRunningProcesses, |v| {
        put_list(count, processes, v.processes(ProcessKind::Compute).map(info))
    });
    nvmlDeviceGetGraphicsRunningProcesses_v3(
        device: nvmlDevice_t, count: *mut c_uint, processes: *mut nvmlProcessInfo_t
    ) = ask(device, F::GetGraphicsRunningProcesses, |v| {
        put_list(count, processes, v.processes(ProcessKind::Graphics).map(info))
    });
    nvmlDeviceGetMPSComputeRunningProcesses_v3(
        device: nvmlDevice_t, count: *mut c_uint, processes: *mut nvmlProcessInfo_t
    ) = ask(device, F::GetMpsComputeRunningProcesses, |v| {
        put_list(count, processes, v.processes(ProcessKind::Mps).map(info))
    });
    nvmlDeviceGetProcessUtilization(
        device: nvmlDevice_t, samples: *mut nvmlProcessUtilizationSample_t, count: *mut c_uint,
        since: c_ulonglong
    ) = ask(device, F::GetProcessUtilization, |v| {
        let loads = v.process_loads(since)?.map(|load| nvmlProcessUtilizationSample_t {
            pid: load.process.pid,
            timeStamp: v.now_us(),
            smUtil: load.process.sm.into(),
            memUtil: load.process.bandwidth.into(),
            encUtil: load.process.encoder.into(),
            decUtil: load.process.decoder.into(),
        });
        put_list(count, samples, loads)
    });
    nvmlDeviceGetProcessesUtilizationInfo(
        device: nvmlDevice_t, request: *mut nvmlProcessesUtilizationInfo_v1_t
    ) = ask(device, F::GetProcessesUtilizationInfo, |v| {
        check(request, V1)?;
        let loads = v.process_loads((*request).lastSeenTimeStamp)?.map(|load| nvmlProcessUtilizationInfo_v1_t {
            timeStamp: v.now_us(),
            pid: load.process.pid,
            smUtil: load.process.sm.into(),
            memUtil: load.process.bandwidth.into(),
            encUtil: load.process.encoder.into(),
            decUtil: load.process.decoder.into(),
            jpgUtil: load.jpeg,
            ofaUtil: load.ofa,
        });
        put_list(&raw mut (*request).processSamplesCount, (*request).procUtilArray, loads)
    });
}

fn info(process: Process) -> nvmlProcessInfo_t {
    nvmlProcessInfo_t {
        pid: process.pid,
        usedGpuMemory: process.memory,
        gpuInstanceId: process.gpu_instance.unwrap_or(u32::MAX),
        computeInstanceId: if process.gpu_instance.is_some() { 0 } else { u32::MAX },
    }
}
