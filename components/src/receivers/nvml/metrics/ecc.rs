// SPDX-License-Identifier: Apache-2.0
//! Memory errors that were found by error-correcting codes.

use tracecore_schema::{Counter, UpDownCounter};

super::of_a_gpu! {
    /// Memory errors.
    Ecc {
        /// Memory errors over the life of the board, by `error.type`: `corrected`, `uncorrected`.
        hw_errors: Counter<u64> = "hw.errors", "{error}", by "hw.type", "error.type"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_ECC_SBE_AGG_TOTAL, NVML_FI_DEV_ECC_DBE_AGG_TOTAL)"
            if "ECC on";
        /// 1 if errors are corrected, else 0: now (`current`) and after the next reset (`pending`).
        enabled: UpDownCounter<i64> = "tracecore.gpu.ecc.enabled", "1", by "tracecore.gpu.mode"
            => "nvmlDeviceGetEccMode" if "memory with ECC";
        /// Memory errors by `error.type`, since the driver was loaded (`volatile`) and over the life of
        /// the board (`aggregate`).
        errors: Counter<u64> = "tracecore.gpu.ecc.errors", "{error}",
            by "error.type", "tracecore.gpu.ecc.counter"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_ECC_*_TOTAL)" if "ECC on"
            also ECC;
        /// The same by where they were found: `device_memory`, `l1`, `l2`, `register_file`,
        /// `texture`, `cbu`.
        by_location: Counter<u64> = "tracecore.gpu.ecc.location.errors", "{error}",
            by "error.type", "tracecore.gpu.ecc.counter", "tracecore.gpu.ecc.location"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_ECC_*)" if "ECC on; which locations depends on the chip";
        /// Errors in SRAM by how they were found: `corrected`, and of the uncorrected `parity` and
        /// `secded`.
        sram: Counter<u64> = "tracecore.gpu.ecc.sram.errors", "{error}",
            by "tracecore.gpu.ecc.check", "tracecore.gpu.ecc.counter"
            => "nvmlDeviceGetSramEccErrorStatus" if "driver 535, Ampere";
        /// Uncorrected errors in SRAM over the life of the board, by where: `l2`, `sm`, `pcie`,
        /// `microcontroller`, `other`.
        sram_by_location: Counter<u64> = "tracecore.gpu.ecc.sram.location.errors", "{error}",
            by "tracecore.gpu.ecc.location"
            => "nvmlDeviceGetSramEccErrorStatus" if "driver 535, Ampere";
        /// 1 once SRAM has had more uncorrected errors than NVIDIA tolerates: the board is due for
        /// replacement.
        sram_threshold: UpDownCounter<i64> = "tracecore.gpu.ecc.sram.threshold_exceeded", "1"
            => "nvmlDeviceGetSramEccErrorStatus" if "driver 535, Ampere";
    }
}
