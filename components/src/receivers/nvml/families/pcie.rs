// SPDX-License-Identifier: Apache-2.0
//! PCI Express: the link, what went over it, what went wrong.

use super::super::driver::{Device, FieldId, field};
use super::super::fields::Row;
use super::super::reading::{Read, reading};

const DIRECTION: &str = "network.io.direction";
const KIND: &str = "error.type";

const fn error(field: FieldId, attributes: &'static [(&'static str, &'static str)]) -> Row {
    Row::count(field, |m| m.pcie.errors, attributes)
}

/// What newer drivers tell by number.
pub(in super::super) const FIELDS: &[Row] = &[
    Row::count(field!(NVML_FI_DEV_PCIE_COUNT_RX_BYTES), |m| m.pcie.io, &[(DIRECTION, "receive")]),
    Row::count(field!(NVML_FI_DEV_PCIE_COUNT_TX_BYTES), |m| m.pcie.io, &[(DIRECTION, "transmit")]),
    error(field!(NVML_FI_DEV_PCIE_REPLAY_ROLLOVER_COUNTER), &[(KIND, "replay_rollover")]),
    error(field!(NVML_FI_DEV_PCIE_L0_TO_RECOVERY_COUNTER), &[(KIND, "recovery")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_CORRECTABLE_ERRORS), &[(KIND, "correctable")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_NAKS_RECEIVED), &[(KIND, "naks_received")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_RECEIVER_ERROR), &[(KIND, "receiver")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_BAD_TLP), &[(KIND, "bad_tlp")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_NAKS_SENT), &[(KIND, "naks_sent")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_BAD_DLLP), &[(KIND, "bad_dllp")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_NON_FATAL_ERROR), &[(KIND, "non_fatal")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_FATAL_ERROR), &[(KIND, "fatal")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_UNSUPPORTED_REQ), &[(KIND, "unsupported_request")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_LCRC_ERROR), &[(KIND, "lcrc")]),
    error(field!(NVML_FI_DEV_PCIE_COUNT_LANE_ERROR), &[(KIND, "lane")]),
];

reading! {
    /// Present generation: it is lowered while the GPU idles.
    Generation: EachTick, "nvmlDeviceGetCurrPcieLinkGeneration", Device::pcie_generation => u32, |generation| {
        now: u64 = pcie.generation [] => generation.into();
    }
    /// Present lanes: a link that trained badly has fewer.
    Width: EachTick, "nvmlDeviceGetCurrPcieLinkWidth", Device::pcie_width => u32, |lanes| {
        now: u64 = pcie.width [] => lanes.into();
    }
    /// Packets sent again.
    Replays: EachTick, "nvmlDeviceGetPcieReplayCounter", Device::pcie_replays => u32, |replays| {
        total: u64 = pcie.replays [] => replays.into();
    }
    /// The highest generation.
    GenerationLimit: Once, "nvmlDeviceGetMaxPcieLinkGeneration", Device::max_pcie_generation => u32, |generation| {
        most: u64 = pcie.generation_limit [] => generation.into();
    }
    /// The most lanes.
    WidthLimit: Once, "nvmlDeviceGetMaxPcieLinkWidth", Device::max_pcie_width => u32, |lanes| {
        most: u64 = pcie.width_limit [] => lanes.into();
    }
}

/// What is asked each tick.
pub(in super::super) type Pcie = (Read<Generation>, Read<Width>, Read<Replays>);
/// What is asked once.
pub(in super::super) type Limits = (Read<GenerationLimit>, Read<WidthLimit>);
