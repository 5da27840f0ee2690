// SPDX-License-Identifier: Apache-2.0
//! That a GPU is there, and where; and the driver.

use tracecore_schema::{Gauge, UpDownCounter};

super::of_a_gpu! {
    /// That a GPU is there, and where; and the driver.
    Info {
        /// Always 1 while the GPU or instance answers; its attributes say where it is.
        present: Gauge<u64> = "tracecore.gpu.info", "{gpu}",
            by "hw.type", "tracecore.gpu.index", "tracecore.gpu.pci.address", "tracecore.gpu.minor_number",
               "tracecore.gpu.board_part_number"
            => "nvmlDeviceGetIndex, nvmlDeviceGetPciInfo_v3, nvmlDeviceGetMinorNumber, nvmlDeviceGetBoardPartNumber";
        /// Always 1; its attributes are the versions of driver, library and CUDA.
        driver: Gauge<u64> = "tracecore.gpu.driver.info", "{driver}",
            by "tracecore.gpu.nvml.version", "tracecore.gpu.cuda.version"
            => "nvmlSystemGetDriverVersion, nvmlSystemGetNVMLVersion, nvmlSystemGetCudaDriverVersion_v2";
        /// How many GPUs the driver has, those included that do not answer.
        count: UpDownCounter<i64> = "tracecore.gpu.count", "{gpu}" => "nvmlDeviceGetCount_v2";
    }
}
