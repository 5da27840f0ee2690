// SPDX-License-Identifier: Apache-2.0
//! What the two halves and the thread share: frames in memory under one lock that is held for
//! pushes and pops, never for a call that may wait.
//!
//! Frames lie in two places. `handed` are those that lanes appended and the thread has not yet
//! written. `window` is a run of frames at the reading end, all of them written; the frames
//! beyond its `edge` are on the disk only.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::counts::Counts;
use super::format::{MAX_PAYLOAD, record_bytes};
use super::options::{Order, Overflow, StoreOptions};
use super::{Place, Record, Why};

/// What a frame costs in memory besides its payload, roughly: many tiny frames must not pass
/// for nothing.
const OVERHEAD: usize = 96;
/// How many empty buffers are kept for reuse, and how many bytes they may have together.
const POOLED: usize = 16;
const POOLED_BYTES: usize = 2 << 20;
/// A call of the disk that takes this long counts as stuck: what is in memory is then
/// delivered from there.
const STUCK: Duration = Duration::from_secs(1);

pub(super) struct Shared {
    pub(super) options: StoreOptions,
    pub(super) counts: Counts,
    state: Mutex<State>,
    /// There is something for the thread to do.
    pub(super) work: Condvar,
    /// There may be room for those who were refused.
    pub(super) room: Condvar,
    /// The thread has ended.
    pub(super) ended: Condvar,
}

/// A frame that is not written yet, and its number.
pub(super) type Handed = (u64, Record);

