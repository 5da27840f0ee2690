// SPDX-License-Identifier: Apache-2.0
//! One segment: its files, and what is known of its frames. Of a segment that is neither
//! written nor read at the moment only sums and a bit per frame are kept in memory.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::Place;
use super::acks::{self, Acked};
use super::files::Skip;
use super::format::{MAX_PAYLOAD, RECORD_HEADER, SEGMENT_HEADER};
use super::io::Io;
use super::scan::{Found, RecordRef, scan};

/// A segment file and the acknowledgements beside it.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) id: u64,
    pub(super) salt: u32,
    path: PathBuf,
    file: Option<File>,
    ack_file: Option<File>,
    /// Bytes up to the end of the last whole record.
    pub(super) bytes: u64,
    pub(super) ack_bytes: u64,
    /// Whether what it holds is known.
    pub(super) scanned: bool,
    /// Records written so far.
    pub(super) ordinals: u32,
    /// Items written so far.
    pub(super) items: u64,
    /// Frames not acknowledged.
    pub(super) live_frames: u64,
    /// Their items.
    pub(super) live_items: u64,
    pub(super) acked: Acked,
    unwritten: Vec<Range<u32>>,
    /// Its good records, while it is written or read.
    pub(super) index: Option<Vec<RecordRef>>,
    /// When its first frame was accepted.
    pub(super) first_unix_nanos: u64,
    /// It could not be read. It stays: the next process may be able to.
    pub(super) unreadable: bool,
}

impl Segment {
    /// A segment that is there already.
    pub(super) const fn found(id: u64, salt: u32, path: PathBuf, bytes: u64) -> Self {
        Self {
            id,
            salt,
            path,
            file: None,
            ack_file: None,
            bytes,
            ack_bytes: 0,
            scanned: false,
            ordinals: 0,
            items: 0,
            live_frames: 0,
            live_items: 0,
            acked: Acked::none(),
            unwritten: Vec::new(),
            index: None,
            first_unix_nanos: 0,
            unreadable: false,
        }
    }

    /// A new one, whose header has been written.
    pub(super) fn begun(id: u64, salt: u32, path: PathBuf, file: File) -> Self {
        let mut segment = Self::found(id, salt, path, SEGMENT_HEADER as u64);
        segment.file = Some(file);
        segment.scanned = true;
        segment.index = Some(Vec::new());
        segment
    }

