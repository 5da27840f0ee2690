// SPDX-License-Identifier: Apache-2.0
//! DCGM's names for what NVML can tell: names, types and help of dcgm-exporter's
//! `default-counters.csv` and of those that people add to it most. DCGM 4.6 renames some of
//! these fields and keeps their ids; what stands here are the names that dashboards use.
//!
//! What DCGM itself counts, or counts in another unit from release to release (the durations of
//! clock events), is not here: `docs/migrating-from-dcgm-exporter.md` says what to use instead.

use tracecore_schema::Instrument::{Counter, Gauge};
use tracecore_schema::{Instrument, Scale, Spelling};

type Spellings = &'static [Spelling];
type Of = &'static [(&'static str, &'static str)];

const MEBI: Scale = Scale::over(1 << 20);
const MEGA: Scale = Scale::over(1_000_000);
const PERCENT: Scale = Scale::times(100);

const fn dcgm(
    name: &'static str,
    instrument: Instrument,
    scale: Scale,
    of: Of,
    help: &'static str,
) -> Spelling {
    Spelling { convention: "dcgm", name, help, instrument, scale, of }
}

pub(super) const UTILIZATION: Spellings = &[
    dcgm("DCGM_FI_DEV_GPU_UTIL", Gauge, PERCENT, &[("hw.gpu.task", "general")], "GPU utilization (in %)."),
    dcgm(
        "DCGM_FI_DEV_ENC_UTIL",
        Gauge,
        PERCENT,
        &[("hw.gpu.task", "encoder")],
        "Encoder utilization (in %).",
    ),
    dcgm(
        "DCGM_FI_DEV_DEC_UTIL",
        Gauge,
        PERCENT,
        &[("hw.gpu.task", "decoder")],
        "Decoder utilization (in %).",
    ),
];

pub(super) const MEMORY_ACTIVITY: Spellings =
    &[dcgm("DCGM_FI_DEV_MEM_COPY_UTIL", Gauge, PERCENT, &[], "Memory utilization (in %).")];

pub(super) const MEMORY_LIMIT: Spellings =
    &[dcgm("DCGM_FI_DEV_FB_TOTAL", Gauge, MEBI, &[], "Framebuffer memory total (in MiB).")];

pub(super) const MEMORY_USAGE: Spellings =
    &[dcgm("DCGM_FI_DEV_FB_USED", Gauge, MEBI, &[], "Framebuffer memory used (in MiB).")];

pub(super) const MEMORY_FREE: Spellings =
    &[dcgm("DCGM_FI_DEV_FB_FREE", Gauge, MEBI, &[], "Framebuffer memory free (in MiB).")];

pub(super) const MEMORY_RESERVED: Spellings =
    &[dcgm("DCGM_FI_DEV_FB_RESERVED", Gauge, MEBI, &[], "Framebuffer memory reserved (in MiB).")];

pub(super) const POWER: Spellings =
    &[dcgm("DCGM_FI_DEV_POWER_USAGE", Gauge, Scale::SAME, &[], "Power draw (in W).")];

pub(super) const POWER_LIMIT: Spellings = &[
    dcgm(
        "DCGM_FI_DEV_ENFORCED_POWER_LIMIT",
        Gauge,
        Scale::SAME,
        &[("hw.limit_type", "enforced")],
        "Power limit that the driver enforces (in W).",
    ),
    dcgm(
        "DCGM_FI_DEV_POWER_MGMT_LIMIT",
        Gauge,
        Scale::SAME,
        &[("hw.limit_type", "requested")],
        "Power limit that was set (in W).",
    ),
];

pub(super) const ENERGY: Spellings = &[dcgm(
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    Counter,
    Scale::times(1000),
    &[],
    "Total energy consumption since boot (in mJ).",
)];

pub(super) const TEMPERATURE: Spellings = &[
    dcgm(
        "DCGM_FI_DEV_GPU_TEMP",
        Gauge,
        Scale::WHOLE,
        &[("hw.sensor_location", "gpu")],
        "GPU temperature (in C).",
    ),
    dcgm(
        "DCGM_FI_DEV_MEMORY_TEMP",
        Gauge,
        Scale::WHOLE,
        &[("hw.sensor_location", "memory")],
        "Memory temperature (in C).",
    ),
];

pub(super) const CLOCKS: Spellings = &[
    dcgm(
        "DCGM_FI_DEV_SM_CLOCK",
        Gauge,
        MEGA,
        &[("tracecore.gpu.clock.domain", "sm")],
        "SM clock frequency (in MHz).",
    ),
    dcgm(
        "DCGM_FI_DEV_MEM_CLOCK",
        Gauge,
        MEGA,
        &[("tracecore.gpu.clock.domain", "memory")],
        "Memory clock frequency (in MHz).",
    ),
];

pub(super) const PCIE_REPLAYS: Spellings =
    &[dcgm("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", Counter, Scale::SAME, &[], "Total number of PCIe retries.")];

pub(super) const PCIE_GENERATION: Spellings =
    &[dcgm("DCGM_FI_DEV_PCIE_LINK_GEN", Gauge, Scale::SAME, &[], "PCIe current link generation.")];

pub(super) const PCIE_WIDTH: Spellings =
    &[dcgm("DCGM_FI_DEV_PCIE_LINK_WIDTH", Gauge, Scale::SAME, &[], "PCIe current link width.")];

pub(super) const LAST_XID: Spellings =
    &[dcgm("DCGM_FI_DEV_XID_ERRORS", Gauge, Scale::SAME, &[], "Value of the last XID error encountered.")];

