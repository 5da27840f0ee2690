// SPDX-License-Identifier: Apache-2.0
//! Memory errors that were found by error-correcting codes.

use nvml_wrapper_sys::bindings::nvmlEccSramErrorStatus_t;

use super::super::driver::{Device, FieldId, field};
use super::super::fields::Row;
use super::super::group::Health;
use super::super::reading::{Read, reading};

type Attribute = (&'static str, &'static str);

const GPU: Attribute = ("hw.type", "gpu");
const CORRECTED: Attribute = ("error.type", "corrected");
const UNCORRECTED: Attribute = ("error.type", "uncorrected");
const VOLATILE: Attribute = ("tracecore.gpu.ecc.counter", "volatile");
const AGGREGATE: Attribute = ("tracecore.gpu.ecc.counter", "aggregate");
const DEVICE: Attribute = ("tracecore.gpu.ecc.location", "device_memory");
const L1: Attribute = ("tracecore.gpu.ecc.location", "l1");
const L2: Attribute = ("tracecore.gpu.ecc.location", "l2");
const REGISTERS: Attribute = ("tracecore.gpu.ecc.location", "register_file");
const TEXTURE: Attribute = ("tracecore.gpu.ecc.location", "texture");
const CBU: Attribute = ("tracecore.gpu.ecc.location", "cbu");

const fn at(field: FieldId, attributes: &'static [Attribute]) -> Row {
    Row::count(field, |m| m.ecc.by_location, attributes)
}

/// Totals, and which of them were found where. A chip has counters for some of the places.
pub(in super::super) const FIELDS: &[Row] = &[
    Row::count(field!(NVML_FI_DEV_ECC_SBE_AGG_TOTAL), |m| m.ecc.hw_errors, &[GPU, CORRECTED]),
    Row::count(field!(NVML_FI_DEV_ECC_DBE_AGG_TOTAL), |m| m.ecc.hw_errors, &[GPU, UNCORRECTED]),
    Row::count(field!(NVML_FI_DEV_ECC_SBE_VOL_TOTAL), |m| m.ecc.errors, &[CORRECTED, VOLATILE]),
    Row::count(field!(NVML_FI_DEV_ECC_DBE_VOL_TOTAL), |m| m.ecc.errors, &[UNCORRECTED, VOLATILE]),
    Row::count(field!(NVML_FI_DEV_ECC_SBE_AGG_TOTAL), |m| m.ecc.errors, &[CORRECTED, AGGREGATE]),
    Row::count(field!(NVML_FI_DEV_ECC_DBE_AGG_TOTAL), |m| m.ecc.errors, &[UNCORRECTED, AGGREGATE]),
    at(field!(NVML_FI_DEV_ECC_SBE_VOL_DEV), &[CORRECTED, VOLATILE, DEVICE]),
    at(field!(NVML_FI_DEV_ECC_DBE_VOL_DEV), &[UNCORRECTED, VOLATILE, DEVICE]),
    at(field!(NVML_FI_DEV_ECC_SBE_VOL_L1), &[CORRECTED, VOLATILE, L1]),
    at(field!(NVML_FI_DEV_ECC_DBE_VOL_L1), &[UNCORRECTED, VOLATILE, L1]),
    at(field!(NVML_FI_DEV_ECC_SBE_VOL_L2), &[CORRECTED, VOLATILE, L2]),
    at(field!(NVML_FI_DEV_ECC_DBE_VOL_L2), &[UNCORRECTED, VOLATILE, L2]),
    at(field!(NVML_FI_DEV_ECC_SBE_VOL_REG), &[CORRECTED, VOLATILE, REGISTERS]),
    at(field!(NVML_FI_DEV_ECC_DBE_VOL_REG), &[UNCORRECTED, VOLATILE, REGISTERS]),
    at(field!(NVML_FI_DEV_ECC_SBE_VOL_TEX), &[CORRECTED, VOLATILE, TEXTURE]),
    at(field!(NVML_FI_DEV_ECC_DBE_VOL_TEX), &[UNCORRECTED, VOLATILE, TEXTURE]),
    at(field!(NVML_FI_DEV_ECC_DBE_VOL_CBU), &[UNCORRECTED, VOLATILE, CBU]),
    at(field!(NVML_FI_DEV_ECC_SBE_AGG_DEV), &[CORRECTED, AGGREGATE, DEVICE]),
    at(field!(NVML_FI_DEV_ECC_DBE_AGG_DEV), &[UNCORRECTED, AGGREGATE, DEVICE]),
    at(field!(NVML_FI_DEV_ECC_SBE_AGG_L1), &[CORRECTED, AGGREGATE, L1]),
    at(field!(NVML_FI_DEV_ECC_DBE_AGG_L1), &[UNCORRECTED, AGGREGATE, L1]),
    at(field!(NVML_FI_DEV_ECC_SBE_AGG_L2), &[CORRECTED, AGGREGATE, L2]),
    at(field!(NVML_FI_DEV_ECC_DBE_AGG_L2), &[UNCORRECTED, AGGREGATE, L2]),
    at(field!(NVML_FI_DEV_ECC_SBE_AGG_REG), &[CORRECTED, AGGREGATE, REGISTERS]),
    at(field!(NVML_FI_DEV_ECC_DBE_AGG_REG), &[UNCORRECTED, AGGREGATE, REGISTERS]),
    at(field!(NVML_FI_DEV_ECC_SBE_AGG_TEX), &[CORRECTED, AGGREGATE, TEXTURE]),
    at(field!(NVML_FI_DEV_ECC_DBE_AGG_TEX), &[UNCORRECTED, AGGREGATE, TEXTURE]),
    at(field!(NVML_FI_DEV_ECC_DBE_AGG_CBU), &[UNCORRECTED, AGGREGATE, CBU]),
];

