// SPDX-License-Identifier: Apache-2.0
//! Memory errors, and memory that is not used any more.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlEccCounterType_t, nvmlEccSramErrorStatus_v1_t, nvmlEnableState_t,
    nvmlMemoryErrorType_t, nvmlMemoryLocation_t, nvmlPageRetirementCause_t, nvmlRowRemapperHistogramValues_t,
};
use tracecore_gpusim::{EccError, EccLocation, Function as F, SimError};

use crate::boundary::{ask, check, put, put_list, version};

/// `nvmlEccSramErrorStatus_v1`.
const SRAM_V1: c_uint = version::<nvmlEccSramErrorStatus_v1_t>(1);

export! {
    // All these boards have it, and nobody switched it off.
    nvmlDeviceGetEccMode(device: nvmlDevice_t, current: *mut nvmlEnableState_t, pending: *mut nvmlEnableState_t) =
        ask(device, F::GetEccMode, |_| put(current, 1).and(put(pending, 1)));
    nvmlDeviceGetTotalEccErrors(
        device: nvmlDevice_t, error: nvmlMemoryErrorType_t, counter: nvmlEccCounterType_t, count: *mut c_ulonglong
    ) = put(count, ask(device, F::GetTotalEccErrors, |v| v.ecc_total(kind(error)?, aggregate(counter)?))?);
    nvmlDeviceGetMemoryErrorCounter(
        device: nvmlDevice_t, error: nvmlMemoryErrorType_t, counter: nvmlEccCounterType_t,
        place: nvmlMemoryLocation_t, count: *mut c_ulonglong
    ) = {
        let value = ask(device, F::GetMemoryErrorCounter, |v| {
            v.ecc(kind(error)?, aggregate(counter)?, location(place)?)
        })?;
        put(count, value)
    };
    nvmlDeviceGetSramEccErrorStatus(device: nvmlDevice_t, status: *mut nvmlEccSramErrorStatus_v1_t) = {
        let errors = ask(device, F::GetSramEccErrorStatus, |v| v.sram_errors())?;
        check(status, SRAM_V1)?;
        put(status, nvmlEccSramErrorStatus_v1_t {
            version: SRAM_V1,
            aggregateUncParity: errors.parity[0],
            aggregateUncSecDed: errors.sec_ded[0],
            aggregateCor: errors.corrected[0],
            volatileUncParity: errors.parity[1],
            volatileUncSecDed: errors.sec_ded[1],
            volatileCor: errors.corrected[1],
            aggregateUncBucketL2: errors.l2,
            aggregateUncBucketSm: errors.sm,
            aggregateUncBucketPcie: 0,
            aggregateUncBucketMcu: 0,
            aggregateUncBucketOther: errors.other,
            bThresholdExceeded: errors.threshold_exceeded.into(),
        })
    };

    nvmlDeviceGetRetiredPages(
        device: nvmlDevice_t, cause: nvmlPageRetirementCause_t, count: *mut c_uint, addresses: *mut c_ulonglong
    ) = ask(device, F::GetRetiredPages, |v| {
        let pages = v.retired_pages(retired(cause)?)?;
        put_list(count, addresses, pages.map(|(address, _)| address))
    });
    nvmlDeviceGetRetiredPages_v2(
        device: nvmlDevice_t, cause: nvmlPageRetirementCause_t, count: *mut c_uint,
        addresses: *mut c_ulonglong, timestamps: *mut c_ulonglong
    ) = ask(device, F::GetRetiredPagesV2, |v| {
        let pages = v.retired_pages(retired(cause)?)?;
        put_list(count, addresses, pages.clone().map(|(address, _)| address))?;
        match timestamps.is_null() {
            true => Ok(()),
            false => put_list(count, timestamps, pages.map(|(_, time)| time)),
        }
    });
    nvmlDeviceGetRetiredPagesPendingStatus(device: nvmlDevice_t, pending: *mut nvmlEnableState_t) =
        put(pending, ask(device, F::GetRetiredPagesPendingStatus, |v| v.retirement_pending())?.into());
    nvmlDeviceGetRemappedRows(
        device: nvmlDevice_t, corrected: *mut c_uint, uncorrected: *mut c_uint,
        pending: *mut c_uint, failed: *mut c_uint
    ) = {
        let rows = ask(device, F::GetRemappedRows, |v| v.remapped_rows())?;
        put(corrected, rows.corrected)
            .and(put(uncorrected, rows.uncorrected))
            .and(put(pending, rows.pending.into()))
            .and(put(failed, rows.failed.into()))
    };
    nvmlDeviceGetRowRemapperHistogram(device: nvmlDevice_t, values: *mut nvmlRowRemapperHistogramValues_t) = {
        let banks = ask(device, F::GetRowRemapperHistogram, |v| v.row_histogram())?;
        put(values, nvmlRowRemapperHistogramValues_t {
            max: banks.max,
            high: banks.high,
            partial: banks.partial,
            low: banks.low,
            none: banks.none,
        })
    };
}

/// `NVML_MEMORY_ERROR_TYPE_*`.
fn kind(error: nvmlMemoryErrorType_t) -> Result<EccError, SimError> {
    match error {
        0 => Ok(EccError::Corrected),
        1 => Ok(EccError::Uncorrected),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}

/// `NVML_PAGE_RETIREMENT_CAUSE_*`.
fn retired(cause: nvmlPageRetirementCause_t) -> Result<EccError, SimError> {
    // Several single-bit errors, or one double-bit error.
    kind(cause)
}

/// `NVML_VOLATILE_ECC` or `NVML_AGGREGATE_ECC`.
fn aggregate(counter: nvmlEccCounterType_t) -> Result<bool, SimError> {
    match counter {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}

/// `NVML_MEMORY_LOCATION_*`.
fn location(place: nvmlMemoryLocation_t) -> Result<EccLocation, SimError> {
    match place {
        0 => Ok(EccLocation::L1),
        1 => Ok(EccLocation::L2),
        2 => Ok(EccLocation::Dram),
        3 => Ok(EccLocation::RegisterFile),
        4 => Ok(EccLocation::Texture),
        5 => Ok(EccLocation::TextureShared),
        6 => Ok(EccLocation::Cbu),
        7 => Ok(EccLocation::Sram),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}
