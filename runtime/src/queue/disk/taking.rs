// SPDX-License-Identifier: Apache-2.0
//! What the reader does with frames in memory: taking, acknowledging, giving back.

use super::options::Order;
use super::state::{Flight, Shared, State};
use super::{Place, Record};

/// How many frames of other signals a batch looks past to find more of its own.
const LOOK_PAST: usize = 64;

impl Shared {
    /// The next frame for the reader.
    pub(super) fn take(&self, state: &mut State) -> Option<(Place, Record)> {
        let (stuck, from_memory) = (state.is_stuck(), state.serves_memory());
        let newest_first = self.options.order == Order::NewestFirst;
        let mut taken = None;
        if from_memory && newest_first {
            taken = state.take_handed(true);
        }
        if taken.is_none() {
            taken = if newest_first { state.window.pop_back() } else { state.window.pop_front() };
            state.window_bytes -= taken.as_ref().map_or(0, |(_, record)| record.payload.len());
        }
        if taken.is_none() && from_memory && !newest_first && (!state.more || stuck) {
            taken = state.take_handed(false);
        }
        let (place, record) = taken?;
        self.takes_off(state, place, &record);
        if self.wants_load(state) {
            self.work.notify_one();
        }
        self.gauge(state);
        Some((place, record))
    }

    /// Frames of the next one's signal, oldest first, at most `bytes` with it.
    pub(super) fn take_batch(&self, state: &mut State, bytes: usize) -> Vec<(Place, Record)> {
        let Some(first) = self.take(state) else { return Vec::new() };
        let (signal, mut sum) = (first.1.signal, first.1.payload.len());
        let newest_first = self.options.order == Order::NewestFirst;
        let mut taken = vec![first];
        // Frames of another signal are looked past, a few of them.
        let mut past = 0;
        while past < LOOK_PAST {
            let at = if newest_first { state.window.len().checked_sub(past + 1) } else { Some(past) };
            let Some(at) = at else { break };
            let Some((_, next)) = state.window.get(at) else { break };
            if next.signal != signal {
                past += 1;
            } else if sum + next.payload.len() > bytes {
                break;
            } else if let Some((place, record)) = state.window.remove(at) {
                sum += record.payload.len();
                state.window_bytes -= record.payload.len();
                self.takes_off(state, place, &record);
                taken.push((place, record));
            }
        }
        taken.sort_unstable_by_key(|(place, _)| *place);
        if self.wants_load(state) {
            self.work.notify_one();
        }
        self.gauge(state);
        taken
    }

    fn takes_off(&self, state: &mut State, place: Place, record: &Record) {
        state.in_flight.insert(place, Flight { items: record.items, unix_nanos: record.unix_nanos });
        self.counts.queued.sub(1, record.items);
        self.counts.in_flight.add(1, record.items);
    }

    /// Lets go of a frame in memory.
    pub(super) fn shed(&self, state: &mut State) -> Option<usize> {
        let before = state.window_bytes;
        if state.evict(self.options.order) {
            self.gauge(state);
            return Some(before - state.window_bytes);
        }
        let oldest = state.handed.front().map(|(_, record)| record.payload.len())?;
        self.drop_handed(state);
        self.gauge(state);
        Some(oldest)
    }

    /// A frame is done with.
    pub(super) fn acknowledge(&self, state: &mut State, place: Place, record: Record) {
        if state.in_flight.remove(&place).is_none() {
            return;
        }
        self.counts.in_flight.sub(1, record.items);
        self.counts.acknowledged.add(1, record.items);
        if place.on_disk() && place.segment >= state.first {
            state.acks.push((place, record.items));
            self.work.notify_one();
        }
        state.recycle(record.payload);
        self.gauge(state);
    }

    /// A frame goes back to where it was.
    pub(super) fn release(&self, state: &mut State, place: Place, record: Record) {
        if state.in_flight.remove(&place).is_none() {
            return;
        }
        let items = record.items;
        self.counts.in_flight.sub(1, items);
        if !place.on_disk() {
            state.hand(place.ordinal, record);
            self.counts.queued.add(1, items);
            self.work.notify_one();
        } else if place.segment < state.first {
            // Its segment made room while it was away.
            self.counts.dropped_by_size.add(1, items);
            state.recycle(record.payload);
        } else {
            self.counts.queued.add(1, items);
            let beyond = match self.options.order {
                Order::OldestFirst => place >= state.edge,
                Order::NewestFirst => place < state.edge,
            };
            if beyond {
                // It will be read again with its neighbours; a load under way has left it out.
                (state.more, state.epoch) = (true, state.epoch + 1);
                state.recycle(record.payload);
                self.work.notify_one();
            } else {
                state.insert(place, record);
            }
        }
        self.gauge(state);
    }
}
