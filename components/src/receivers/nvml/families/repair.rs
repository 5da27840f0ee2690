// SPDX-License-Identifier: Apache-2.0
//! Memory that was taken out of use: retired pages (before Ampere) and remapped rows.

use nvml_wrapper_sys::bindings::nvmlRowRemapperHistogramValues_t;

use super::super::driver::{Device, field};
use super::super::fields::Row;
use super::super::group::Health;
use super::super::reading::{Read, reading};

const CAUSE: &str = "tracecore.gpu.retired_pages.cause";

/// What newer drivers tell by number.
pub(in super::super) const FIELDS: &[Row] = &[
    Row::count(field!(NVML_FI_DEV_RETIRED_SBE), |m| m.repair.retired_pages, &[(CAUSE, "single_bit")]),
    Row::count(field!(NVML_FI_DEV_RETIRED_DBE), |m| m.repair.retired_pages, &[(CAUSE, "double_bit")]),
    Row::flag(field!(NVML_FI_DEV_RETIRED_PENDING), |m| m.repair.retirement_pending, &[]).tells(pending),
    Row::count(field!(NVML_FI_DEV_REMAPPED_COR), |m| m.repair.remapped_rows, &[("error.type", "corrected")]),
    Row::count(
        field!(NVML_FI_DEV_REMAPPED_UNC),
        |m| m.repair.remapped_rows,
        &[("error.type", "uncorrected")],
    ),
    Row::flag(field!(NVML_FI_DEV_REMAPPED_PENDING), |m| m.repair.remapping_pending, &[]).tells(pending),
    Row::flag(field!(NVML_FI_DEV_REMAPPED_FAILURE), |m| m.repair.remapping_failed, &[]).tells(failed),
];

const fn pending(pending: u64) -> Health {
    if pending == 0 { Health::Ok } else { Health::Predicted }
}

const fn failed(failed: u64) -> Health {
    if failed == 0 { Health::Ok } else { Health::Failed }
}

reading! {
    /// Banks by their spare rows.
    Histogram: EachLook, "nvmlDeviceGetRowRemapperHistogram",
    Device::row_histogram => nvmlRowRemapperHistogramValues_t, |banks| {
        max: i64 = repair.remapping_banks ["tracecore.gpu.remapped_rows.spare" = "max"] => i64::from(banks.max);
        high: i64 = repair.remapping_banks ["tracecore.gpu.remapped_rows.spare" = "high"] => i64::from(banks.high);
        partial: i64 = repair.remapping_banks
            ["tracecore.gpu.remapped_rows.spare" = "partial"] => i64::from(banks.partial);
        low: i64 = repair.remapping_banks ["tracecore.gpu.remapped_rows.spare" = "low"] => i64::from(banks.low);
        none: i64 = repair.remapping_banks ["tracecore.gpu.remapped_rows.spare" = "none"] => i64::from(banks.none);
    }
}

/// What is not asked by number.
pub(in super::super) type Repair = (Read<Histogram>,);
