// SPDX-License-Identifier: Apache-2.0
//! Reads a segment from its first record to its end, over whatever damage there is.
//!
//! A payload whose checksum is wrong costs that record. Where no header can be read, the next
//! good one is looked for at every place where a record can begin; what it says of the records
//! and items before it tells exactly what was lost in between. Only at the very end of a
//! segment that was never ended in order can the loss be unknown: that is a torn tail, which
//! is what a crash in the middle of a write leaves behind.
//!
//! Must never: report a record as good whose checksums are not.

use std::fs::File;
use std::io;

use super::acks::Acked;
use super::format::{ALIGN, RECORD_HEADER, RecordHeader, SEGMENT_HEADER};
use super::io::Io;

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// A good record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RecordRef {
    /// Where its header begins.
    pub(super) offset: u32,
    /// The length of its payload.
    pub(super) length: u32,
    /// Its place among the segment's records.
    pub(super) ordinal: u32,
    /// Its items, for when it cannot be read any more.
    pub(super) items: u32,
}

/// What a scan has found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Found {
    /// The good records, in order.
    pub(super) records: Vec<RecordRef>,
    /// Frames that were written and cannot be had any more.
    pub(super) corrupt_frames: u64,
    /// Their items.
    pub(super) corrupt_items: u64,
    /// The bytes without meaning.
    pub(super) corrupt_bytes: u64,
    /// Whether it ends in the middle of a record.
    pub(super) torn: bool,
    /// The items of that record, if its header could be read.
    pub(super) torn_items: u64,
    /// Bytes at the end that are no whole record.
    pub(super) torn_bytes: u64,
    /// The segment was ended in order.
    pub(super) sealed: bool,
    /// How many frames were ever written to it, as far as is known.
    pub(super) ordinals: u32,
    /// When its first good record was accepted.
    pub(super) first_unix_nanos: u64,
}

/// Reads all of a segment of `bytes` bytes whose records are keyed with `salt`. What was
/// `acked` is no loss, whatever has become of it.
///
/// # Errors
///
/// Bytes could not be read; that need not stay so.
pub(super) fn scan(
    io: &Io,
    file: &File,
    salt: u32,
    bytes: u64,
    acked: &Acked,
    buffer: &mut Vec<u8>,
) -> io::Result<Found> {
    let mut chunks = Chunks { io, file, buffer, start: 0 };
    chunks.buffer.clear();
    let mut found = Found::default();
    let (mut offset, mut items) = (SEGMENT_HEADER as u64, 0);
    let mut damage = None;
    while offset < bytes && !found.sealed {
        let header = RecordHeader::decode(chunks.at(offset, RECORD_HEADER)?, salt, offset);
        // Numbers that run backwards cannot be ours, whatever the checksum says.
        let header = header.filter(|header| header.ordinal >= found.ordinals && header.items_before >= items);
        let (Some(header), Ok(place)) = (header, u32::try_from(offset)) else {
            damage.get_or_insert(offset);
            offset += ALIGN as u64;
            continue;
        };
        found.corrupt_bytes += damage.take().map_or(0, |from| offset - from);
        let missing = (found.ordinals..header.ordinal).filter(|ordinal| !acked.contains(*ordinal)).count();
        if missing > 0 {
            found.corrupt_frames += missing as u64;
            found.corrupt_items += header.items_before - items;
        }
        (found.ordinals, items) = (header.ordinal, header.items_before);
        if !header.frame {
            found.sealed = true;
            break;
        }
        let length = header.length as usize;
        if offset + (RECORD_HEADER + length) as u64 > bytes {
            found.torn = true;
            found.torn_items = header.items;
            found.torn_bytes = bytes - offset;
            found.ordinals += 1;
            return Ok(found);
        }
        let payload = chunks.at(offset, RECORD_HEADER + length)?.get(RECORD_HEADER..);
        if payload.is_some_and(|payload| crc32c::crc32c(payload) == header.checksum) {
            if found.records.is_empty() {
                found.first_unix_nanos = header.unix_nanos;
            }
            found.records.push(RecordRef {
                offset: place,
                length: header.length,
                ordinal: header.ordinal,
                items: u32::try_from(header.items).unwrap_or(u32::MAX),
            });
        } else {
            if !acked.contains(header.ordinal) {
                found.corrupt_frames += 1;
                found.corrupt_items += header.items;
            }
            found.corrupt_bytes += header.span();
        }
        found.ordinals = found.ordinals.saturating_add(1);
        items = items.saturating_add(header.items);
        offset += header.span();
    }
    if let Some(from) = damage {
        found.torn = true;
        found.torn_bytes = bytes - from;
    }
    Ok(found)
}

/// A file, read a chunk at a time.
pub(super) struct Chunks<'a> {
    pub(super) io: &'a Io,
    pub(super) file: &'a File,
    pub(super) buffer: &'a mut Vec<u8>,
    pub(super) start: u64,
}

impl Chunks<'_> {
    /// The bytes from `offset` on: `length` of them, or up to the end of the file.
    pub(super) fn at(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let have = self.start..self.start + self.buffer.len() as u64;
        if !have.contains(&offset) || have.end < offset + length as u64 {
            self.read(offset, length.max(CHUNK))?;
        }
        let skip = usize::try_from(offset - self.start).unwrap_or(usize::MAX).min(self.buffer.len());
        let end = skip.saturating_add(length).min(self.buffer.len());
        Ok(&self.buffer[skip..end])
    }

    /// Exactly these bytes, and none beyond them.
    pub(super) fn exactly(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        self.read(offset, length)?;
        Ok(self.buffer)
    }

    fn read(&mut self, offset: u64, length: usize) -> io::Result<()> {
        if self.buffer.capacity() > 4 * CHUNK && length <= CHUNK {
            *self.buffer = Vec::new();
        }
        self.buffer.resize(length, 0);
        let read = self.io.read(self.file, self.buffer, offset);
        self.start = offset;
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|_| ())
    }
}
