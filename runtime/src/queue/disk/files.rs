// SPDX-License-Identifier: Apache-2.0
//! The segments of one folder: appending, acknowledging, reading, dropping. Owned and called
//! by the store's one thread, so nothing here is shared or locked.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use super::counts::Counts;
use super::folder::Folder;
use super::format::{ALIGN, RecordHeader, SegmentHeader, record_bytes};
use super::io::Io;
use super::options::{Fsync, Order};
use super::scan::RecordRef;
use super::segment::Segment;
use super::state::{Handed, Written};
use super::{Place, Recovered};

/// The most that one write call takes.
pub(super) const WRITE: usize = 1 << 20;
/// The most frames of a segment, so that its index stays small.
const FRAMES: u32 = 1 << 16;

/// The segments of one folder.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) io: Io,
    pub(super) folder: Folder,
    pub(super) content: String,
    pub(super) fsync: Fsync,
    pub(super) order: Order,
    pub(super) segment_bytes: u64,
    /// By number; the last is the one written to if `active`.
    pub(super) segments: VecDeque<Segment>,
    pub(super) active: bool,
    pub(super) next: u64,
    /// Whether something was written since the last sync.
    pub(super) dirty: bool,
    pub(super) buffer: Vec<u8>,
    pub(super) recovered: Recovered,
}

/// A segment that had to go.
#[derive(Debug)]
pub(super) struct Dropped {
    pub(super) segment: u64,
    pub(super) frames: u64,
    pub(super) items: u64,
}

impl std::fmt::Debug for Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Io")
    }
}

impl Disk {
    /// Appends frames from the front of `frames` to the files and moves each that is written,
    /// with its place, to `written`.
    pub(super) fn append(
        &mut self,
        frames: &mut VecDeque<Handed>,
        written: &mut Vec<Written>,
    ) -> io::Result<()> {
        while let Some((_, first)) = frames.front() {
            let need = record_bytes(first.payload.len());
            let full = self.segments.back().is_none_or(|active| {
                active.ordinals >= FRAMES || (active.ordinals > 0 && active.bytes + need > self.segment_bytes)
            });
            if full || !self.active {
                self.begin()?;
            }
            self.append_to_active(frames, written)?;
        }
        Ok(())
    }

