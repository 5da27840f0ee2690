// SPDX-License-Identifier: Apache-2.0
//! What names a GPU: the attributes that all of its series carry.

use tracecore_schema::Attribute;

use super::driver::Device;

/// What a GPU is called. What the driver does not tell is left out, not made up.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// The library's index, by which `nvidia-smi` shows it as well.
    pub(super) index: u32,
    pub(super) uuid: String,
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) firmware: Option<String>,
    pub(super) pci_address: Option<String>,
}

impl Identity {
    /// Asks the GPU for its names.
    pub(super) fn of(device: &Device, index: u32, uuid: String) -> Self {
        Self {
            index,
            uuid,
            model: device.model().ok(),
            serial: device.serial().ok(),
            firmware: device.firmware().ok(),
            pci_address: device.pci_address().ok(),
        }
    }

    /// The attributes of every series.
    pub(super) fn attributes(&self, driver_version: Option<&str>) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute::new("hw.id", self.uuid.as_str()),
            Attribute::new("hw.name", name(self.index)),
            Attribute::new("hw.vendor", "NVIDIA"),
        ];
        let known = [
            ("hw.model", self.model.as_deref()),
            ("hw.serial_number", self.serial.as_deref()),
            ("hw.firmware_version", self.firmware.as_deref()),
            ("hw.driver_version", driver_version),
        ];
        for (key, value) in known {
            attributes.extend(value.map(|value| Attribute::new(key, value)));
        }
        attributes
    }
}

/// How logs, skip lists and `hw.name` call the GPU at an index.
pub(super) fn name(index: u32) -> String {
    format!("gpu {index}")
}
