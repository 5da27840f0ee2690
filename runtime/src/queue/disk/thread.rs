// SPDX-License-Identifier: Apache-2.0
//! The one thread of a folder: everything that may wait for a disk happens here.
//!
//! A round: write acknowledgements down, write what was handed over, sync if it is time, look
//! through a segment that has not been, read frames back if the reader's window runs low. When
//! the disk refuses, frames stay where they are, the reader is served from memory, and writing
//! is tried again after a while.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::counts::Counts;
use super::error::may_pass;
use super::files::{Disk, WRITE};
use super::format::{SEGMENT_HEADER, record_bytes};
use super::load::load;
use super::options::{Event, Fsync, Order, Overflow};
use super::state::{Shared, State};
use super::{OpenError, Place, Recovered};
use crate::backoff::Backoff;

/// The longest time between two attempts to write, in first times: an attempt is one call.
const LONGEST: u32 = 10;
/// After so many failures in a row a segment is left alone.
const READ_ATTEMPTS: u32 = 3;
/// Enough for the calls made here; nothing recurses.
const STACK: usize = 256 << 10;

struct Worker {
    shared: Arc<Shared>,
    path: PathBuf,
    disk: Option<Disk>,
    /// Since when the disk refuses, and when it is asked again.
    trouble: Option<(Instant, Instant)>,
    backoff: Backoff,
    synced: Instant,
    read_again: Option<Instant>,
    read_failures: u32,
    /// Whether recovery is still to be told of.
    recovering: bool,
}

/// Says that the thread has ended, however it ends.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        (state.closed, state.ended, state.busy) = (true, true, None);
        // What is in memory can be taken from there, whatever has become of the rest.
        (state.degraded, state.more) = (true, false);
        drop(state);
        self.0.ended.notify_all();
        self.0.room.notify_all();
        (self.0.options.ready)();
    }
}

/// Starts the thread over an opened folder, or over none (why) and tries to open it again.
pub(super) fn start(path: &Path, shared: &Arc<Shared>, disk: Result<Disk, String>) -> io::Result<Recovered> {
    let retry = shared.options.retry;
    let mut worker = Worker {
        shared: Arc::clone(shared),
        path: path.to_owned(),
        disk: None,
        trouble: None,
        backoff: Backoff::new(retry, retry * LONGEST),
        synced: Instant::now(),
        read_again: None,
        read_failures: 0,
        // Over no folder: what is in it is found later.
        recovering: true,
    };
    let mut recovered = Recovered::default();
    match disk {
        Ok(disk) => {
            recovered = disk.recovered.clone();
            recovered.complete = disk.segments.iter().all(|segment| segment.scanned);
            worker.recovering = recovered.segments > 0;
            worker.opened(disk);
        }
        Err(reason) => worker.refused(reason),
    }
    worker.publish();
    std::thread::Builder::new().name("queue-disk".to_owned()).stack_size(STACK).spawn(move || {
        let _ending = Ending(Arc::clone(&worker.shared));
        worker.run();
    })?;
    Ok(recovered)
}

impl Worker {
    fn run(&mut self) {
        loop {
            let leaving = self.wait();
            if self.disk.is_none() && self.may_write() {
                self.open();
            }
            self.acknowledge();
            let wrote = self.write(leaving);
            self.sync();
            if !leaving {
                self.recover();
                self.load();
            }
            self.publish();
            if leaving && !wrote {
                break;
            }
        }
        if let Some(mut disk) = self.disk.take() {
            disk.close(&self.shared.counts);
        }
    }