    fn append_to_active(
        &mut self,
        frames: &mut VecDeque<Handed>,
        written: &mut Vec<Written>,
    ) -> io::Result<()> {
        let Some(active) = self.segments.back_mut() else { return Ok(()) };
        let (mut offset, mut ordinal, mut items) = (active.bytes, active.ordinals, active.items);
        let before = ordinal;
        self.buffer.clear();
        let mut refs = Vec::new();
        for (_, frame) in frames.iter() {
            let need = record_bytes(frame.payload.len());
            let full = offset + need > self.segment_bytes || ordinal >= FRAMES || self.buffer.len() >= WRITE;
            if full && !refs.is_empty() {
                break;
            }
            let length = u32::try_from(frame.payload.len()).unwrap_or(u32::MAX);
            let header = RecordHeader {
                frame: true,
                signal: frame.signal,
                length,
                checksum: crc32c::crc32c(&frame.payload),
                ordinal,
                items: frame.items,
                items_before: items,
                unix_nanos: frame.unix_nanos,
            };
            refs.push(RecordRef {
                offset: u32::try_from(offset).unwrap_or(u32::MAX),
                length,
                ordinal,
                items: u32::try_from(frame.items).unwrap_or(u32::MAX),
            });
            self.buffer.extend_from_slice(&header.encode(active.salt, offset));
            self.buffer.extend_from_slice(&frame.payload);
            self.buffer.resize(self.buffer.len().next_multiple_of(ALIGN), 0);
            offset += need;
            ordinal += 1;
            items += frame.items;
        }
        let end = active.bytes;
        let file = active.file(&self.io)?;
        if let Err(error) = self.io.write(file, &self.buffer, end) {
            // Part of it may be there. If it cannot be cut off, the next record must not
            // follow it: this segment is left as it is.
            if self.io.truncate(file, end).is_err() {
                self.leave_active();
            }
            return Err(error);
        }
        self.dirty = true;
        if active.ordinals == 0 {
            active.first_unix_nanos = frames.front().map_or(0, |(_, frame)| frame.unix_nanos);
        }
        active.live_frames += u64::from(ordinal - before);
        active.live_items += items - active.items;
        (active.bytes, active.ordinals, active.items) = (offset, ordinal, items);
        if let Some(index) = &mut active.index {
            index.extend_from_slice(&refs);
        }
        let segment = active.id;
        for (ordinal, handed) in (before..ordinal).zip(frames.drain(..refs.len())) {
            written.push(Written { place: Place { segment, ordinal: ordinal.into() }, handed });
        }
        if self.buffer.capacity() > 4 * WRITE {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    /// Ends the segment that is written to and begins the next.
    fn begin(&mut self) -> io::Result<()> {
        self.seal()?;
        let (id, salt) = (self.next, salt());
        let path = self.folder.segment(id, salt);
        let created = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = SegmentHeader {
            id,
            salt,
            created: u64::try_from(created.as_nanos()).unwrap_or(u64::MAX),
            content: self.content.clone(),
        };
        let file = self.io.create(&path)?;
        let begun = self.io.write(&file, &header.encode(), 0).and_then(|()| {
            if self.fsync == Fsync::Never { Ok(()) } else { self.io.sync_folder(self.folder.path()) }
        });
        if let Err(error) = begun {
            let _ = self.io.remove(&path);
            return Err(error);
        }
        self.next += 1;
        self.segments.push_back(Segment::begun(id, salt, path, file));
        self.active = true;
        Ok(())
    }

    /// Ends the segment that is written to, in order: its last record says how many frames and
    /// items it has, so that damage anywhere in it can be counted exactly.
    fn seal(&mut self) -> io::Result<()> {
        if !self.active {
            return Ok(());
        }
        if self.fsync != Fsync::Never {
            self.sync()?;
        }
        let Some(active) = self.segments.back_mut() else { return Ok(()) };
        let seal = RecordHeader {
            frame: false,
            signal: 0,
            length: 0,
            checksum: 0,
            ordinal: active.ordinals,
            items: 0,
            items_before: active.items,
            unix_nanos: 0,
        };
        let (salt, end) = (active.salt, active.bytes);
        let file = active.file(&self.io)?;
        // Without it only less is known of damage: not worth failing for.
        if self.io.write(file, &seal.encode(salt, end), end).is_ok() {
            active.bytes += seal.span();
        }
        self.leave_active();
        Ok(())
    }

    /// Writes no more to the segment that was written to.
    pub(super) fn leave_active(&mut self) {
        if std::mem::take(&mut self.active)
            && let Some(active) = self.segments.back_mut()
        {
            active.rest();
        }
        self.dirty = false;
    }

    /// Writes no more to the segment that was written to if nothing in it is wanted, so that it
    /// can be removed.
    pub(super) fn leave_finished(&mut self) {
        if self.segments.back().is_some_and(|active| active.ordinals > 0 && active.is_finished()) {
            self.leave_active();
        }
    }

    /// Brings what was written to the disk.
    pub(super) fn sync(&mut self) -> io::Result<bool> {
        if !self.dirty || !self.active {
            return Ok(false);
        }
        if let Some(active) = self.segments.back_mut() {
            let file = active.file(&self.io)?;
            self.io.sync(file)?;
        }
        self.dirty = false;
        Ok(true)
    }

    /// Takes frames out for good, in memory: `(place, items)`.
    pub(super) fn acknowledge(&mut self, done: impl IntoIterator<Item = (Place, u64)>) {
        for (place, items) in done {
            let Ok(at) = self.segments.binary_search_by_key(&place.segment, |segment| segment.id) else {
                continue;
            };
            if let Ok(ordinal) = u32::try_from(place.ordinal) {
                self.segments[at].acknowledge(ordinal, items);
            }
        }
    }

    /// Writes acknowledgements down and removes segments that are done with.
    pub(super) fn persist_acks(&mut self, counts: &Counts) -> io::Result<()> {
        let mut result = self.remove_finished(counts);
        for segment in self.segments.iter_mut().filter(|segment| segment.has_unwritten()) {
            if let Err(error) = segment.write_acks(&self.io, &mut self.buffer) {
                Counts::add(&counts.write_errors, 1);
                result = Err(error);
            }
        }
        result
    }

    /// Whether acknowledgements wait to be written, or files to be removed.
    pub(super) fn has_unwritten(&self) -> bool {
        let ended = self.segments.len() - usize::from(self.active);
        self.segments.iter().any(Segment::has_unwritten)
            || self.segments.iter().take(ended).any(Segment::is_finished)
    }

    pub(super) fn remove_finished(&mut self, counts: &Counts) -> io::Result<()> {
        let mut result = Ok(());
        let ended = self.segments.len() - usize::from(self.active);
        let mut place = 0;
        self.segments.retain_mut(|segment| {
            place += 1;
            let finished = place <= ended && segment.is_finished();
            if !finished {
                return true;
            }
            let removed = segment.remove(&self.io);
            let stays = removed.is_err();
            if stays {
                Counts::add(&counts.write_errors, 1);
                result = removed;
            }
            stays
        });
        result
    }

    /// Removes the oldest segment, whatever is in it.
    pub(super) fn drop_oldest(&mut self, counts: &Counts) -> io::Result<Option<Dropped>> {
        let Some(oldest) = self.segments.front() else { return Ok(None) };
        if !oldest.scanned {
            self.recover(0, counts);
        }
        if self.segments.len() == 1 {
            self.leave_active();
        }
        let Some(oldest) = self.segments.front_mut() else { return Ok(None) };
        oldest.remove(&self.io)?;
        let dropped = Dropped { segment: oldest.id, frames: oldest.live_frames, items: oldest.live_items };
        self.segments.pop_front();
        Ok(Some(dropped))
    }

    /// Leaves a segment alone that cannot be read; frames and items that are lost by that.
    pub(super) fn give_up(&mut self, segment: u64, held: &Skip) -> (u64, u64) {
        let place = self.segments.binary_search_by_key(&segment, |segment| segment.id);
        if place.is_ok_and(|place| place + 1 == self.segments.len()) {
            self.leave_active();
        }
        place.map_or((0, 0), |place| self.segments[place].give_up(held))
    }

    /// The bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes + segment.ack_bytes).sum()
    }

    /// Ends in order: what is left is found by the next process.
    pub(super) fn close(&mut self, counts: &Counts) {
        if self.segments.back().is_some_and(|active| active.live_frames == 0) {
            self.leave_active();
        } else if self.seal().is_err() {
            Counts::add(&counts.write_errors, 1);
        }
        // Failures have been counted; what they cost is a second delivery.
        let _ = self.persist_acks(counts);
    }

    /// What the reading half works on, and whether the last segment is written to.
    pub(super) const fn reading(&mut self) -> (&Io, &mut VecDeque<Segment>, &mut Vec<u8>, bool) {
        (&self.io, &mut self.segments, &mut self.buffer, self.active)
    }

    /// The place after the last frame that was written.
    pub(super) const fn end(&self) -> Place {
        Place { segment: self.next, ordinal: 0 }
    }
}

/// Frames that are to be left out, and their items.
pub(super) type Skip = BTreeMap<Place, u64>;

fn salt() -> u32 {
    // Keyed anew for each instance by the standard library.
    let random = RandomState::new().hash_one(0_u8);
    u32::try_from(random >> 32).unwrap_or_default()
}
