// SPDX-License-Identifier: Apache-2.0
//! How busy the parts of a chip are: GPM, on Hopper and later.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// How busy the parts of a chip are.
    Gpm {
        /// Share of time since the last reading in which any kernel or graphics work was running.
        graphics: Gauge<f64> = "tracecore.gpu.graphics.activity", "1";
        /// Share of streaming multiprocessors (SMs) that had work, on average since the last reading.
        sm: Gauge<f64> = "tracecore.gpu.sm.activity", "1";
        /// Share of the warps that fit on the SMs which were there, on average since the last reading.
        occupancy: Gauge<f64> = "tracecore.gpu.sm.occupancy", "1";
        /// Share of time since the last reading in which a kind of pipe of the SMs was at work:
        /// `tensor` (any of `tensor_dfma`, `tensor_hmma`, `tensor_imma`), and outside of those `fp64`,
        /// `fp32`, `fp16`, `integer`.
        pipe: Gauge<f64> = "tracecore.gpu.pipe.activity", "1", by "tracecore.gpu.pipe";
        /// Used share of the memory's bandwidth since the last reading.
        dram: Gauge<f64> = "tracecore.gpu.dram.activity", "1";
        /// Bytes a second over PCIe, headers included: since the last reading where the chip has GPM,
        /// else over 20 ms, and only if `pcie_throughput` is on.
        pcie: Gauge<f64> = "tracecore.gpu.pcie.throughput", "By/s", by "network.io.direction";
        /// Bytes a second over all NVLinks together, since the last reading.
        nvlink: Gauge<f64> = "tracecore.gpu.nvlink.throughput", "By/s", by "network.io.direction";
    }
}
