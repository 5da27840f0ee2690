// SPDX-License-Identifier: Apache-2.0
//! The GPUs of this host, as receivers that can list them say: for receivers that only see an
//! address, such as a reader of the kernel log.
//!
//! Invariant: reading waits for nobody. A list is replaced as a whole; whoever holds the old one
//! goes on with it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tracecore_schema::Attribute;

/// A GPU as whoever lists it knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InventoryGpu {
    /// Its PCI address: `00000000:19:00.0`.
    pub pci_address: String,
    /// Its UUID: `GPU-..`.
    pub uuid: String,
    /// What it is sold as, if known.
    pub model: Option<String>,
    /// The attributes that its series carry: `hw.id`, `hw.name`.
    pub attributes: Vec<Attribute>,
}

type Lists = BTreeMap<Box<str>, Arc<[(Address, InventoryGpu)]>>;

#[derive(Debug, Default)]
struct Shared {
    lists: ArcSwap<Lists>,
    generation: AtomicU64,
    /// Held while a list is replaced, so that of two none is lost.
    publishing: Mutex<()>,
}

/// The GPUs of this host. Clones share it: [`Open::inventory`](crate::Open::inventory).
///
/// ```
/// use tracecore_runtime::{Inventory, InventoryGpu};
///
/// let inventory = Inventory::new();
/// let gpu = InventoryGpu {
///     pci_address: "00000000:19:00.0".to_owned(),
///     uuid: "GPU-1".to_owned(),
///     ..InventoryGpu::default()
/// };
/// inventory.publish("nvml", vec![gpu]);
/// assert_eq!(inventory.by_pci_address("0000:19:00").map(|gpu| gpu.uuid), Some("GPU-1".to_owned()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Inventory(Arc<Shared>);

impl Inventory {
    /// One that knows of no GPU.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces what `source` has published before: a component's id. A GPU whose address is
    /// none is left out.
    pub fn publish(&self, source: &str, gpus: Vec<InventoryGpu>) {
        let known: Arc<[_]> =
            gpus.into_iter().filter_map(|gpu| Some((Address::parse(&gpu.pci_address)?, gpu))).collect();
        let _publishing = self.0.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.0.lists.load();
        if before.get(source).is_some_and(|before| **before == *known) {
            return;
        }
        let mut lists = Lists::clone(&before);
        lists.insert(source.into(), known);
        self.0.lists.store(Arc::new(lists));
        self.0.generation.fetch_add(1, Ordering::Release);
    }

    /// The GPU at this address, in any spelling: a domain of any width or none, with or without
    /// a function, in any case. `None` also if the text is no address.
    ///
    /// Of two sources that know it, the first by name counts.
    #[must_use]
    pub fn by_pci_address(&self, address: &str) -> Option<InventoryGpu> {
        let address = Address::parse(address)?;
        let lists = self.0.lists.load();
        let mut all = lists.values().flat_map(|list| list.iter());
        all.find(|(known, _)| *known == address).map(|(_, gpu)| gpu.clone())
    }

    /// All GPUs, by source and in the order of each.
    #[must_use]
    pub fn gpus(&self) -> Vec<InventoryGpu> {
        let lists = self.0.lists.load();
        lists.values().flat_map(|list| list.iter()).map(|(_, gpu)| gpu.clone()).collect()
    }

    /// Grows with each change: whoever keeps what it looked up compares this, which costs a load.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }
}

/// Domain, bus and device. GPUs differ by these: their functions are audio and USB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Address {
    domain: u32,
    bus: u8,
    device: u8,
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        let text = match text.split_once('.') {
            Some((text, function)) => {
                hex(function, 1)?;
                text
            }
            None => text,
        };
        let mut parts = text.rsplit(':');
        let device = u8::try_from(hex(parts.next()?, 2)?).ok().filter(|device| *device < 32)?;
        let bus = u8::try_from(hex(parts.next()?, 2)?).ok()?;
        let domain = parts.next().map_or(Some(0), |domain| hex(domain, 8))?;
        parts.next().is_none().then_some(Self { domain, bus, device })
    }
}

/// A number of at most so many hex digits, without a sign.
fn hex(text: &str, digits: usize) -> Option<u32> {
    let fits = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Address, Inventory, InventoryGpu};

    fn gpu(pci_address: &str, uuid: &str) -> InventoryGpu {
        InventoryGpu { pci_address: pci_address.to_owned(), uuid: uuid.to_owned(), ..InventoryGpu::default() }
    }

    #[test]
    fn an_address_is_found_in_any_spelling() {
        let inventory = Inventory::new();
        inventory.publish("nvml", vec![gpu("00000000:19:00.0", "GPU-1"), gpu("00000001:AF:1F.0", "GPU-2")]);
        let uuid = |address: &str| inventory.by_pci_address(address).map(|gpu| gpu.uuid);
        for spelling in
            ["00000000:19:00.0", "0000:19:00.0", "0000:19:00", "19:00", "19:0", "0:19:00.1", "00000000:19:00"]
        {
            assert_eq!(uuid(spelling).as_deref(), Some("GPU-1"), "{spelling}");
        }
        for spelling in ["0001:af:1f.0", "00000001:AF:1f", "1:aF:1F"] {
            assert_eq!(uuid(spelling).as_deref(), Some("GPU-2"), "{spelling}");
        }
        for other in
            ["0001:19:00.0", "af:1f", "", "19", "19:00:00:00", "0000:19:+0", "19:00.", "000000000:19:00"]
        {
            assert_eq!(uuid(other), None, "{other}");
        }
        assert_eq!(Address::parse("0000:19:20"), None, "there are 32 devices on a bus");
    }

    #[test]
    fn a_source_replaces_its_own_list_and_no_other() {
        let inventory = Inventory::new();
        assert_eq!(inventory.generation(), 0);
        inventory.publish("nvml", vec![gpu("19:00", "GPU-1")]);
        inventory.publish("nvml/other", vec![gpu("3b:00", "GPU-2"), gpu("nowhere", "GPU-3")]);
        assert_eq!((inventory.gpus().len(), inventory.generation()), (2, 2));
        inventory.publish("nvml", vec![gpu("19:00", "GPU-1")]);
        assert_eq!(inventory.generation(), 2, "nothing has changed");
        inventory.publish("nvml", Vec::new());
        assert_eq!(inventory.by_pci_address("19:00"), None);
        assert_eq!((inventory.gpus().len(), inventory.generation()), (1, 3));
    }

    #[test]
    fn sources_that_publish_at_the_same_time_all_count() {
        let inventory = Inventory::new();
        std::thread::scope(|scope| {
            for source in 0..8 {
                let inventory = inventory.clone();
                scope.spawn(move || {
                    for round in 0..50 {
                        let uuid = format!("GPU-{source}-{round}");
                        inventory.publish(&source.to_string(), vec![gpu(&format!("{source:x}:00"), &uuid)]);
                    }
                });
            }
        });
        assert_eq!((inventory.gpus().len(), inventory.generation()), (8, 400));
    }
}
