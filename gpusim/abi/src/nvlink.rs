// SPDX-License-Identifier: Apache-2.0
//! NVLink, by link.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlEnableState_t, nvmlNvLinkCapability_t, nvmlNvLinkErrorCounter_t, nvmlPciInfo_t,
};
use tracecore_gpusim::{Function as F, LinkCapability, LinkError, SimError};

use crate::boundary::{ask, put};
use crate::identity::remote_pci_info;

export! {
    nvmlDeviceGetNvLinkState(device: nvmlDevice_t, link: c_uint, up: *mut nvmlEnableState_t) =
        put(up, ask(device, F::GetNvLinkState, |v| v.link_is_up(link))?.into());
    nvmlDeviceGetNvLinkVersion(device: nvmlDevice_t, link: c_uint, version: *mut c_uint) =
        put(version, ask(device, F::GetNvLinkVersion, |v| v.link_version(link))?);
    nvmlDeviceGetNvLinkCapability(
        device: nvmlDevice_t, link: c_uint, what: nvmlNvLinkCapability_t, can: *mut c_uint
    ) = put(can, ask(device, F::GetNvLinkCapability, |v| v.link_can(link, capability(what)?))?.into());
    nvmlDeviceGetNvLinkErrorCounter(
        device: nvmlDevice_t, link: c_uint, counter: nvmlNvLinkErrorCounter_t, count: *mut c_ulonglong
    ) = put(count, ask(device, F::GetNvLinkErrorCounter, |v| v.link_errors(link, error(counter)?))?);
    nvmlDeviceGetNvLinkRemotePciInfo_v2(device: nvmlDevice_t, link: c_uint, pci: *mut nvmlPciInfo_t) =
        put(pci, remote_pci_info(ask(device, F::GetNvLinkRemotePciInfo, |v| v.link_remote(link))?));
}

/// `NVML_NVLINK_CAP_*`.
fn capability(what: nvmlNvLinkCapability_t) -> Result<LinkCapability, SimError> {
    match what {
        0 => Ok(LinkCapability::P2p),
        1 => Ok(LinkCapability::SystemMemory),
        2 => Ok(LinkCapability::P2pAtomics),
        3 => Ok(LinkCapability::SystemAtomics),
        4 => Ok(LinkCapability::SliBridge),
        5 => Ok(LinkCapability::Valid),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}

/// `NVML_NVLINK_ERROR_DL_*`.
fn error(counter: nvmlNvLinkErrorCounter_t) -> Result<LinkError, SimError> {
    match counter {
        0 => Ok(LinkError::Replay),
        1 => Ok(LinkError::Recovery),
        2 => Ok(LinkError::CrcFlit),
        3 => Ok(LinkError::CrcData),
        4 => Ok(LinkError::EccData),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}
