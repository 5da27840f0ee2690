// SPDX-License-Identifier: Apache-2.0
//! What names a GPU, or an instance on one: the attributes that all of its series carry.

use tracecore_schema::{Attribute, Label};

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
    pub(super) minor_number: Option<u32>,
    pub(super) board_part_number: Option<String>,
    driver_version: Option<String>,
    /// The host's name, which DCGM's names carry.
    host: Option<String>,
    /// For an instance.
    of: Option<Parent>,
}

/// What an instance is part of.
#[derive(Clone, Debug)]
struct Parent {
    uuid: String,
    model: Option<String>,
    gpu_instance: Option<u32>,
    compute_instance: Option<u32>,
    profile: Option<String>,
}

impl Identity {
    /// Asks the GPU for its names.
    pub(super) fn of(
        device: &Device,
        index: u32,
        uuid: String,
        driver_version: Option<&str>,
        host: Option<&str>,
    ) -> Self {
        Self {
            index,
            uuid,
            model: device.model().ok(),
            serial: device.serial().ok(),
            firmware: device.firmware().ok(),
            pci_address: device.pci_address().ok(),
            minor_number: device.minor_number().ok(),
            board_part_number: device.board_part_number().ok(),
            driver_version: driver_version.map(ToOwned::to_owned),
            host: host.map(ToOwned::to_owned),
            of: None,
        }
    }

    /// The GPU instance that it is or is part of.
    pub(super) fn gpu_instance(&self) -> Option<u32> {
        self.of.as_ref()?.gpu_instance
    }

    /// The identity of an instance on this GPU: it has the GPU's, but its own name, UUID and model.
    pub(super) fn instance(&self, device: &Device, uuid: String) -> Self {
        let model = device.model().ok().or_else(|| self.model.clone());
        let parent = Parent {
            uuid: self.uuid.clone(),
            model: self.model.clone(),
            gpu_instance: device.gpu_instance_id().ok(),
            compute_instance: device.compute_instance_id().ok(),
            // `NVIDIA A100-SXM4-40GB MIG 1g.5gb`
            profile: model.as_deref().and_then(|model| Some(model.rsplit_once(" MIG ")?.1.to_owned())),
        };
        Self { uuid, model, of: Some(parent), ..self.clone() }
    }

    /// How it is called: `gpu 3`, or `gpu 3 gi 1 ci 0`.
    pub(super) fn name(&self) -> String {
        let mut name = name(self.index);
        if let Some(parent) = &self.of {
            for (key, id) in [("gi", parent.gpu_instance), ("ci", parent.compute_instance)] {
                if let Some(id) = id {
                    name.push_str(&format!(" {key} {id}"));
                }
            }
        }
        name
    }

    /// The attributes of every series.
    pub(super) fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute::new("hw.id", self.uuid.as_str()),
            Attribute::new("hw.name", self.name()),
            Attribute::new("hw.vendor", "NVIDIA"),
        ];
        let parent = self.of.as_ref();
        let texts = [
            ("hw.model", self.model.as_deref()),
            ("hw.serial_number", self.serial.as_deref()),
            ("hw.firmware_version", self.firmware.as_deref()),
            ("hw.driver_version", self.driver_version.as_deref()),
            ("hw.parent", parent.map(|parent| parent.uuid.as_str())),
            ("tracecore.gpu.mig.profile", parent.and_then(|parent| parent.profile.as_deref())),
        ];
        attributes.extend(texts.into_iter().filter_map(|(key, text)| Some(Attribute::new(key, text?))));
        let numbers = [
            ("tracecore.gpu.mig.gpu_instance.id", parent.and_then(|parent| parent.gpu_instance)),
            ("tracecore.gpu.mig.compute_instance.id", parent.and_then(|parent| parent.compute_instance)),
        ];
        attributes.extend(numbers.into_iter().filter_map(|(key, number)| Some(Attribute::new(key, number?))));
        attributes
    }

    /// The labels of every series under DCGM's names. An instance has its GPU's, as dcgm-exporter
    /// shows it, and two of its own.
    pub(super) fn labels(&self) -> Vec<Label> {
        let parent = self.of.as_ref();
        let (uuid, model) = match parent {
            None => ((&self.uuid, Some("hw.id")), (self.model.as_ref(), Some("hw.model"))),
            // An instance's own `hw.model` is that of the instance.
            Some(parent) => ((&parent.uuid, Some("hw.parent")), (parent.model.as_ref(), None)),
        };
        let instance = parent.and_then(|parent| parent.gpu_instance);
        let labels = [
            ("gpu", Some(self.index.to_string()), None),
            ("UUID", Some(uuid.0.clone()), uuid.1),
            ("pci_bus_id", self.pci_address.clone(), None),
            ("device", self.minor_number.map(|minor| format!("nvidia{minor}")), None),
            ("modelName", model.0.cloned(), model.1),
            ("Hostname", self.host.clone(), None),
            (
                "GPU_I_PROFILE",
                parent.and_then(|parent| parent.profile.clone()),
                Some("tracecore.gpu.mig.profile"),
            ),
            ("GPU_I_ID", instance.map(|id| id.to_string()), Some("tracecore.gpu.mig.gpu_instance.id")),
        ];
        let label = |(name, value, repeats)| Some(Label { convention: "dcgm", name, value: value?, repeats });
        labels.into_iter().filter_map(label).collect()
    }
}

/// How logs, skip lists and `hw.name` call the GPU at an index.
pub(super) fn name(index: u32) -> String {
    format!("gpu {index}")
}
