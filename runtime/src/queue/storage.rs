// SPDX-License-Identifier: Apache-2.0
//! A queue whose frames are in files: the durable store behind the same two sides.
//!
//! The store counts what it holds and what left it by itself; the queue's ledger counts what
//! became of batches and of frames that the store did not take. Neither counts what the other
//! does, so their sums are the whole.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::time::Instant;
use tracecore_schema::SignalKind;
use tracecore_schema::delivery::{Fsync, Overflow, QueueConfig, StoragePath};

use super::disk::{self, Closed, Closer, Event, Reader, Record, Refused, Store, Stored, Why, Writer};
use super::{Balance, Frame, ItemOutcome, Rules};
use crate::Logger;

/// What the folder may hold if the operator does not say.
const SIZE: u64 = 1 << 30;
/// First attempts that are remembered.
const REMEMBERED: usize = 4096;

/// What lanes and whoever looks share.
#[derive(Debug)]
pub(super) struct Storage {
    writer: Writer,
    closer: Closer,
    /// Items that no disk took until the end.
    lost_at_end: AtomicU64,
}

/// What the delivering side has besides.
#[derive(Debug)]
pub(super) struct Shelf {
    reader: Reader,
    /// When frames that were put back were first tried, by when they were accepted: the store
    /// does not remember it.
    tried: Mutex<BTreeMap<u64, Instant>>,
}

/// Opens the folder of a queue.
pub(super) fn open(
    path: &StoragePath,
    config: &QueueConfig,
    rules: Rules,
    content: &str,
    in_flight: usize,
    ready: Arc<Notify>,
    logger: Logger,
) -> Result<(Storage, Shelf), String> {
    let options = options(config, rules, content, in_flight);
    let options = options.on_ready(move || ready.notify_one()).on_event(move |event| told(&logger, &event));
    let (writer, reader, _) = Store::open(path.as_path(), options).map_err(|error| error.to_string())?;
    let storage = Storage { writer, closer: reader.closer(), lost_at_end: AtomicU64::new(0) };
    Ok((storage, Shelf { reader, tried: Mutex::default() }))
}

fn options(config: &QueueConfig, rules: Rules, content: &str, in_flight: usize) -> disk::StoreOptions {
    let size = config.storage_size.map_or(SIZE, |size| size.0);
    let mut options = disk::StoreOptions::new(content, size);
    // What is in attempts counts within the queue's size as well.
    options.memory = rules.capacity.saturating_sub(in_flight).max(rules.capacity / 4);
    options.fsync = match config.fsync.unwrap_or(Fsync::EverySecond) {
        Fsync::Never => disk::Fsync::Never,
        Fsync::EverySecond => disk::Fsync::Interval(Duration::from_secs(1)),
        Fsync::Always => disk::Fsync::Always,
    };
    options.order = match rules.order {
        tracecore_schema::delivery::Order::OldestFirst => disk::Order::OldestFirst,
        tracecore_schema::delivery::Order::NewestFirst => disk::Order::NewestFirst,
    };
    options.overflow = match rules.overflow {
        Overflow::DropOldest => disk::Overflow::DropOldest,
        Overflow::DropNewest | Overflow::Block => disk::Overflow::Refuse,
    };
    options
}

fn told(logger: &Logger, event: &Event) {
    match event {
        Event::Degraded { reason } => logger.error(&format!(
            "storage takes nothing ({reason}); frames wait in memory and do not survive the process"
        )),
        Event::Restored { after } => {
            logger.info(&format!("storage takes frames again after {} s", after.as_secs()));
        }
        Event::Recovered(found) => {
            if found.frames > 0 {
                let (items, frames, segments) = (found.items, found.frames, found.segments);
                logger
                    .info(&format!("found {items} items in {frames} frames and {segments} files of storage"));
            }
            if found.corrupt_frames > 0 || found.corrupt_bytes > 0 {
                let (frames, items, bytes) = (found.corrupt_frames, found.corrupt_items, found.corrupt_bytes);
                logger.error(&format!(
                    "storage is damaged: {frames} frames ({items} items, {bytes} bytes) are of no use"
                ));
            }
            if found.torn_tails > 0 {
                let (tails, bytes) = (found.torn_tails, found.torn_bytes);
                logger
                    .warn(&format!("{tails} files of storage end in the middle of a write ({bytes} bytes)"));
            }
        }
        Event::Damaged { frames, items } => {
            logger.error(&format!(
                "storage is damaged: {frames} frames with {items} items cannot be read any more"
            ));
        }
    }
}