pub(super) const REMAPPED_ROWS: Spellings = &[
    dcgm(
        "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
        Counter,
        Scale::SAME,
        &[("error.type", "corrected")],
        "Number of remapped rows for correctable errors",
    ),
    dcgm(
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
        Counter,
        Scale::SAME,
        &[("error.type", "uncorrected")],
        "Number of remapped rows for uncorrectable errors",
    ),
];

pub(super) const REMAPPING_FAILED: Spellings =
    &[dcgm("DCGM_FI_DEV_ROW_REMAP_FAILURE", Gauge, Scale::SAME, &[], "Whether remapping of rows has failed")];

pub(super) const RETIRED_PAGES: Spellings = &[
    dcgm(
        "DCGM_FI_DEV_RETIRED_SBE",
        Counter,
        Scale::SAME,
        &[("tracecore.gpu.retired_pages.cause", "single_bit")],
        "Total number of retired pages due to single-bit errors.",
    ),
    dcgm(
        "DCGM_FI_DEV_RETIRED_DBE",
        Counter,
        Scale::SAME,
        &[("tracecore.gpu.retired_pages.cause", "double_bit")],
        "Total number of retired pages due to double-bit errors.",
    ),
];

pub(super) const ECC: Spellings = &[
    dcgm(
        "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
        Counter,
        Scale::SAME,
        &[("error.type", "corrected"), ("tracecore.gpu.ecc.counter", "volatile")],
        "Total number of single-bit volatile ECC errors.",
    ),
    dcgm(
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
        Counter,
        Scale::SAME,
        &[("error.type", "uncorrected"), ("tracecore.gpu.ecc.counter", "volatile")],
        "Total number of double-bit volatile ECC errors.",
    ),
    dcgm(
        "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL",
        Counter,
        Scale::SAME,
        &[("error.type", "corrected"), ("tracecore.gpu.ecc.counter", "aggregate")],
        "Total number of single-bit persistent ECC errors.",
    ),
    dcgm(
        "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL",
        Counter,
        Scale::SAME,
        &[("error.type", "uncorrected"), ("tracecore.gpu.ecc.counter", "aggregate")],
        "Total number of double-bit persistent ECC errors.",
    ),
];

pub(super) const GRAPHICS: Spellings = &[dcgm(
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
    Gauge,
    Scale::SAME,
    &[],
    "Ratio of time the graphics engine is active.",
)];

pub(super) const SM: Spellings = &[dcgm(
    "DCGM_FI_PROF_SM_ACTIVE",
    Gauge,
    Scale::SAME,
    &[],
    "The ratio of cycles an SM has at least 1 warp assigned.",
)];

pub(super) const OCCUPANCY: Spellings = &[dcgm(
    "DCGM_FI_PROF_SM_OCCUPANCY",
    Gauge,
    Scale::SAME,
    &[],
    "The ratio of number of warps resident on an SM.",
)];

pub(super) const PIPES: Spellings = &[
    dcgm(
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
        Gauge,
        Scale::SAME,
        &[("tracecore.gpu.pipe", "tensor")],
        "Ratio of cycles the tensor (HMMA) pipe is active.",
    ),
    dcgm(
        "DCGM_FI_PROF_PIPE_FP64_ACTIVE",
        Gauge,
        Scale::SAME,
        &[("tracecore.gpu.pipe", "fp64")],
        "Ratio of cycles the fp64 pipes are active.",
    ),
    dcgm(
        "DCGM_FI_PROF_PIPE_FP32_ACTIVE",
        Gauge,
        Scale::SAME,
        &[("tracecore.gpu.pipe", "fp32")],
        "Ratio of cycles the fp32 pipes are active.",
    ),
    dcgm(
        "DCGM_FI_PROF_PIPE_FP16_ACTIVE",
        Gauge,
        Scale::SAME,
        &[("tracecore.gpu.pipe", "fp16")],
        "Ratio of cycles the fp16 pipes are active.",
    ),
];

pub(super) const DRAM: Spellings = &[dcgm(
    "DCGM_FI_PROF_DRAM_ACTIVE",
    Gauge,
    Scale::SAME,
    &[],
    "Ratio of cycles the device memory interface is active sending or receiving data.",
)];

pub(super) const PCIE_THROUGHPUT: Spellings = &[
    dcgm(
        "DCGM_FI_PROF_PCIE_TX_BYTES",
        Gauge,
        Scale::WHOLE,
        &[("network.io.direction", "transmit")],
        "The rate of data transmitted over the PCIe bus - including both protocol headers and data payloads - in bytes per second.",
    ),
    dcgm(
        "DCGM_FI_PROF_PCIE_RX_BYTES",
        Gauge,
        Scale::WHOLE,
        &[("network.io.direction", "receive")],
        "The rate of data received over the PCIe bus - including both protocol headers and data payloads - in bytes per second.",
    ),
];

pub(super) const NVLINK_THROUGHPUT: Spellings = &[
    dcgm(
        "DCGM_FI_PROF_NVLINK_TX_BYTES",
        Gauge,
        Scale::WHOLE,
        &[("network.io.direction", "transmit")],
        "The rate of data transmitted over NVLink, in bytes per second.",
    ),
    dcgm(
        "DCGM_FI_PROF_NVLINK_RX_BYTES",
        Gauge,
        Scale::WHOLE,
        &[("network.io.direction", "receive")],
        "The rate of data received over NVLink, in bytes per second.",
    ),
];
