// SPDX-License-Identifier: Apache-2.0
//! Who a simulated GPU is: names that stay the same for a seed and a slot.

use crate::noise::mix;

/// How the UUID of every simulated GPU begins, so that a person who finds one
/// on a dashboard can tell. No real GPU is known to have it.
pub const UUID_PREFIX: &str = "GPU-51510000-";

/// Bus numbers of the eight GPUs of an HGX board; further boards use further domains.
const BUSES: [u32; 8] = [0x19, 0x3B, 0x4C, 0x5D, 0x9B, 0xBB, 0xCB, 0xDB];

/// Where a GPU sits on the PCI bus. The function is always 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PciAddress {
    /// PCI domain.
    pub domain: u32,
    /// PCI bus.
    pub bus: u32,
    /// PCI device.
    pub device: u32,
}

impl PciAddress {
    /// Reads `DOMAIN:BUS:DEVICE.FUNCTION`, in hexadecimal of any width; domain and
    /// function may be missing, as the library allows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |part: &str| u32::from_str_radix(part, 16).ok();
        let (address, function) = text.split_once('.').unwrap_or((text, "0"));
        if hex(function)? != 0 {
            return None;
        }
        let (rest, device) = address.rsplit_once(':')?;
        let (domain, bus) = rest.rsplit_once(':').unwrap_or(("0", rest));
        Some(Self { domain: hex(domain)?, bus: hex(bus)?, device: hex(device)? })
    }
}

impl PciAddress {
    /// The number by which the driver calls the GPU at this address in its own events.
    #[must_use]
    pub const fn gpu_id(self) -> u32 {
        self.domain << 16 | self.bus << 8 | self.device
    }
}

/// The UUID of an instance of a partitioned GPU: `MIG-` and 32 hexadecimal digits.
#[must_use]
pub fn instance_uuid(gpu: &str, gpu_instance: u32, compute_instance: u32) -> String {
    let own = |what| {
        let key = gpu.bytes().fold(0, |key, byte| mix(&[key, byte.into()]));
        mix(&[key, gpu_instance.into(), compute_instance.into(), what])
    };
    let (a, b) = (own(1), own(2));
    format!(
        "MIG-51510000-{:04x}-{:04x}-{:04x}-{:012x}",
        a & 0xFFFF,
        0x5000 | ((a >> 16) & 0x0FFF),
        0x8000 | ((a >> 28) & 0x3FFF),
        b & 0xFFFF_FFFF_FFFF,
    )
}

/// The names of one simulated GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `GPU-` and 32 hexadecimal digits; starts with [`UUID_PREFIX`].
    pub uuid: String,
    /// Board serial number, 13 digits.
    pub serial: String,
    /// PCI address as the library writes it: `00000000:19:00.0`.
    pub pci_bus_id: String,
    /// PCI address with a domain of four digits, as older callers want it.
    pub pci_bus_id_legacy: String,
    /// PCI address in numbers.
    pub pci: PciAddress,
    /// The N of `/dev/nvidiaN`.
    pub minor_number: u32,
}

impl Identity {
    /// The names of the GPU that is in `slot` of the node that `seed` makes, unless it is swapped.
    #[must_use]
    pub fn new(seed: u64, slot: u32) -> Self {
        Self::swapped(seed, slot, 0)
    }

    /// Where the GPU in `slot` is on the bus.
    #[must_use]
    pub const fn address(slot: u32) -> PciAddress {
        PciAddress { domain: slot / 8, bus: BUSES[slot as usize % BUSES.len()], device: 0 }
    }

    /// The names of the GPU in `slot` after so many swaps.
    #[must_use]
    pub fn swapped(seed: u64, slot: u32, swaps: u32) -> Self {
        let swapped = u64::from(swaps) << 32;
        let own = |what: u64| mix(&[seed, u64::from(slot), what | swapped]);
        let (a, b) = (own(1), own(2));
        let board = u64::from(slot) / BUSES.len() as u64;
        let pci = Self::address(slot);
        Self {
            uuid: format!(
                "{UUID_PREFIX}{:04x}-{:04x}-{:04x}-{:012x}",
                // The slot is part of the name: two GPUs of a node never share one.
                (a & 0xFF00) | u64::from(slot & 0xFF),
                0x4000 | ((a >> 16) & 0x0FFF),
                0x8000 | ((a >> 28) & 0x3FFF),
                b & 0xFFFF_FFFF_FFFF,
            ),
            serial: format!("165{:08}{:02}", mix(&[seed, board, 3 | swapped]) % 100_000_000, slot % 100),
            pci_bus_id: format!("{:08X}:{:02X}:{:02X}.0", pci.domain, pci.bus, pci.device),
            pci_bus_id_legacy: format!("{:04X}:{:02X}:{:02X}.0", pci.domain, pci.bus, pci.device),
            pci,
            minor_number: slot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, PciAddress, UUID_PREFIX};
    use std::collections::HashSet;

    #[test]
    fn every_gpu_of_a_node_has_names_of_its_own() {
        let all: Vec<_> = (0..crate::MAX_GPUS).map(|slot| Identity::new(9, slot)).collect();
        let distinct = |names: Vec<&String>| names.into_iter().collect::<HashSet<_>>().len();
        assert_eq!(distinct(all.iter().map(|i| &i.uuid).collect()), all.len());
        assert_eq!(distinct(all.iter().map(|i| &i.serial).collect()), all.len());
        assert_eq!(distinct(all.iter().map(|i| &i.pci_bus_id).collect()), all.len());
        for identity in &all {
            assert_eq!(identity.uuid.len(), 40);
            assert!(identity.uuid.starts_with(UUID_PREFIX));
            assert_eq!(identity.serial.len(), 13);
            assert_eq!(PciAddress::parse(&identity.pci_bus_id), Some(identity.pci));
        }
    }

    #[test]
    fn another_seed_is_another_node() {
        assert_ne!(Identity::new(1, 0).uuid, Identity::new(2, 0).uuid);
        assert_eq!(Identity::new(1, 0), Identity::new(1, 0));
    }

    #[test]
    fn addresses_are_read_as_the_library_reads_them() {
        let there = Some(PciAddress { domain: 0, bus: 0x3B, device: 0 });
        for text in ["00000000:3B:00.0", "0000:3b:00.0", "0000:3b:00", "3b:00.0", "0:3B:0"] {
            assert_eq!(PciAddress::parse(text), there, "{text}");
        }
        for text in ["", "3b", "0000:xy:00.0", "0000:3b:00.1", "1:2:3:4"] {
            assert_ne!(PciAddress::parse(text), there, "{text}");
        }
    }
}