impl Storage {
    /// Appends a frame; what could not be taken goes the way that is given back, with its buffer.
    /// `wait` says how long it may wait for room, asked again and again.
    pub(super) fn append(
        &self,
        signal: SignalKind,
        bytes: Vec<u8>,
        items: u64,
        overflow: Overflow,
        mut wait: impl FnMut() -> Duration,
    ) -> Result<Vec<u8>, (Vec<u8>, ItemOutcome)> {
        let mut record = Record { payload: bytes, signal: code(signal), items, unix_nanos: unix_nanos() };
        loop {
            let left = if overflow == Overflow::Block { wait() } else { Duration::ZERO };
            // In steps, since the end of the collector must not wait for it.
            let step = left.min(Duration::from_millis(20));
            let refused: Refused = match self.writer.append_within(record, step) {
                Ok(spare) => return Ok(spare),
                Err(refused) => refused,
            };
            let outcome = match refused.why {
                Why::Full if !left.is_zero() => {
                    record = refused.record;
                    continue;
                }
                Why::Full if overflow == Overflow::Block => ItemOutcome::DroppedBlocked,
                Why::Full => ItemOutcome::DroppedNewest,
                Why::TooLarge => ItemOutcome::DroppedStorageFull,
                Why::Closed => ItemOutcome::LostShutdown,
            };
            return Err((refused.record.payload, outcome));
        }
    }

    pub(super) fn close(&self) {
        self.closer.close();
    }

    /// Lets go of one frame in memory.
    pub(super) fn shed(&self) -> Option<usize> {
        self.writer.shed()
    }

    /// Adds what the store counts.
    pub(super) fn add_to(&self, balance: &mut Balance) {
        let counts = self.writer.counts();
        // What came in first: whatever moves meanwhile then shows as more that went, by the
        // frames that moved, and nothing seems to be missing.
        balance.accepted += counts.accepted.get().1;
        balance.recovered += counts.recovered.get().1;
        for outcome in ItemOutcome::ALL {
            balance.ended(outcome, self.outcome(outcome));
        }
        balance.queued += counts.queued.get().1;
        balance.in_flight += counts.in_flight.get().1;
    }

    /// Items that left the store by themselves.
    pub(super) fn outcome(&self, outcome: ItemOutcome) -> u64 {
        let counts = self.writer.counts();
        let at_end = self.lost_at_end.load(Ordering::Relaxed);
        match outcome {
            ItemOutcome::DroppedStorageFull => counts.dropped_by_size.get().1,
            ItemOutcome::DroppedMemory => counts.dropped_by_memory.get().1,
            ItemOutcome::LostCorrupt => counts.lost.get().1.saturating_sub(at_end),
            ItemOutcome::LostShutdown => at_end,
            _ => 0,
        }
    }

    /// Bytes on the disk, and how many there may be.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.writer.counts().disk_bytes.load(Ordering::Relaxed), self.writer.size())
    }

    /// Since when the oldest waits or is in an attempt.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let oldest = self.writer.counts().oldest_unix_nanos.load(Ordering::Relaxed);
        (oldest > 0).then(|| instant(oldest))
    }

    /// Whether frames go to memory because the folder takes none.
    pub(super) fn is_degraded(&self) -> bool {
        self.writer.counts().degraded.load(Ordering::Relaxed) > 0
    }

    /// What the end left.
    pub(super) fn ended(&self, closed: Closed) {
        self.lost_at_end.fetch_add(closed.lost.1, Ordering::Relaxed);
    }
}

impl Shelf {
    /// Frames and bytes that can be taken now, and whether more wait out of reach.
    pub(super) fn available(&self) -> (usize, usize, bool) {
        let (frames, bytes) = self.reader.available();
        (frames, bytes, frames == 0 && self.reader.counts().queued.get().0 > 0)
    }

    pub(super) fn take(&self, bytes: usize) -> Vec<Frame> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let frame = |stored: Stored| {
            let Record { signal, items, unix_nanos, .. } = *stored.record();
            let first = tried.remove(&unix_nanos);
            Frame::stored(stored, named(signal), items, instant(unix_nanos), first)
        };
        self.reader.take_batch(bytes).into_iter().map(frame).collect()
    }

    pub(super) fn put_back(&self, stored: Stored, first: Option<Instant>) {
        if let Some(first) = first {
            let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
            tried.insert(stored.record().unix_nanos, first);
            if tried.len() > REMEMBERED {
                tried.pop_first();
            }
        }
        self.reader.release([stored]);
    }

    pub(super) fn done(&self, stored: Stored) {
        self.reader.acknowledge([stored]);
    }

    /// Writes down what is left and ends. Blocks, no longer than `budget`.
    pub(super) fn close(self, budget: Duration) -> Closed {
        self.reader.close(budget)
    }
}

const fn code(signal: SignalKind) -> u8 {
    match signal {
        SignalKind::Metrics => 0,
        SignalKind::Logs => 1,
    }
}

const fn named(code: u8) -> SignalKind {
    match code {
        1 => SignalKind::Logs,
        _ => SignalKind::Metrics,
    }
}

fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The moment `unix_nanos` by the clock that nobody sets; now, if that lies before its beginning.
fn instant(moment: u64) -> Instant {
    let now = Instant::now();
    let age = Duration::from_nanos(unix_nanos().saturating_sub(moment));
    now.checked_sub(age).unwrap_or(now)
}
