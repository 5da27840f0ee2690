// SPDX-License-Identifier: Apache-2.0
//! The GPUs that the log speaks of, or that others have found: what each is called and how many
//! Xids it had.
//!
//! The log knows a GPU by its address. What else it is called comes from the log itself (the
//! driver says it once, before a GPU's first Xid) and from the host's inventory. Until then its
//! address is its id. When it gets another name, its series end and go on under that name.

use tracecore_runtime::{Batch, Inventory, Registrar, ScopeId, Slot};
use tracecore_schema::{Attribute, AttributeValue};

use super::Metrics;
use super::counters::Total;
use super::lines::address::Address;
use super::lines::xid::Xid;
use crate::receivers::xid;

/// More addresses than a machine can have GPUs are somebody's invention.
const MOST: usize = 256;
/// More codes and instances than a GPU can have are as well.
const MOST_CODES: usize = 1024;

/// The keys by which a GPU may be named in a series.
const NAMES: [&str; 8] = [
    "hw.id",
    "hw.name",
    "hw.model",
    "hw.vendor",
    "hw.serial_number",
    "hw.driver_version",
    "hw.firmware_version",
    "hw.parent",
];

/// An Xid as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    code: u32,
    gpu_instance: Option<u32>,
    compute_instance: Option<u32>,
}

#[derive(Debug)]
struct Count {
    key: Key,
    total: Total,
    seen_unix_nanos: u64,
    seen: Slot<f64>,
}

/// Who told what a GPU is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Nobody,
    TheLog,
    Inventory,
}

/// A GPU.
#[derive(Debug)]
pub(super) struct Gpu {
    address: Address,
    told: Told,
    names: Vec<Attribute>,
    scope: Option<ScopeId>,
    /// Its series carry what it was called before.
    renamed: bool,
    counts: Vec<Count>,
    rate_limited: bool,
    rate_limit: Slot<u64>,
}

impl Gpu {
    fn new(address: Address) -> Self {
        let foreseen = xid::ALARMING.iter().map(|code| Count::new(Key::of(*code)));
        Self {
            address,
            told: Told::Nobody,
            names: vec![Attribute::new("hw.id", address.to_string()), Attribute::new("hw.vendor", "NVIDIA")],
            scope: None,
            renamed: false,
            counts: foreseen.collect(),
            rate_limited: false,
            rate_limit: Slot::OFF,
        }
    }

    /// What it is called.
    pub(super) fn names(&self) -> &[Attribute] {
        &self.names
    }

    fn rename(&mut self, told: Told, names: Vec<Attribute>) -> bool {
        if told < self.told || names == self.names {
            return false;
        }
        self.told = told;
        self.names = names;
        self.renamed = self.scope.is_some();
        true
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) {
        let before = if self.renamed { self.scope.take() } else { None };
        if let Some(before) = before {
            series.retire_scope(before);
        }
        self.renamed = false;
        let scope = *self.scope.get_or_insert_with(|| {
            let scope = series.scope(self.names.clone());
            self.rate_limit = series.begin_in(scope, |metrics| metrics.rate_limited, []);
            scope
        });
        for count in &mut self.counts {
            if before.is_none() && !count.total.lacks_series() {
                if count.seen_unix_nanos > 0 && !count.seen.is_on() {
                    count.seen =
                        series.begin_in(scope, |metrics| metrics.xid_last_seen, count.key.attributes());
                }
                continue;
            }
            count.total.move_to(series.begin_in(scope, |metrics| metrics.xids, count.key.attributes()));
            count.seen = if count.seen_unix_nanos > 0 {
                series.begin_in(scope, |metrics| metrics.xid_last_seen, count.key.attributes())
            } else {
                Slot::OFF
            };
        }
    }
}

impl Key {
    const fn of(code: u32) -> Self {
        Self { code, gpu_instance: None, compute_instance: None }
    }

    fn attributes(&self) -> Vec<Attribute> {
        let number = |number: u32| AttributeValue::from(i64::from(number));
        let mut attributes = vec![
            Attribute::new(xid::CODE, number(self.code)),
            Attribute::new(xid::ACTION, xid::action(self.code).name()),
            Attribute::new(xid::SOURCE, "kernel"),
        ];
        let instances = [
            ("tracecore.gpu.mig.gpu_instance.id", self.gpu_instance),
            ("tracecore.gpu.mig.compute_instance.id", self.compute_instance),
        ];
        for (key, instance) in instances {
            attributes.extend(instance.map(|instance| Attribute::new(key, number(instance))));
        }
        attributes
    }
}

impl Count {
    const fn new(key: Key) -> Self {
        Self { key, total: Total::NONE, seen_unix_nanos: 0, seen: Slot::OFF }
    }
}

