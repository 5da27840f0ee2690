// SPDX-License-Identifier: Apache-2.0
//! What the thread does with frames in memory: what it is to read back, and what becomes of
//! frames that it has written, read, dropped or lost.

use super::Place;
use super::files::{Dropped, Skip};
use super::load::{Loaded, Wanted};
use super::options::Order;
use super::state::{Shared, State, Written};

impl Shared {
    /// Whether the thread should read frames back.
    pub(super) fn wants_load(&self, state: &State) -> bool {
        state.more && (state.window.is_empty() || state.window_bytes < self.window() / 4)
    }

    /// What to read back.
    pub(super) fn wanted(&self, state: &State) -> (Wanted, u64) {
        // After an eviction frames in flight may lie beyond the edge, and so may those whose
        // acknowledgement the disk has not seen yet. Those in the window never do, but if their
        // segment is damaged meanwhile they are no loss.
        let flying = state.in_flight.iter().map(|(place, flight)| (*place, flight.items));
        let window = state.window.iter().map(|(place, record)| (*place, record.items));
        let held: Skip = flying.chain(state.acks.iter().copied()).chain(window).collect();
        let budget = self.window().saturating_sub(state.window_bytes) / 2;
        (Wanted { order: self.options.order, edge: state.edge, budget, held }, state.epoch)
    }

    /// Takes in what was read back, unless it has become worthless meanwhile.
    pub(super) fn loaded(&self, state: &mut State, loaded: Loaded, epoch: u64) {
        let (frames, items) = loaded.lost;
        self.lost(state, frames, items);
        if epoch != state.epoch {
            return;
        }
        (state.edge, state.more) = (loaded.edge, loaded.more);
        for (place, record) in loaded.frames {
            state.insert(place, record);
        }
        self.gauge(state);
    }

    /// Frames cannot be had any more.
    pub(super) fn lost(&self, state: &mut State, frames: u64, items: u64) {
        self.counts.lost.add(frames, items);
        self.counts.queued.sub(frames, items);
        self.gauge(state);
    }

    /// Takes in what was written: it may be delivered now, and need not stay in memory.
    pub(super) fn written(&self, state: &mut State, written: Vec<Written>) {
        for Written { place, handed: (_, record) } in written {
            self.counts.written.add(1, record.items);
            match self.options.order {
                Order::OldestFirst if state.more || state.window_bytes > self.window() => {
                    if !state.more {
                        (state.edge, state.more) = (place, true);
                    }
                    state.recycle(record.payload);
                }
                Order::OldestFirst => {
                    state.edge = Place { ordinal: place.ordinal + 1, ..place };
                    state.insert(place, record);
                }
                Order::NewestFirst => {
                    state.insert(place, record);
                    while state.window_bytes > self.window() && state.window.len() > 1 {
                        state.evict(Order::NewestFirst);
                    }
                }
            }
        }
        self.gauge(state);
    }

    /// A segment made room.
    pub(super) fn dropped(&self, state: &mut State, dropped: &Dropped) {
        state.first = dropped.segment + 1;
        let last = Place { segment: dropped.segment, ordinal: u64::MAX };
        // What is in flight may still be delivered and is counted then; what was acknowledged
        // while the file was removed has been.
        let away = state.in_flight.range(..=last).filter(|(place, _)| place.segment == dropped.segment);
        let away = away.map(|(_, flight)| flight.items);
        let acked =
            state.acks.iter().filter(|(place, _)| place.segment == dropped.segment).map(|(_, items)| *items);
        let (frames, items) =
            away.chain(acked).fold((dropped.frames, dropped.items), |(frames, items), other| {
                (frames.saturating_sub(1), items.saturating_sub(other))
            });
        state.acks.retain(|(place, _)| place.segment != dropped.segment);
        self.counts.dropped_by_size.add(frames, items);
        self.counts.queued.sub(frames, items);
        while state.window.front().is_some_and(|(place, _)| *place <= last) {
            if let Some((_, record)) = state.window.pop_front() {
                state.window_bytes -= record.payload.len();
                state.recycle(record.payload);
            }
        }
        self.gauge(state);
    }

    /// Gives up what is on no disk and never will be; frames and items.
    pub(super) fn lose_memory(&self, state: &mut State) -> (u64, u64) {
        let handed = std::mem::take(&mut state.handed);
        state.handed_bytes = 0;
        let (mut frames, mut items) =
            (handed.len() as u64, handed.iter().map(|(_, record)| record.items).sum());
        self.counts.queued.sub(frames, items);
        let memory = Place { segment: Place::MEMORY, ordinal: 0 };
        for (_, flight) in state.in_flight.split_off(&memory) {
            self.counts.in_flight.sub(1, flight.items);
            (frames, items) = (frames + 1, items + flight.items);
        }
        self.counts.lost.add(frames, items);
        self.gauge(state);
        (frames, items)
    }
}
