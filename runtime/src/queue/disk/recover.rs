// SPDX-License-Identifier: Apache-2.0
//! Taking a folder, and finding out what an earlier process left in it.

use std::collections::VecDeque;
use std::path::Path;

use super::Recovered;
use super::counts::Counts;
use super::error::OpenError;
use super::files::{Disk, Skip};
use super::folder::Folder;
use super::format::{self, BadHeader, SEGMENT_HEADER, SegmentHeader, VERSION, cut};
use super::options::{Order, StoreOptions};
use super::segment::Segment;

impl Disk {
    /// Takes the folder and looks at what is there, without reading it all.
    pub(super) fn open(path: &Path, options: &StoreOptions) -> Result<Self, OpenError> {
        let io = options.io.clone();
        let failed = |error| OpenError::Io { path: path.to_owned(), error };
        let folder = Folder::take(&io, path)?;
        let listed = folder.segments().map_err(failed)?;
        let expected = cut(&options.content, format::CONTENT);
        let mut segments = VecDeque::new();
        let mut empty = Vec::new();
        for listed in &listed {
            let path = folder.segment(listed.id, listed.salt);
            let file = io.open(&path, false).map_err(failed)?;
            let mut header = [0; SEGMENT_HEADER];
            let read = io.read(&file, &mut header, 0).map_err(failed)?;
            match SegmentHeader::decode(&header[..read]) {
                Err(BadHeader::Newer(found)) => {
                    return Err(OpenError::Newer { file: path, found, known: VERSION });
                }
                Ok(header) if header.content != expected => {
                    return Err(OpenError::Content {
                        folder: folder.path().to_owned(),
                        found: header.content,
                        expected: expected.to_owned(),
                    });
                }
                // Its name says what its records are keyed with.
                Ok(_) | Err(BadHeader::Damaged) => {}
            }
            if listed.bytes <= SEGMENT_HEADER as u64 {
                empty.push(path);
            } else {
                segments.push_back(Segment::found(listed.id, listed.salt, path, listed.bytes));
            }
        }
        // Nothing was changed up to here.
        folder.remove_orphans(&io, &listed);
        for path in empty {
            let _ = io.remove(&path);
        }
        let recovered = Recovered { segments: segments.len() as u64, ..Recovered::default() };
        Ok(Self {
            io,
            folder,
            content: expected.to_owned(),
            fsync: options.fsync,
            order: options.order,
            segment_bytes: options.segment_bytes(),
            next: listed.last().map_or(1, |last| last.id + 1),
            segments,
            active: false,
            dirty: false,
            buffer: Vec::new(),
            recovered,
        })
    }

    /// Looks through one segment that has not been, in the order in which they are wanted.
    /// `false`: there is none.
    pub(super) fn recover_next(&mut self, counts: &Counts) -> bool {
        let place = match self.order {
            Order::OldestFirst => self.segments.iter().position(|segment| !segment.scanned),
            Order::NewestFirst => self.segments.iter().rposition(|segment| !segment.scanned),
        };
        let Some(place) = place else { return false };
        self.recover(place, counts);
        self.segments[place].rest();
        // What cannot be removed now is removed later.
        let _ = self.remove_finished(counts);
        true
    }

    /// Looks through a segment for the first time and counts what it holds.
    pub(super) fn recover(&mut self, place: usize, counts: &Counts) {
        let segment = &mut self.segments[place];
        let mut attempt = || {
            let bad = segment.read_acks(&self.io)?;
            segment.scan(&self.io, &mut self.buffer, &Skip::new()).map(|(found, _)| (bad, found))
        };
        // What a cable or a controller spoils may work the next time.
        let Ok((bad, found)) = attempt().or_else(|_| attempt()).or_else(|_| attempt()) else {
            Counts::add(&counts.read_errors, 1);
            segment.give_up(&Skip::new());
            self.recovered.unreadable_bytes += segment.bytes;
            return;
        };
        Counts::add(&counts.damaged_acknowledgements, bad);
        let (frames, items) = (segment.live_frames, segment.live_items);
        counts.recovered.add(frames, items);
        counts.queued.add(frames, items);
        counts.corrupt.add(found.corrupt_frames, found.corrupt_items);
        Counts::add(&counts.corrupt_bytes, found.corrupt_bytes);
        counts.torn.add(found.torn.into(), found.torn_items);
        Counts::add(&counts.torn_bytes, found.torn_bytes);
        let sum = &mut self.recovered;
        sum.frames += frames;
        sum.items += items;
        sum.corrupt_frames += found.corrupt_frames;
        sum.corrupt_items += found.corrupt_items;
        sum.corrupt_bytes += found.corrupt_bytes;
        sum.torn_tails += u64::from(found.torn);
        sum.torn_bytes += found.torn_bytes;
    }
}
