// SPDX-License-Identifier: Apache-2.0
//! What a GPU is called, and what it is.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_char, c_int, c_uint};

use nvml_wrapper_sys::bindings::{
    nvmlBrandType_t, nvmlComputeMode_t, nvmlDevice_t, nvmlDeviceArchitecture_t, nvmlEnableState_t,
    nvmlInforomObject_t, nvmlPciInfo_t,
};
use tracecore_gpusim::{Function as F, PciAddress, SimError, View};

use crate::boundary::{ask, characters, put, put_text};

export! {
    nvmlDeviceGetUUID(device: nvmlDevice_t, uuid: *mut c_char, length: c_uint) =
        put_text(uuid, length, &ask(device, F::GetUuid, |v| Ok(v.uuid()))?);
    nvmlDeviceGetName(device: nvmlDevice_t, name: *mut c_char, length: c_uint) =
        put_text(name, length, &ask(device, F::GetName, |v| Ok(v.name()))?);
    nvmlDeviceGetSerial(device: nvmlDevice_t, serial: *mut c_char, length: c_uint) =
        ask(device, F::GetSerial, |v| put_text(serial, length, &v.identity().serial));
    nvmlDeviceGetVbiosVersion(device: nvmlDevice_t, version: *mut c_char, length: c_uint) =
        ask(device, F::GetVbiosVersion, |v| put_text(version, length, v.spec().vbios));
    nvmlDeviceGetBoardPartNumber(device: nvmlDevice_t, number: *mut c_char, length: c_uint) =
        ask(device, F::GetBoardPartNumber, |v| put_text(number, length, v.spec().part_number));
    nvmlDeviceGetInforomImageVersion(device: nvmlDevice_t, version: *mut c_char, length: c_uint) =
        ask(device, F::GetInforomImageVersion, |v| put_text(version, length, inforom(v, 0)?));
    nvmlDeviceGetInforomVersion(
        device: nvmlDevice_t, object: nvmlInforomObject_t, version: *mut c_char, length: c_uint
    ) = ask(device, F::GetInforomVersion, |v| {
        // The image comes before OEM (0), ECC (1) and power (2).
        put_text(version, length, inforom(v, object as usize + 1)?)
    });
    nvmlDeviceGetIndex(device: nvmlDevice_t, index: *mut c_uint) =
        put(index, ask(device, F::GetIndex, |v| Ok(v.index()))?);
    nvmlDeviceGetMinorNumber(device: nvmlDevice_t, number: *mut c_uint) =
        put(number, ask(device, F::GetMinorNumber, |v| Ok(v.identity().minor_number))?);
    nvmlDeviceGetBrand(device: nvmlDevice_t, brand: *mut nvmlBrandType_t) =
        put(brand, ask(device, F::GetBrand, |v| Ok(v.spec().brand))?);
    nvmlDeviceGetArchitecture(device: nvmlDevice_t, architecture: *mut nvmlDeviceArchitecture_t) =
        put(architecture, ask(device, F::GetArchitecture, |v| Ok(v.spec().architecture))?);
    nvmlDeviceGetCudaComputeCapability(device: nvmlDevice_t, major: *mut c_int, minor: *mut c_int) = {
        let (high, low) =
            ask(device, F::GetCudaComputeCapability, |v| Ok(v.spec().compute_capability))?;
        put(major, high).and(put(minor, low))
    };
    nvmlDeviceGetPciInfo_v3(device: nvmlDevice_t, pci: *mut nvmlPciInfo_t) =
        put(pci, ask(device, F::GetPciInfo, |v| Ok(pci_info(v)))?);
    // Nothing keeps these GPUs from being used by whoever wants, and they stay loaded.
    nvmlDeviceGetPersistenceMode(device: nvmlDevice_t, mode: *mut nvmlEnableState_t) =
        put(mode, ask(device, F::GetPersistenceMode, |_| Ok(1))?);
    nvmlDeviceGetComputeMode(device: nvmlDevice_t, mode: *mut nvmlComputeMode_t) =
        put(mode, ask(device, F::GetComputeMode, |_| Ok(0))?);
}

fn inforom(view: &View<'_>, object: usize) -> Result<&'static str, SimError> {
    let version = view.spec().inforom.get(object).ok_or(SimError::INVALID_ARGUMENT)?;
    if version.is_empty() { Err(SimError::NOT_SUPPORTED) } else { Ok(version) }
}

fn pci_info(view: &View<'_>) -> nvmlPciInfo_t {
    let (identity, spec) = (view.identity(), view.spec());
    nvmlPciInfo_t {
        busIdLegacy: characters(&identity.pci_bus_id_legacy),
        domain: identity.pci.domain,
        bus: identity.pci.bus,
        device: identity.pci.device,
        pciDeviceId: spec.pci_device_id,
        pciSubSystemId: spec.pci_subsystem_id,
        busId: characters(&identity.pci_bus_id),
    }
}

/// The same of what is not a GPU of this node, as which it says nothing of its kind.
pub(crate) fn remote_pci_info(address: PciAddress) -> nvmlPciInfo_t {
    let PciAddress { domain, bus, device } = address;
    nvmlPciInfo_t {
        busIdLegacy: characters(&format!("{domain:04X}:{bus:02X}:{device:02X}.0")),
        domain,
        bus,
        device,
        pciDeviceId: 0,
        pciSubSystemId: 0,
        busId: characters(&format!("{domain:08X}:{bus:02X}:{device:02X}.0")),
    }
}
