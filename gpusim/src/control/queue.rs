// SPDX-License-Identifier: Apache-2.0
//! Events on their way from a script to whoever waits for them.
//!
//! A ring without readers' marks: every event set keeps its own, so that each of them sees every
//! event once, whoever else reads. Who falls behind by a whole ring loses the oldest.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// Events that wait at most.
const DEPTH: usize = 32;

/// An event as the library hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// `nvmlEventType*`: one bit.
    pub kind: u64,
    /// What goes with it: the code of an Xid.
    pub data: u64,
    /// GPU instance that it is about; `u32::MAX` for the whole GPU.
    pub gpu_instance: u32,
    /// Compute instance that it is about; `u32::MAX` for none.
    pub compute_instance: u32,
}

/// The ring.
#[repr(C)]
pub(crate) struct Queue {
    /// Events ever.
    head: AtomicU64,
    slots: [Slot; DEPTH],
}

#[repr(C)]
struct Slot {
    /// One more than the event's place among all; written last.
    sequence: AtomicU64,
    kind: AtomicU64,
    data: AtomicU64,
    instances: AtomicU64,
}

impl Queue {
    /// Without events.
    #[allow(clippy::declare_interior_mutable_const, reason = "an initialiser, never read itself")]
    pub(crate) const EMPTY: Self = {
        const SLOT: Slot = Slot {
            sequence: AtomicU64::new(0),
            kind: AtomicU64::new(0),
            data: AtomicU64::new(0),
            instances: AtomicU64::new(0),
        };
        Self { head: AtomicU64::new(0), slots: [SLOT; DEPTH] }
    };

    /// Adds an event.
    pub(super) fn push(&self, event: Event) {
        let place = self.head.fetch_add(1, AcqRel);
        let slot = &self.slots[ring(place, DEPTH)];
        slot.sequence.store(0, Release);
        slot.kind.store(event.kind, Relaxed);
        slot.data.store(event.data, Relaxed);
        let instances = u64::from(event.gpu_instance) << 32 | u64::from(event.compute_instance);
        slot.instances.store(instances, Relaxed);
        slot.sequence.store(place + 1, Release);
    }

    /// Where who begins to listen now begins.
    pub(crate) fn end(&self) -> u64 {
        self.head.load(Acquire)
    }

    /// The next event after `mark` that is one of `kinds`; moves the mark.
    pub(crate) fn next(&self, mark: &mut u64, kinds: u64) -> Option<Event> {
        while *mark < self.end() {
            let slot = &self.slots[ring(*mark, DEPTH)];
            let sequence = slot.sequence.load(Acquire);
            if sequence <= *mark {
                // It is being written: next time.
                return None;
            }
            let event = slot.event();
            if slot.sequence.load(Acquire) == *mark + 1 {
                *mark += 1;
                if event.kind & kinds != 0 {
                    return Some(event);
                }
            } else {
                // Overtaken: the oldest that is still there.
                *mark = (*mark + 1).max(self.end().saturating_sub(DEPTH as u64));
            }
        }
        None
    }
}

/// Where a place among all falls in a ring.
#[expect(clippy::cast_possible_truncation, reason = "a remainder is as small as the ring")]
pub(crate) const fn ring(place: u64, depth: usize) -> usize {
    (place % depth as u64) as usize
}

impl Slot {
    #[expect(clippy::cast_possible_truncation, reason = "two halves of a number")]
    fn event(&self) -> Event {
        let instances = self.instances.load(Relaxed);
        Event {
            kind: self.kind.load(Relaxed),
            data: self.data.load(Relaxed),
            gpu_instance: (instances >> 32) as u32,
            compute_instance: instances as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH, Event, Queue};

    fn event(data: u64) -> Event {
        Event { kind: 1 << (data % 3), data, gpu_instance: u32::MAX, compute_instance: 3 }
    }

    #[test]
    fn each_reader_sees_each_event_of_its_kinds_once() {
        let queue = Queue::EMPTY;
        queue.push(event(0));
        let (mut one, mut two) = (queue.end(), 0);
        for data in 1..7 {
            queue.push(event(data));
        }
        let seen: Vec<_> = std::iter::from_fn(|| queue.next(&mut one, u64::MAX)).collect();
        assert_eq!(seen, (1..7).map(event).collect::<Vec<_>>());
        let seen: Vec<_> = std::iter::from_fn(|| queue.next(&mut two, 1)).map(|event| event.data).collect();
        assert_eq!(seen, [0, 3, 6]);
    }

    #[test]
    fn who_is_overtaken_goes_on_with_the_oldest() {
        let queue = Queue::EMPTY;
        let mut mark = 0;
        for data in 0..100 {
            queue.push(event(data));
        }
        let seen: Vec<_> =
            std::iter::from_fn(|| queue.next(&mut mark, u64::MAX)).map(|event| event.data).collect();
        assert_eq!(seen, (100 - DEPTH as u64..100).collect::<Vec<_>>());
    }
}
