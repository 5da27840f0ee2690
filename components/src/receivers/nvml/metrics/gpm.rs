// SPDX-License-Identifier: Apache-2.0
//! How busy the parts of a chip are: GPM, on Hopper and later.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// How busy the parts of a chip are.
    Gpm {
        /// Share of time since the last reading in which any kernel or graphics work was running.
        graphics: Gauge<f64> = "tracecore.gpu.graphics.activity", "1"
            => "nvmlGpmMetricsGet(GRAPHICS_UTIL)" if "driver 520, Hopper"
            also GRAPHICS;
        /// Share of streaming multiprocessors (SMs) that had work, on average since the last reading.
        sm: Gauge<f64> = "tracecore.gpu.sm.activity", "1"
            => "nvmlGpmMetricsGet(SM_UTIL)" if "driver 520, Hopper"
            also SM;
        /// Share of the warps that fit on the SMs which were there, on average since the last reading.
        occupancy: Gauge<f64> = "tracecore.gpu.sm.occupancy", "1"
            => "nvmlGpmMetricsGet(SM_OCCUPANCY)" if "driver 520, Hopper"
            also OCCUPANCY;
        /// Share of time since the last reading in which a kind of pipe of the SMs was at work:
        /// `tensor` (any of `tensor_dfma`, `tensor_hmma`, `tensor_imma`), and outside of those `fp64`,
        /// `fp32`, `fp16`, `integer`.
        pipe: Gauge<f64> = "tracecore.gpu.pipe.activity", "1", by "tracecore.gpu.pipe"
            => "nvmlGpmMetricsGet(ANY_TENSOR_UTIL, DFMA_TENSOR_UTIL, HMMA_TENSOR_UTIL, IMMA_TENSOR_UTIL, FP64_UTIL, FP32_UTIL, FP16_UTIL, INTEGER_UTIL)" if "driver 520, Hopper"
            also PIPES;
        /// Used share of the memory's bandwidth since the last reading.
        dram: Gauge<f64> = "tracecore.gpu.dram.activity", "1"
            => "nvmlGpmMetricsGet(DRAM_BW_UTIL)" if "driver 520, Hopper"
            also DRAM;
        /// Bytes a second over PCIe, headers included: since the last reading where the chip has GPM,
        /// else over 20 ms, and only if `pcie_throughput` is on.
        pcie: Gauge<f64> = "tracecore.gpu.pcie.throughput", "By/s", by "network.io.direction"
            => "nvmlGpmMetricsGet(PCIE_TX_PER_SEC, PCIE_RX_PER_SEC), else nvmlDeviceGetPcieThroughput"
            also PCIE_THROUGHPUT;
        /// Bytes a second over all NVLinks together, since the last reading.
        nvlink: Gauge<f64> = "tracecore.gpu.nvlink.throughput", "By/s", by "network.io.direction"
            => "nvmlGpmMetricsGet(NVLINK_TOTAL_TX_PER_SEC, NVLINK_TOTAL_RX_PER_SEC)" if "driver 520, Hopper"
            also NVLINK_THROUGHPUT;
    }
}
