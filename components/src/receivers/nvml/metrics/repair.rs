// SPDX-License-Identifier: Apache-2.0
//! Memory that was taken out of use: retired pages (before Ampere) and remapped rows.

use tracecore_schema::{Counter, UpDownCounter};

super::of_a_gpu! {
    /// Memory that was taken out of use.
    Repair {
        /// Pages of memory that are no longer used, by cause: `single_bit`, `double_bit`.
        retired_pages: Counter<u64> = "tracecore.gpu.retired_pages", "{page}",
            by "tracecore.gpu.retired_pages.cause"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_RETIRED_SBE, NVML_FI_DEV_RETIRED_DBE)" if "before Ampere"
            also RETIRED_PAGES;
        /// 1 if pages are retired with the next reset, else 0.
        retirement_pending: UpDownCounter<i64> = "tracecore.gpu.retired_pages.pending", "1"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_RETIRED_PENDING)" if "before Ampere";
        /// Rows of memory that spare ones have taken the place of, by `error.type`: `corrected`,
        /// `uncorrected`.
        remapped_rows: Counter<u64> = "tracecore.gpu.remapped_rows", "{row}", by "error.type"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_REMAPPED_COR, NVML_FI_DEV_REMAPPED_UNC)" if "Ampere"
            also REMAPPED_ROWS;
        /// 1 if rows are remapped with the next reset, else 0.
        remapping_pending: UpDownCounter<i64> = "tracecore.gpu.remapped_rows.pending", "1"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_REMAPPED_PENDING)" if "Ampere";
        /// 1 if a row could not be remapped: the board is due for replacement.
        remapping_failed: UpDownCounter<i64> = "tracecore.gpu.remapped_rows.failed", "1"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_REMAPPED_FAILURE)" if "Ampere"
            also REMAPPING_FAILED;
        /// Banks of memory by how many spare rows they have left: `max` (all), `high`, `partial`,
        /// `low` (one), `none`.
        remapping_banks: UpDownCounter<i64> = "tracecore.gpu.remapped_rows.banks", "{bank}",
            by "tracecore.gpu.remapped_rows.spare"
            => "nvmlDeviceGetRowRemapperHistogram" if "Ampere";
    }
}
