// SPDX-License-Identifier: Apache-2.0
//! Clocks, and why they are what they are.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlClockType_t, nvmlDevice_t, nvmlPerfPolicyType_t, nvmlPstates_t, nvmlViolationTime_t,
};
use tracecore_gpusim::{ClockDomain, Function as F, PerfPolicy, SimError};

use crate::boundary::{ask, put};

export! {
    nvmlDeviceGetClockInfo(device: nvmlDevice_t, kind: nvmlClockType_t, mhz: *mut c_uint) =
        put(mhz, ask(device, F::GetClockInfo, |v| Ok(v.clock(clock_domain(kind)?)))?);
    nvmlDeviceGetMaxClockInfo(device: nvmlDevice_t, kind: nvmlClockType_t, mhz: *mut c_uint) =
        put(mhz, ask(device, F::GetMaxClockInfo, |v| Ok(v.max_clock(clock_domain(kind)?)))?);
    nvmlDeviceGetPerformanceState(device: nvmlDevice_t, state: *mut nvmlPstates_t) =
        put(state, ask(device, F::GetPerformanceState, |v| Ok(v.performance_state()))?);
    nvmlDeviceGetCurrentClocksEventReasons(device: nvmlDevice_t, reasons: *mut c_ulonglong) =
        put(reasons, ask(device, F::GetCurrentClocksEventReasons, |v| Ok(v.reading().clock_reasons))?);
    nvmlDeviceGetCurrentClocksThrottleReasons(device: nvmlDevice_t, reasons: *mut c_ulonglong) =
        put(reasons, ask(device, F::GetCurrentClocksThrottleReasons, |v| Ok(v.reading().clock_reasons))?);
    nvmlDeviceGetSupportedClocksEventReasons(device: nvmlDevice_t, reasons: *mut c_ulonglong) =
        put(reasons, ask(device, F::GetSupportedClocksEventReasons, |v| Ok(v.supported_reasons()))?);
    nvmlDeviceGetSupportedClocksThrottleReasons(device: nvmlDevice_t, reasons: *mut c_ulonglong) =
        put(reasons, ask(device, F::GetSupportedClocksThrottleReasons, |v| Ok(v.supported_reasons()))?);
    nvmlDeviceGetViolationStatus(
        device: nvmlDevice_t, kind: nvmlPerfPolicyType_t, time: *mut nvmlViolationTime_t
    ) = {
        let (now, held) =
            ask(device, F::GetViolationStatus, |v| Ok((v.now_us(), v.violation_ns(policy(kind)?))))?;
        put(time, nvmlViolationTime_t { referenceTime: now, violationTime: held })
    };
}

/// `NVML_CLOCK_*`.
fn clock_domain(kind: nvmlClockType_t) -> Result<ClockDomain, SimError> {
    match kind {
        0 => Ok(ClockDomain::Graphics),
        1 => Ok(ClockDomain::Sm),
        2 => Ok(ClockDomain::Memory),
        3 => Ok(ClockDomain::Video),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}

/// `NVML_PERF_POLICY_*`.
fn policy(kind: nvmlPerfPolicyType_t) -> Result<PerfPolicy, SimError> {
    match kind {
        0 => Ok(PerfPolicy::Power),
        1 => Ok(PerfPolicy::Thermal),
        2 => Ok(PerfPolicy::SyncBoost),
        3 => Ok(PerfPolicy::BoardLimit),
        4 => Ok(PerfPolicy::LowUtilization),
        5 => Ok(PerfPolicy::Reliability),
        10 => Ok(PerfPolicy::AppClocks),
        11 => Ok(PerfPolicy::BaseClocks),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}