reading! {
    /// SRAM, which newer chips count by itself.
    Sram: EachTick, "nvmlDeviceGetSramEccErrorStatus", Device::sram_errors => nvmlEccSramErrorStatus_t,
    tells worn, |sram| {
        volatile_corrected: u64 = ecc.sram
            ["tracecore.gpu.ecc.check" = "corrected", "tracecore.gpu.ecc.counter" = "volatile"] => sram.volatileCor;
        volatile_parity: u64 = ecc.sram
            ["tracecore.gpu.ecc.check" = "parity", "tracecore.gpu.ecc.counter" = "volatile"] => sram.volatileUncParity;
        volatile_secded: u64 = ecc.sram
            ["tracecore.gpu.ecc.check" = "secded", "tracecore.gpu.ecc.counter" = "volatile"] => sram.volatileUncSecDed;
        aggregate_corrected: u64 = ecc.sram
            ["tracecore.gpu.ecc.check" = "corrected", "tracecore.gpu.ecc.counter" = "aggregate"] => sram.aggregateCor;
        aggregate_parity: u64 = ecc.sram
            ["tracecore.gpu.ecc.check" = "parity", "tracecore.gpu.ecc.counter" = "aggregate"] => sram.aggregateUncParity;
        aggregate_secded: u64 = ecc.sram
            ["tracecore.gpu.ecc.check" = "secded", "tracecore.gpu.ecc.counter" = "aggregate"] => sram.aggregateUncSecDed;
        l2: u64 = ecc.sram_by_location ["tracecore.gpu.ecc.location" = "l2"] => sram.aggregateUncBucketL2;
        sm: u64 = ecc.sram_by_location ["tracecore.gpu.ecc.location" = "sm"] => sram.aggregateUncBucketSm;
        pcie: u64 = ecc.sram_by_location ["tracecore.gpu.ecc.location" = "pcie"] => sram.aggregateUncBucketPcie;
        microcontroller: u64 = ecc.sram_by_location
            ["tracecore.gpu.ecc.location" = "microcontroller"] => sram.aggregateUncBucketMcu;
        other: u64 = ecc.sram_by_location ["tracecore.gpu.ecc.location" = "other"] => sram.aggregateUncBucketOther;
        threshold: i64 = ecc.sram_threshold [] => i64::from(sram.bThresholdExceeded != 0);
    }
    /// Whether errors are corrected.
    Mode: EachLook, "nvmlDeviceGetEccMode", Device::ecc_mode => (u32, u32), |(current, pending)| {
        current: i64 = ecc.enabled ["tracecore.gpu.mode" = "current"] => i64::from(current);
        pending: i64 = ecc.enabled ["tracecore.gpu.mode" = "pending"] => i64::from(pending);
    }
}

const fn worn(sram: &nvmlEccSramErrorStatus_t) -> Health {
    if sram.bThresholdExceeded == 0 { Health::Ok } else { Health::Predicted }
}

/// What is not asked by number.
pub(in super::super) type Ecc = (Read<Sram>, Read<Mode>);
