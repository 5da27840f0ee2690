// SPDX-License-Identifier: Apache-2.0
//! Reads frames back from the disk, a window at a time, in the order in which they are wanted.

use std::io;

use super::counts::Counts;
use super::files::{Disk, Skip};
use super::format::{RECORD_HEADER, RecordHeader};
use super::io::Io;
use super::options::Order;
use super::scan::{Chunks, RecordRef};
use super::segment::Segment;
use super::{Place, Record};

/// What is wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) order: Order,
    /// From here up (oldest first), or below here (newest first).
    pub(super) edge: Place,
    /// About how many payload bytes; at least one frame if there is one.
    pub(super) budget: usize,
    /// What is in memory or in flight already.
    pub(super) held: Skip,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// In the order in which they are wanted.
    pub(super) frames: Vec<(Place, Record)>,
    bytes: usize,
    /// Where to go on.
    pub(super) edge: Place,
    /// Whether there may be more.
    pub(super) more: bool,
    /// Frames that could not be read any more, and their items.
    pub(super) lost: (u64, u64),
}

/// Reads what is wanted, leaving out what is acknowledged. A frame that is damaged is lost and
/// counted.
///
/// # Errors
///
/// This segment could not be read. Nothing is lost by that, it may be tried again.
pub(super) fn load(disk: &mut Disk, wanted: &Wanted, counts: &Counts) -> Result<Loaded, u64> {
    let mut loaded = Loaded { edge: wanted.edge, ..Loaded::default() };
    while let Some(at) = next_segment(disk, wanted.order, loaded.edge) {
        if !disk.segments[at].scanned {
            disk.recover(at, counts);
            continue;
        }
        let (io, segments, buffer, active) = disk.reading();
        let last = segments.len() - 1;
        for (place, segment) in segments.iter_mut().enumerate() {
            // One segment is open at a time, besides the one that is written to.
            if place != at && !(active && place == last) {
                segment.rest();
            }
        }
        let segment = &mut segments[at];
        if loaded.edge.segment != segment.id {
            let ordinal = if wanted.order == Order::OldestFirst { 0 } else { u64::MAX };
            loaded.edge = Place { segment: segment.id, ordinal };
        }
        let id = segment.id;
        if segment.index.is_none() {
            let (found, lost) = segment.scan(io, buffer, &wanted.held).map_err(|_| id)?;
            if lost.0 > 0 {
                counts.corrupt.add(lost.0, lost.1);
                Counts::add(&counts.corrupt_bytes, found.corrupt_bytes + found.torn_bytes);
                loaded.lose(lost);
            }
        }
        if !load_segment(segment, io, buffer, wanted, &mut loaded, counts).map_err(|_| id)? {
            loaded.more = true;
            break;
        }
    }
    Ok(loaded)
}

impl Loaded {
    fn lose(&mut self, (frames, items): (u64, u64)) {
        self.lost.0 += frames;
        self.lost.1 += items;
    }
}

/// The segment that holds what comes next after `edge`.
fn next_segment(disk: &Disk, order: Order, edge: Place) -> Option<usize> {
    let wanted = |segment: &Segment| !segment.scanned || segment.live_frames > 0;
    match order {
        Order::OldestFirst => disk.segments.iter().position(|segment| {
            let ahead = segment.id > edge.segment
                || (segment.id == edge.segment && edge.ordinal < u64::from(segment.ordinals));
            (ahead || !segment.scanned && segment.id == edge.segment) && wanted(segment)
        }),
        Order::NewestFirst => disk.segments.iter().rposition(|segment| {
            let below = segment.id < edge.segment || (segment.id == edge.segment && edge.ordinal > 0);
            below && wanted(segment)
        }),
    }
}

/// Reads from one segment; whether there is nothing more in it.
fn load_segment(
    segment: &mut Segment,
    io: &Io,
    buffer: &mut Vec<u8>,
    wanted: &Wanted,
    loaded: &mut Loaded,
    counts: &Counts,
) -> io::Result<bool> {
    segment.file(io)?;
    let index = segment.index.take().unwrap_or_default();
    let edge = index.partition_point(|record| u64::from(record.ordinal) < loaded.edge.ordinal);
    let oldest_first = wanted.order == Order::OldestFirst;
    let steps = if oldest_first { index.len() - edge } else { edge };
    let mut complete = true;
    buffer.clear();
    let mut start = 0;
    for step in 0..steps {
        let record = index[if oldest_first { edge + step } else { edge - 1 - step }];
        let place = Place { segment: segment.id, ordinal: record.ordinal.into() };
        if !segment.acked.contains(record.ordinal) && !wanted.held.contains_key(&place) {
            if loaded.bytes >= wanted.budget && !loaded.frames.is_empty() {
                complete = false;
                break;
            }
            let salt = segment.salt;
            let mut chunks = Chunks { io, file: segment.file(io)?, buffer, start };
            let read = read(&mut chunks, record, salt, oldest_first);
            start = chunks.start;
            let read = match read {
                Ok(read) => read,
                Err(error) => {
                    segment.index = Some(index);
                    return Err(error);
                }
            };
            if let Some(frame) = read {
                loaded.bytes += frame.payload.len();
                loaded.frames.push((place, frame));
            } else {
                segment.acknowledge(record.ordinal, record.items.into());
                counts.corrupt.add(1, record.items.into());
                Counts::add(&counts.corrupt_bytes, record.length.into());
                loaded.lose((1, record.items.into()));
            }
        }
        loaded.edge.ordinal = u64::from(record.ordinal) + u64::from(oldest_first);
    }
    segment.index = Some(index);
    if complete {
        loaded.edge.ordinal = if oldest_first { segment.ordinals.into() } else { 0 };
    }
    Ok(complete)
}

/// The frame at `record`, if it is still what was written.
fn read(chunks: &mut Chunks<'_>, record: RecordRef, salt: u32, forward: bool) -> io::Result<Option<Record>> {
    let (offset, length) = (u64::from(record.offset), RECORD_HEADER + record.length as usize);
    // What lies behind is of use only on the way forward.
    let bytes = if forward { chunks.at(offset, length) } else { chunks.exactly(offset, length) }?;
    let header = RecordHeader::decode(bytes, salt, offset).filter(|header| header.frame);
    Ok(header.zip(bytes.get(RECORD_HEADER..)).and_then(|(header, payload)| {
        let good = payload.len() == header.length as usize && crc32c::crc32c(payload) == header.checksum;
        good.then(|| Record {
            payload: payload.to_vec(),
            signal: header.signal,
            items: header.items,
            unix_nanos: header.unix_nanos,
        })
    }))
}