    pub(super) fn file(&mut self, io: &Io) -> io::Result<&File> {
        if self.file.is_none() {
            self.file = Some(io.open(&self.path, false)?);
        }
        self.file.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Gives back what only writing or reading needs.
    pub(super) fn rest(&mut self) {
        self.file = None;
        self.ack_file = None;
        self.index = None;
    }

    /// Looks through the whole file, the first time or again, and makes its index. What was
    /// known to be alive, is not among the good records any more and not in `held` either
    /// comes back as lost: `(frames, items)`.
    pub(super) fn scan(
        &mut self,
        io: &Io,
        buffer: &mut Vec<u8>,
        held: &Skip,
    ) -> io::Result<(Found, (u64, u64))> {
        self.file(io)?;
        let Some(file) = &self.file else { return Err(io::ErrorKind::NotFound.into()) };
        let found = scan(io, file, self.salt, self.bytes, &self.acked, buffer)?;
        let alive = found.records.iter().filter(|record| !self.acked.contains(record.ordinal));
        let (frames, items) =
            alive.fold((0, 0), |(frames, items), record| (frames + 1, items + u64::from(record.items)));
        let mut lost = (0, 0);
        if !self.scanned {
            (self.live_frames, self.live_items) = (frames, items);
            (self.ordinals, self.first_unix_nanos) = (found.ordinals, found.first_unix_nanos);
            self.scanned = true;
        } else if frames < self.live_frames {
            let good: BTreeSet<u32> = found.records.iter().map(|record| record.ordinal).collect();
            lost = self.lose_all_but(|ordinal| good.contains(&ordinal), (frames, items), held);
        }
        self.index = Some(found.records.clone());
        Ok((found, lost))
    }

    /// Counts all frames as done with but those that are good (so many, with so many items)
    /// and those in `held`. Gives frames and items that are lost by that.
    fn lose_all_but(
        &mut self,
        good: impl Fn(u32) -> bool,
        (mut frames, mut items): (u64, u64),
        held: &Skip,
    ) -> (u64, u64) {
        for ordinal in 0..self.ordinals {
            if good(ordinal) || self.acked.contains(ordinal) {
                continue;
            }
            match held.get(&Place { segment: self.id, ordinal: ordinal.into() }) {
                Some(held) => (frames, items) = (frames + 1, items + held),
                None => {
                    self.acked.insert(ordinal);
                }
            }
        }
        let lost = (self.live_frames.saturating_sub(frames), self.live_items.saturating_sub(items));
        (self.live_frames, self.live_items) = (frames, items);
        lost
    }

    /// Reads what was acknowledged by an earlier process; says how many ranges were damaged.
    pub(super) fn read_acks(&mut self, io: &Io) -> io::Result<u64> {
        let path = self.ack_path();
        if !path.exists() {
            return Ok(0);
        }
        let file = io.open(&path, false)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX).min(MAX_PAYLOAD);
        let mut bytes = vec![0; length];
        let read = io.read(&file, &mut bytes, 0)?;
        bytes.truncate(read);
        // A record cannot be shorter than its header.
        let most = u32::try_from(self.bytes / RECORD_HEADER as u64).unwrap_or(u32::MAX);
        let (ranges, bad) = acks::decode(&bytes, self.salt, most);
        for ordinal in ranges.into_iter().flatten() {
            self.acked.insert(ordinal);
        }
        // A torn range is written over.
        self.ack_bytes = (read - read % acks::RANGE) as u64;
        Ok(bad)
    }

    /// Takes a frame of `items` items out for good, in memory; whether it was in.
    pub(super) fn acknowledge(&mut self, ordinal: u32, items: u64) -> bool {
        if !self.acked.insert(ordinal) {
            return false;
        }
        self.live_frames = self.live_frames.saturating_sub(1);
        self.live_items = self.live_items.saturating_sub(items);
        acks::extend(&mut self.unwritten, ordinal);
        true
    }

    /// Leaves what cannot be read alone: all but the frames in `held` count as gone, as far as
    /// this process is concerned. Gives frames and items of those.
    pub(super) fn give_up(&mut self, held: &Skip) -> (u64, u64) {
        let lost = self.lose_all_but(|_| false, (0, 0), held);
        (self.scanned, self.unreadable) = (true, true);
        self.index = Some(Vec::new());
        lost
    }

    /// Whether nothing in it is wanted any more.
    pub(super) const fn is_finished(&self) -> bool {
        self.scanned && self.live_frames == 0 && !self.unreadable
    }

    /// Whether acknowledgements wait to be written.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Writes the acknowledgements that wait.
    pub(super) fn write_acks(&mut self, io: &Io, buffer: &mut Vec<u8>) -> io::Result<()> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        buffer.clear();
        acks::encode(&self.unwritten, self.salt, buffer);
        if self.ack_file.is_none() {
            self.ack_file = Some(io.open(&self.ack_path(), true)?);
        }
        let Some(file) = &self.ack_file else { return Err(io::ErrorKind::NotFound.into()) };
        io.write(file, buffer, self.ack_bytes)?;
        self.ack_bytes += buffer.len() as u64;
        self.unwritten.clear();
        Ok(())
    }

    /// Removes both files.
    pub(super) fn remove(&mut self, io: &Io) -> io::Result<()> {
        // The acknowledgements last: without them the frames would come again.
        io.remove(&self.path)?;
        let _ = io.remove(&self.ack_path());
        self.rest();
        Ok(())
    }

    fn ack_path(&self) -> PathBuf {
        self.path.with_extension("ack")
    }
}