/// A frame that was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) place: Place,
    pub(super) handed: Handed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) items: u64,
    pub(super) unix_nanos: u64,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Numbered as they came.
    pub(super) handed: VecDeque<Handed>,
    pub(super) handed_bytes: usize,
    next: u64,
    /// Bytes with the thread, being written.
    writing: usize,
    /// By place.
    pub(super) window: VecDeque<(Place, Record)>,
    pub(super) window_bytes: usize,
    /// Oldest first: the first frame that is on the disk only. Newest first: all before this.
    pub(super) edge: Place,
    /// Whether there may be frames beyond the edge.
    pub(super) more: bool,
    /// Counts what makes a load that is under way worthless.
    pub(super) epoch: u64,
    pub(super) in_flight: BTreeMap<Place, Flight>,
    pub(super) acks: Vec<(Place, u64)>,
    pool: Vec<Vec<u8>>,
    pooled: usize,
    /// The first segment there is; frames of earlier ones are gone.
    pub(super) first: u64,
    pub(super) disk_bytes: u64,
    /// When the oldest frame on the disk was accepted, about.
    pub(super) disk_oldest: Option<u64>,
    pub(super) degraded: bool,
    /// Since when the thread is in a call of the disk.
    pub(super) busy: Option<Instant>,
    /// No more frames are appended.
    pub(super) closed: bool,
    /// The thread is to end.
    pub(super) leaving: bool,
    pub(super) ended: bool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(options: StoreOptions) -> Arc<Self> {
        Arc::new(Self {
            options,
            counts: Counts::default(),
            state: Mutex::default(),
            work: Condvar::new(),
            room: Condvar::new(),
            ended: Condvar::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it is held cannot leave it half changed: there is nothing in it that
        // panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a frame in, and gives a buffer back for the next one.
    pub(super) fn append(&self, state: &mut State, record: Record) -> Result<Vec<u8>, (Record, Why)> {
        if state.closed {
            return Err((record, Why::Closed));
        }
        let (bytes, items) = (record.payload.len(), record.items);
        let on_disk = record_bytes(bytes);
        if bytes > MAX_PAYLOAD || on_disk > self.options.size {
            return Err((record, Why::TooLarge));
        }
        let refuse = self.options.overflow == Overflow::Refuse;
        let waiting = (state.handed_bytes + state.writing) as u64;
        if refuse && !state.degraded && state.disk_bytes + waiting + on_disk > self.options.size {
            return Err((record, Why::Full));
        }
        while state.in_memory() + bytes + OVERHEAD > self.options.memory {
            if state.evict(self.options.order) {
                continue;
            }
            if state.handed.is_empty() {
                break;
            }
            if refuse {
                return Err((record, Why::Full));
            }
            self.drop_handed(state);
        }
        self.counts.accepted.add(1, items);
        self.counts.queued.add(1, items);
        let number = state.next;
        state.next += 1;
        state.handed_bytes += bytes + OVERHEAD;
        state.handed.push_back((number, record));
        self.gauge(state);
        Ok(state.spare())
    }

    pub(super) fn drop_handed(&self, state: &mut State) {
        if let Some((_, record)) = state.handed.pop_front() {
            state.handed_bytes -= record.payload.len() + OVERHEAD;
            self.counts.dropped_by_memory.add(1, record.items);
            self.counts.queued.sub(1, record.items);
            state.recycle(record.payload);
        }
    }

    /// How many bytes of frames that are on the disk are kept in memory.
    pub(super) fn window(&self) -> usize {
        self.options.memory / 2
    }

    pub(super) fn gauge(&self, state: &State) {
        Counts::set(&self.counts.memory_bytes, state.in_memory() as u64);
        let handed = state.handed.front().map(|(_, record)| record.unix_nanos);
        let window = state.window.front().map(|(_, record)| record.unix_nanos);
        let away = state.in_flight.first_key_value().map(|(_, flight)| flight.unix_nanos);
        let beyond = state.more && (window.is_none() || self.options.order == Order::NewestFirst);
        let disk = state.disk_oldest.filter(|_| beyond);
        let oldest = [handed, window, away, disk].into_iter().flatten().min();
        Counts::set(&self.counts.oldest_unix_nanos, oldest.unwrap_or(0));
    }
}

impl State {
    /// Whether the thread has been in one round of work for too long.
    pub(super) fn is_stuck(&self) -> bool {
        self.busy.is_some_and(|since| since.elapsed() > STUCK)
    }

    /// Whether the reader may take frames that are not written.
    pub(super) fn serves_memory(&self) -> bool {
        self.degraded || self.is_stuck()
    }

    /// What can be taken now: frames and bytes.
    pub(super) fn available(&self) -> (usize, usize) {
        let (mut frames, mut bytes) = (self.window.len(), self.window_bytes);
        if self.serves_memory() {
            frames += self.handed.len();
            bytes += self.handed_bytes - self.handed.len() * OVERHEAD;
        }
        (frames, bytes)
    }

    fn in_memory(&self) -> usize {
        self.handed_bytes + self.writing + self.window_bytes
    }

    /// Lets go of the frame in memory that is wanted last and is on the disk.
    pub(super) fn evict(&mut self, order: Order) -> bool {
        let evicted = match order {
            Order::OldestFirst => self.window.pop_back(),
            Order::NewestFirst => self.window.pop_front(),
        };
        let Some((place, record)) = evicted else { return false };
        self.window_bytes -= record.payload.len();
        self.edge = match order {
            Order::OldestFirst => self.edge.min(place),
            Order::NewestFirst => self.edge.max(Place { ordinal: place.ordinal + 1, ..place }),
        };
        (self.more, self.epoch) = (true, self.epoch + 1);
        self.recycle(record.payload);
        true
    }

    pub(super) fn insert(&mut self, place: Place, mut record: Record) {
        if self.window.len() >= POOLED {
            // Buffers do not go round now: this one stays for a while, and is counted as what
            // it holds, not as what it grew to.
            record.payload.shrink_to_fit();
        }
        self.window_bytes += record.payload.len();
        if self.window.back().is_none_or(|(last, _)| *last < place) {
            self.window.push_back((place, record));
        } else {
            let at = self.window.partition_point(|(other, _)| *other < place);
            self.window.insert(at, (place, record));
        }
    }

    pub(super) fn take_handed(&mut self, newest: bool) -> Option<(Place, Record)> {
        let (number, record) = if newest { self.handed.pop_back() } else { self.handed.pop_front() }?;
        self.handed_bytes -= record.payload.len() + OVERHEAD;
        Some((Place { segment: Place::MEMORY, ordinal: number }, record))
    }

    /// Takes what the thread writes next: at most about `bytes`, at least one frame.
    pub(super) fn take_writing(&mut self, bytes: usize) -> VecDeque<Handed> {
        let mut taken = VecDeque::new();
        let mut sum = 0;
        while let Some((_, record)) = self.handed.front() {
            let next = record.payload.len() + OVERHEAD;
            if sum > 0 && sum + next > bytes {
                break;
            }
            sum += next;
            taken.extend(self.handed.pop_front());
        }
        self.handed_bytes -= sum;
        self.writing = sum;
        taken
    }

    /// Gives back what could not be written.
    pub(super) fn unwritten(&mut self, frames: VecDeque<Handed>) {
        self.writing = 0;
        for (number, record) in frames.into_iter().rev() {
            self.hand(number, record);
        }
    }

    /// Puts a frame where its number says.
    pub(super) fn hand(&mut self, number: u64, record: Record) {
        self.handed_bytes += record.payload.len() + OVERHEAD;
        let at = self.handed.partition_point(|(other, _)| *other < number);
        self.handed.insert(at, (number, record));
    }

    fn spare(&mut self) -> Vec<u8> {
        let spare = self.pool.pop().unwrap_or_default();
        self.pooled -= spare.capacity();
        spare
    }

    pub(super) fn recycle(&mut self, mut payload: Vec<u8>) {
        if self.pool.len() < POOLED
            && self.pooled + payload.capacity() <= POOLED_BYTES
            && payload.capacity() > 0
        {
            self.pooled += payload.capacity();
            payload.clear();
            self.pool.push(payload);
        }
    }
}
