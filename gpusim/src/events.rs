// SPDX-License-Identifier: Apache-2.0
//! Event sets: who wants to hear what, and where each listener stands.
//!
//! An event counts from the moment of registration. Sets are numbers, as handles of devices are.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::control::Queue;
use crate::{Event, MAX_GPUS, SimError};

/// Kinds of events.
pub mod kind {
    /// Single-bit memory error.
    pub const SINGLE_BIT_ECC: u64 = 0x1;
    /// Double-bit memory error.
    pub const DOUBLE_BIT_ECC: u64 = 0x2;
    /// The performance state changed.
    pub const PERFORMANCE_STATE: u64 = 0x4;
    /// An Xid; its code is the event's data.
    pub const XID: u64 = 0x8;
    /// A clock changed.
    pub const CLOCK: u64 = 0x10;
    /// The GPU was partitioned differently.
    pub const MIG_CONFIG_CHANGE: u64 = 0x100;
    /// Many single-bit errors.
    pub const SINGLE_BIT_ECC_STORM: u64 = 0x200;
    /// A row was remapped or a page retired.
    pub const DRAM_RETIREMENT: u64 = 0x400;
    /// A row could not be remapped.
    pub const DRAM_RETIREMENT_FAILURE: u64 = 0x800;
    /// Poisoned data were used, and contained.
    pub const NON_FATAL_POISON: u64 = 0x1000;
    /// Poisoned data were used.
    pub const FATAL_POISON: u64 = 0x2000;
    /// The GPU is unavailable.
    pub const GPU_UNAVAILABLE: u64 = 0x4000;
    /// The driver asks for something to be done.
    pub const RECOVERY_ACTION: u64 = 0x8000;

    /// Of the system: the driver is about to be unbound.
    pub const DRIVER_UNBIND: u64 = 0x1;
    /// Of the system: the driver was bound.
    pub const DRIVER_BIND: u64 = 0x2;
}

/// What every driver can tell.
const ALWAYS: u64 =
    kind::SINGLE_BIT_ECC | kind::DOUBLE_BIT_ECC | kind::PERFORMANCE_STATE | kind::XID | kind::CLOCK;
/// What drivers from 560 on can tell as well, and what those from 570 on can. Read as
/// `Profile::has` was.
const LATER: u64 = kind::SINGLE_BIT_ECC_STORM
    | kind::DRAM_RETIREMENT
    | kind::DRAM_RETIREMENT_FAILURE
    | kind::NON_FATAL_POISON
    | kind::FATAL_POISON;
const LATEST: u64 = kind::GPU_UNAVAILABLE | kind::RECOVERY_ACTION;

/// Kinds of events that a driver of this branch tells about a GPU.
pub(crate) const fn supported(branch: u32, mig: bool) -> u64 {
    ALWAYS
        | if mig { kind::MIG_CONFIG_CHANGE } else { 0 }
        | if branch >= 560 { LATER } else { 0 }
        | if branch >= 570 { LATEST } else { 0 }
}

/// All event sets of a node.
#[derive(Debug, Default)]
pub(crate) struct EventSets(Mutex<Vec<Option<EventSet>>>);

#[derive(Debug)]
enum EventSet {
    Gpus(Box<[Ear; MAX_GPUS as usize]>),
    System(Ear),
}

/// What is listened to, and how far.
#[derive(Clone, Copy, Debug, Default)]
struct Ear {
    kinds: u64,
    mark: u64,
}

impl EventSets {
    /// Makes a set for events of GPUs, or of the system.
    pub(crate) fn create(&self, system: bool) -> u32 {
        let set = if system {
            EventSet::System(Ear::default())
        } else {
            EventSet::Gpus(Box::new([Ear::default(); MAX_GPUS as usize]))
        };
        let mut sets = self.lock();
        let place = sets.iter().position(Option::is_none).unwrap_or_else(|| {
            sets.push(None);
            sets.len() - 1
        });
        sets[place] = Some(set);
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    pub(crate) fn free(&self, set: u32, system: bool) -> Result<(), SimError> {
        let mut sets = self.lock();
        match sets.get_mut(set as usize) {
            Some(found) if found.as_ref().is_some_and(|set| set.is_of_system() == system) => {
                *found = None;
                Ok(())
            }
            _ => Err(SimError::INVALID_ARGUMENT),
        }
    }

    /// Listens to kinds of events of a GPU, or of the system, from now on.
    pub(crate) fn register(
        &self,
        set: u32,
        slot: Option<u32>,
        kinds: u64,
        queue: &Queue,
    ) -> Result<(), SimError> {
        self.with(set, |set| {
            let ear = match (set, slot) {
                (EventSet::Gpus(ears), Some(slot)) => &mut ears[slot as usize],
                (EventSet::System(ear), None) => ear,
                _ => return Err(SimError::INVALID_ARGUMENT),
            };
            if ear.kinds == 0 {
                ear.mark = queue.end();
            }
            ear.kinds |= kinds;
            Ok(())
        })
    }

    /// The next event, with the slot of its GPU.
    pub(crate) fn next<'q>(
        &self,
        set: u32,
        system: bool,
        queue: impl Fn(Option<u32>) -> &'q Queue,
    ) -> Result<Option<(Option<u32>, Event)>, SimError> {
        self.with(set, |set| {
            if set.is_of_system() != system {
                return Err(SimError::INVALID_ARGUMENT);
            }
            Ok(match set {
                EventSet::System(ear) => queue(None).next(&mut ear.mark, ear.kinds).map(|it| (None, it)),
                EventSet::Gpus(ears) => {
                    (0..).zip(ears.iter_mut()).filter(|(_, ear)| ear.kinds != 0).find_map(|(slot, ear)| {
                        let event = queue(Some(slot)).next(&mut ear.mark, ear.kinds)?;
                        Some((Some(slot), event))
                    })
                }
            })
        })
    }

    /// Slots that a set listens to.
    pub(crate) fn slots(&self, set: u32) -> u64 {
        let slots = self.with(set, |set| {
            Ok(match set {
                EventSet::Gpus(ears) => (0..)
                    .zip(ears.iter())
                    .filter(|(_, ear)| ear.kinds != 0)
                    .fold(0, |slots, (slot, _): (u32, _)| slots | 1 << slot),
                EventSet::System(_) => 0,
            })
        });
        slots.unwrap_or(0)
    }

    fn with<T>(
        &self,
        set: u32,
        then: impl FnOnce(&mut EventSet) -> Result<T, SimError>,
    ) -> Result<T, SimError> {
        match self.lock().get_mut(set as usize) {
            Some(Some(set)) => then(set),
            _ => Err(SimError::INVALID_ARGUMENT),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<EventSet>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSet {
    const fn is_of_system(&self) -> bool {
        matches!(self, Self::System(_))
    }
}