    /// Waits for something to do; whether the end has come.
    fn wait(&self) -> bool {
        let shared = &*self.shared;
        let mut state = shared.lock();
        loop {
            let now = Instant::now();
            let next = self.next(&state, now);
            if state.leaving || next <= now {
                state.busy = Some(now);
                return state.leaving;
            }
            let wait = next - now;
            state = shared.work.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// When there is something to do next.
    fn next(&self, state: &State, now: Instant) -> Instant {
        let again = self.trouble.map_or(now, |(_, again)| again);
        let Some(disk) = &self.disk else { return again };
        let mut next = now + Duration::from_secs(3600);
        if !state.handed.is_empty() || disk.has_unwritten() {
            next = next.min(again);
        }
        if !state.acks.is_empty() || self.recovering {
            return now;
        }
        if self.shared.wants_load(state) {
            next = next.min(self.read_again.unwrap_or(now));
        }
        if let (Fsync::Interval(interval), true) = (self.shared.options.fsync, disk.dirty) {
            next = next.min(self.synced + interval);
        }
        next
    }

    fn may_write(&self) -> bool {
        self.trouble.is_none_or(|(_, again)| again <= Instant::now())
    }

    fn open(&mut self) {
        match Disk::open(&self.path, &self.shared.options) {
            Ok(disk) => self.opened(disk),
            Err(OpenError::Io { path, error }) if may_pass(&error) => {
                self.refused(format!("{}: {error}", path.display()));
            }
            // Somebody else has taken it meanwhile, or put something else there.
            Err(other) => self.refused(other.to_string()),
        }
    }

    fn opened(&mut self, disk: Disk) {
        let mut state = self.shared.lock();
        state.more = !disk.segments.is_empty();
        state.edge = match self.shared.options.order {
            Order::OldestFirst => Place::default(),
            Order::NewestFirst => disk.end(),
        };
        drop(state);
        self.disk = Some(disk);
        self.works();
    }

    /// The disk refuses: frames stay in memory for now.
    fn refused(&mut self, reason: String) {
        Counts::add(&self.shared.counts.write_errors, 1);
        let now = Instant::now();
        let again = now + self.backoff.next();
        let first = self.trouble.is_none();
        self.trouble = Some((self.trouble.map_or(now, |(since, _)| since), again));
        if !first {
            return;
        }
        self.shared.lock().degraded = true;
        Counts::set(&self.shared.counts.degraded, 1);
        (self.shared.options.events)(Event::Degraded { reason });
        (self.shared.options.ready)();
    }

    /// The disk takes frames.
    fn works(&mut self) {
        let Some((since, _)) = self.trouble.take() else { return };
        self.backoff.reset();
        self.shared.lock().degraded = false;
        Counts::set(&self.shared.counts.degraded, 0);
        (self.shared.options.events)(Event::Restored { after: since.elapsed() });
    }

    fn acknowledge(&mut self) {
        let may_write = self.may_write();
        let Some(disk) = &mut self.disk else { return };
        disk.acknowledge(std::mem::take(&mut self.shared.lock().acks));
        if self.trouble.is_some() {
            // What is done with may be what fills the disk.
            disk.leave_finished();
        }
        if may_write
            && disk.has_unwritten()
            && let Err(error) = disk.persist_acks(&self.shared.counts)
        {
            self.refused(format!("{}: what was delivered cannot be marked: {error}", self.path.display()));
        }
    }

    /// Writes some of what was handed over; whether there may be more.
    fn write(&mut self, leaving: bool) -> bool {
        if !leaving && !self.may_write() {
            return false;
        }
        let shared = Arc::clone(&self.shared);
        let Some(disk) = &mut self.disk else { return false };
        let most = usize::try_from(shared.options.segment_bytes()).unwrap_or(WRITE);
        // What is being written is out of reach for those who need its room.
        let most = most.min(WRITE).min(shared.options.memory / 4);
        // Where much does not fit, a little may.
        let most = if self.trouble.is_some() { 1 } else { most };
        let mut frames = shared.lock().take_writing(most);
        if frames.is_empty() {
            return false;
        }
        let mut written = Vec::with_capacity(frames.len());
        let bytes: u64 = frames.iter().map(|(_, frame)| record_bytes(frame.payload.len())).sum();
        let result = make_room(disk, &shared, bytes + 2 * SEGMENT_HEADER as u64)
            .and_then(|()| disk.append(&mut frames, &mut written));
        let synced = match (&result, shared.options.fsync) {
            (Ok(()), Fsync::Always) => disk.sync().map(|did| Counts::add(&shared.counts.syncs, did.into())),
            _ => Ok(()),
        };
        if synced.is_err() {
            // What reached the disk is not known. All of it is written once more, elsewhere,
            // and what is here already is done with.
            disk.acknowledge(written.iter().map(|frame| (frame.place, frame.handed.1.items)));
            disk.leave_active();
            for frame in written.drain(..).rev() {
                frames.push_front(frame.handed);
            }
        }
        let mut state = shared.lock();
        state.unwritten(frames);
        shared.written(&mut state, written);
        let more = !state.handed.is_empty();
        drop(state);
        (shared.options.ready)();
        shared.room.notify_all();
        match result.and(synced) {
            Ok(()) => {
                match &mut self.trouble {
                    // One frame fitted; only when all did is the trouble over.
                    Some((_, again)) if more => *again = Instant::now(),
                    _ => self.works(),
                }
                true
            }
            Err(error) => {
                self.refused(format!("{}: {error}", self.path.display()));
                false
            }
        }
    }

    fn sync(&mut self) {
        let Fsync::Interval(interval) = self.shared.options.fsync else { return };
        let Some(disk) = &mut self.disk else { return };
        if !disk.dirty {
            self.synced = Instant::now();
        } else if self.synced.elapsed() >= interval {
            let result = disk.sync();
            self.synced = Instant::now();
            match result {
                Ok(_) => Counts::add(&self.shared.counts.syncs, 1),
                Err(error) => {
                    // The kernel may forget what it could not write; nothing more goes here.
                    disk.leave_active();
                    self.refused(format!("{}: {error}", self.path.display()));
                }
            }
        }
    }

    fn recover(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        if !self.recovering || disk.recover_next(&self.shared.counts) {
            return;
        }
        self.recovering = false;
        disk.recovered.complete = true;
        (self.shared.options.events)(Event::Recovered(disk.recovered.clone()));
    }

    fn load(&mut self) {
        let shared = &*self.shared;
        let Some(disk) = &mut self.disk else { return };
        if self.read_again.is_some_and(|again| again > Instant::now()) {
            return;
        }
        let state = shared.lock();
        if !shared.wants_load(&state) {
            return;
        }
        let (wanted, epoch) = shared.wanted(&state);
        drop(state);
        self.read_again = None;
        match load(disk, &wanted, &shared.counts) {
            Ok(loaded) => {
                self.read_failures = 0;
                let (frames, items) = loaded.lost;
                shared.loaded(&mut shared.lock(), loaded, epoch);
                if frames > 0 {
                    (shared.options.events)(Event::Damaged { frames, items });
                }
                (shared.options.ready)();
            }
            Err(segment) => {
                Counts::add(&shared.counts.read_errors, 1);
                self.read_again = Some(Instant::now() + shared.options.retry);
                self.read_failures += 1;
                if self.read_failures >= READ_ATTEMPTS {
                    self.read_failures = 0;
                    let held = shared.wanted(&shared.lock()).0.held;
                    let (frames, items) = disk.give_up(segment, &held);
                    shared.lost(&mut shared.lock(), frames, items);
                    (shared.options.events)(Event::Damaged { frames, items });
                }
            }
        }
    }

    /// Shows what the disk holds now.
    fn publish(&self) {
        let shared = &*self.shared;
        let mut state: MutexGuard<'_, State> = shared.lock();
        state.busy = None;
        if let Some(disk) = &self.disk {
            state.disk_bytes = disk.bytes();
            let oldest = disk.segments.iter().find(|segment| segment.live_frames > 0);
            state.disk_oldest = oldest.map(|segment| segment.first_unix_nanos);
            Counts::set(&shared.counts.disk_bytes, state.disk_bytes);
            Counts::set(&shared.counts.segments, disk.segments.len() as u64);
        }
        shared.gauge(&state);
    }
}

/// Removes the oldest segments until `bytes` more fit.
fn make_room(disk: &mut Disk, shared: &Shared, bytes: u64) -> io::Result<()> {
    if shared.options.overflow == Overflow::Refuse {
        return Ok(());
    }
    while disk.bytes() + bytes > shared.options.size {
        disk.acknowledge(std::mem::take(&mut shared.lock().acks));
        let Some(dropped) = disk.drop_oldest(&shared.counts)? else { break };
        shared.dropped(&mut shared.lock(), &dropped);
    }
    Ok(())
}