/// All GPUs that were spoken of.
#[derive(Debug)]
pub(super) struct Gpus {
    gpus: Vec<Gpu>,
    inventory: Inventory,
    generation: Option<u64>,
    wants_series: bool,
}

impl Gpus {
    pub(super) fn new(inventory: Inventory) -> Self {
        Self { gpus: Vec::new(), inventory, generation: None, wants_series: true }
    }

    /// The GPU at an address, if it was spoken of.
    pub(super) fn at(&self, address: Address) -> Option<&Gpu> {
        self.gpus.iter().find(|gpu| gpu.address == address)
    }

    fn entry(&mut self, address: Address) -> Option<&mut Gpu> {
        let at = match self.gpus.iter().position(|gpu| gpu.address == address) {
            Some(at) => at,
            None if self.gpus.len() < MOST => {
                self.gpus.push(Gpu::new(address));
                self.wants_series = true;
                // The inventory is looked at as a whole, when it has changed or a GPU is new.
                self.generation = None;
                self.look();
                self.gpus.len() - 1
            }
            None => return None,
        };
        self.gpus.get_mut(at)
    }

    /// Takes over what the inventory has, if that is something new.
    pub(super) fn look(&mut self) {
        let generation = self.inventory.generation();
        if self.generation == Some(generation) {
            return;
        }
        self.generation = Some(generation);
        for known in self.inventory.gpus() {
            let Some(address) = Address::parse(&known.pci_address) else { continue };
            let mut names: Vec<_> =
                known.attributes.into_iter().filter(|name| NAMES.contains(&&*name.key)).collect();
            if !names.iter().any(|name| name.key == "hw.id") {
                names.insert(0, Attribute::new("hw.id", known.uuid));
            }
            let at = self.gpus.iter().position(|gpu| gpu.address == address);
            let at = at.unwrap_or_else(|| {
                self.gpus.push(Gpu::new(address));
                self.wants_series = true;
                self.gpus.len() - 1
            });
            self.wants_series |= self.gpus[at].rename(Told::Inventory, names);
        }
    }

    /// The log says what a GPU is called.
    pub(super) fn name(&mut self, address: Address, uuid: &str) {
        let Some(gpu) = self.entry(address) else { return };
        if gpu.told == Told::Inventory {
            return;
        }
        let names = vec![Attribute::new("hw.id", uuid), Attribute::new("hw.vendor", "NVIDIA")];
        let renamed = gpu.rename(Told::TheLog, names);
        self.wants_series |= renamed;
    }

    /// The log says that a GPU's Xids 119 are no longer all reported.
    pub(super) fn rate_limited(&mut self, address: Address) {
        if let Some(gpu) = self.entry(address) {
            gpu.rate_limited = true;
        }
    }

    /// Counts an Xid.
    pub(super) fn count(&mut self, event: &Xid<'_>, unix_nanos: u64) {
        let key = Key {
            code: event.code,
            gpu_instance: event.gpu_instance,
            compute_instance: event.compute_instance,
        };
        let Some(gpu) = self.entry(event.address) else { return };
        let at = match gpu.counts.iter().position(|count| count.key == key) {
            Some(at) => at,
            None if gpu.counts.len() < MOST_CODES => {
                gpu.counts.push(Count::new(key));
                gpu.counts.len() - 1
            }
            None => return,
        };
        let count = &mut gpu.counts[at];
        count.total.count();
        let wants_series = count.total.lacks_series() || count.seen_unix_nanos == 0;
        count.seen_unix_nanos = count.seen_unix_nanos.max(unix_nanos);
        self.wants_series |= wants_series;
    }

    /// Whether there is something without a series.
    pub(super) const fn wants_series(&self) -> bool {
        self.wants_series
    }

    pub(super) fn discover(&mut self, series: &mut Registrar<'_, Metrics>) {
        self.look();
        self.wants_series = false;
        self.gpus.iter_mut().for_each(|gpu| gpu.discover(series));
    }

    /// Sets all; says whether there is more to show than was shown.
    pub(super) fn set(&mut self, out: &mut Batch) -> bool {
        let mut more = false;
        for gpu in &mut self.gpus {
            out.set(gpu.rate_limit, u64::from(gpu.rate_limited));
            for count in &mut gpu.counts {
                more |= count.total.set(out);
                if count.seen_unix_nanos > 0 {
                    out.set(count.seen, seconds(count.seen_unix_nanos));
                }
            }
        }
        more
    }
}

/// Nanoseconds as seconds.
#[allow(clippy::cast_precision_loss, reason = "a double of seconds since 1970 has microseconds")]
pub(super) fn seconds(unix_nanos: u64) -> f64 {
    unix_nanos as f64 / 1e9
}
