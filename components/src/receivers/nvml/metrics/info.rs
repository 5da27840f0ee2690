// SPDX-License-Identifier: Apache-2.0
//! That a GPU is there, and where.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// That a GPU is there, and where.
    Info {
        /// Always 1 while the GPU answers; its attributes say where the GPU is.
        present: Gauge<u64> = "tracecore.gpu.info", "{gpu}",
            by "hw.type", "tracecore.gpu.index", "tracecore.gpu.pci.address";
    }
}
