// SPDX-License-Identifier: Apache-2.0
//! MIG: whether it is on, and what its instances have.

use tracecore_schema::UpDownCounter;

super::of_a_gpu! {
    /// MIG.
    Mig {
        /// 1 if the GPU is divided into instances, else 0: now (`current`) and after the next reset
        /// (`pending`).
        enabled: UpDownCounter<i64> = "tracecore.gpu.mig.enabled", "1", by "tracecore.gpu.mode"
            => "nvmlDeviceGetMigMode" if "A100, A30, Hopper";
        /// Slices that the instance has: `gpu_instance` of the GPU, `compute_instance` of its compute.
        slices: UpDownCounter<i64> = "tracecore.gpu.mig.slices", "{slice}", by "tracecore.gpu.mig.part"
            => "nvmlDeviceGetAttributes_v2" if "a MIG instance";
        /// Multiprocessors that the instance has.
        multiprocessors: UpDownCounter<i64> = "tracecore.gpu.mig.multiprocessors", "{multiprocessor}"
            => "nvmlDeviceGetAttributes_v2" if "a MIG instance";
        /// Engines that the instance has or shares: `copy`, `decoder`, `encoder`, `jpeg`, `ofa`.
        engines: UpDownCounter<i64> = "tracecore.gpu.mig.engines", "{engine}", by "tracecore.gpu.engine"
            => "nvmlDeviceGetAttributes_v2" if "a MIG instance";
    }
}
