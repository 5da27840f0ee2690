// SPDX-License-Identifier: Apache-2.0
//! PCI Express: the link, what went over it, what went wrong.

use tracecore_schema::{Counter, Gauge};

super::of_a_gpu! {
    /// PCI Express.
    Pcie {
        /// Bytes over PCI Express since the driver was loaded: `receive`, `transmit`.
        io: Counter<u64> = "hw.gpu.io", "By", by "network.io.direction"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_PCIE_COUNT_RX_BYTES, NVML_FI_DEV_PCIE_COUNT_TX_BYTES)"
            if "driver 555, Hopper";
        /// Present generation of the link. It is lowered while the GPU idles.
        generation: Gauge<u64> = "tracecore.gpu.pcie.generation", "{generation}"
            => "nvmlDeviceGetCurrPcieLinkGeneration"
            also PCIE_GENERATION;
        /// Highest generation that GPU and board can do together.
        generation_limit: Gauge<u64> = "tracecore.gpu.pcie.generation.limit", "{generation}"
            => "nvmlDeviceGetMaxPcieLinkGeneration";
        /// Present lanes of the link.
        width: Gauge<u64> = "tracecore.gpu.pcie.width", "{lane}" => "nvmlDeviceGetCurrPcieLinkWidth"
            also PCIE_WIDTH;
        /// Most lanes that GPU and board can use together.
        width_limit: Gauge<u64> = "tracecore.gpu.pcie.width.limit", "{lane}"
            => "nvmlDeviceGetMaxPcieLinkWidth";
        /// Packets that had to be sent again.
        replays: Counter<u64> = "tracecore.gpu.pcie.replays", "{replay}" => "nvmlDeviceGetPcieReplayCounter"
            also PCIE_REPLAYS;
        /// What went wrong on the link, by kind: `correctable`, `naks_received`, `naks_sent`,
        /// `receiver`, `bad_tlp`, `bad_dllp`, `non_fatal`, `fatal`, `unsupported_request`, `lcrc`,
        /// `lane`, `recovery` (from L0), `replay_rollover`.
        errors: Counter<u64> = "tracecore.gpu.pcie.errors", "{error}", by "error.type"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_PCIE_*)" if "most: driver 535, Hopper";
    }
}
