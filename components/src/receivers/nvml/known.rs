// SPDX-License-Identifier: Apache-2.0
//! The GPUs that were found, told to receivers that see only an address: the kernel's log.

use std::collections::BTreeMap;

use tracecore_runtime::{Inventory, InventoryGpu, Open};

use super::identity::Identity;

/// The GPUs by their address. One that is lost stays, until another is where it was: what the
/// kernel says of it comes when it is lost.
#[derive(Debug)]
pub(super) struct Known {
    inventory: Inventory,
    source: String,
    gpus: BTreeMap<String, InventoryGpu>,
}

impl Known {
    pub(super) fn new(cx: &Open<'_>) -> Self {
        Self { inventory: cx.inventory(), source: cx.settings().id.to_string(), gpus: BTreeMap::new() }
    }

    /// Tells of those that are there now.
    pub(super) fn publish<'a>(&mut self, found: impl Iterator<Item = &'a Identity>) {
        for identity in found {
            let Some(address) = &identity.pci_address else { continue };
            // A GPU that moved is where it is now.
            self.gpus.retain(|_, gpu| gpu.uuid != identity.uuid);
            let mut gpu = InventoryGpu::default();
            gpu.pci_address.clone_from(address);
            gpu.uuid.clone_from(&identity.uuid);
            gpu.model.clone_from(&identity.model);
            gpu.attributes = identity.attributes();
            self.gpus.insert(address.clone(), gpu);
        }
        self.inventory.publish(&self.source, self.gpus.values().cloned().collect());
    }
}
