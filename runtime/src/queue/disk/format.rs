// SPDX-License-Identifier: Apache-2.0
//! The bytes of a segment file: a header, then records one after the other.
//!
//! Everything is little-endian. A record begins at a multiple of eight bytes. Its header has a
//! checksum of its own, so that a damaged payload costs one record and its length can still be
//! trusted; that checksum covers the segment's salt and the record's place in the file, so
//! that bytes of one file inside another's payload are never taken for a record.
//!
//! A record also says how many records and items stood before it in the segment. So what lies
//! between two good records is known exactly, whatever has become of it.
//!
//! Must never: panic on any bytes, or change the first 16 bytes of a segment between versions.

/// The newest version that is written and read.
pub(super) const VERSION: u32 = 1;
/// The bytes before the first record.
pub(super) const SEGMENT_HEADER: usize = 128;
/// The bytes before a payload.
pub(super) const RECORD_HEADER: usize = 48;
/// Records begin at multiples of this.
pub(super) const ALIGN: usize = 8;
/// The longest payload that is written or believed.
pub(super) const MAX_PAYLOAD: usize = 256 << 20;
/// How much of the content's name is kept.
pub(super) const CONTENT: usize = 72;

const SEGMENT_MAGIC: [u8; 8] = *b"\x89TCQUEUE";
const RECORD_MAGIC: u32 = u32::from_le_bytes(*b"\xf0TCR");
const FRAME: u8 = 0;
const SEAL: u8 = 1;

/// What a segment says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SegmentHeader {
    /// Its place among the segments of the folder.
    pub(super) id: u64,
    /// Keys the checksums of its records and acknowledgements.
    pub(super) salt: u32,
    /// When it was begun, in nanoseconds since 1970.
    pub(super) created: u64,
    /// Whose frames these are.
    pub(super) content: String,
}

/// Why a segment's header is of no use.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum BadHeader {
    /// A version that this build does not know wrote it.
    Newer(u32),
    /// Damaged, or cut short.
    Damaged,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(&SEGMENT_MAGIC);
        put(&mut bytes, 8, VERSION.to_le_bytes());
        let preamble = crc32c::crc32c(&bytes[..12]);
        put(&mut bytes, 12, preamble.to_le_bytes());
        put(&mut bytes, 16, self.salt.to_le_bytes());
        put(&mut bytes, 24, self.id.to_le_bytes());
        put(&mut bytes, 32, self.created.to_le_bytes());
        let content = cut(&self.content, CONTENT).as_bytes();
        bytes[40] = u8::try_from(content.len()).unwrap_or(0);
        bytes[48..48 + content.len()].copy_from_slice(content);
        let whole = crc32c::crc32c_append(self.salt, &bytes[24..]);
        put(&mut bytes, 20, whole.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        if bytes.len() < 16
            || bytes[..8] != SEGMENT_MAGIC
            || crc32c::crc32c(&bytes[..12]) != u32_at(bytes, 12)
        {
            return Err(BadHeader::Damaged);
        }
        match u32_at(bytes, 8) {
            VERSION => {}
            newer @ 2.. => return Err(BadHeader::Newer(newer)),
            0 => return Err(BadHeader::Damaged),
        }
        let Some(bytes) = bytes.get(..SEGMENT_HEADER) else { return Err(BadHeader::Damaged) };
        let salt = u32_at(bytes, 16);
        if crc32c::crc32c_append(salt, &bytes[24..]) != u32_at(bytes, 20) {
            return Err(BadHeader::Damaged);
        }
        let length = usize::from(bytes[40]).min(CONTENT);
        let content = String::from_utf8_lossy(&bytes[48..48 + length]).into_owned();
        Ok(Self { id: u64_at(bytes, 24), salt, created: u64_at(bytes, 32), content })
    }
}

/// `text`, at most `bytes` long, cut between characters.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RecordHeader {
    /// `false`: the last record of a segment that was ended in order; it has no payload.
    pub(super) frame: bool,
    /// The caller's number for what the payload is.
    pub(super) signal: u8,
    /// The payload's length.
    pub(super) length: u32,
    /// The payload's checksum.
    pub(super) checksum: u32,
    /// How many frames stand before it in the segment.
    pub(super) ordinal: u32,
    /// The items of this frame.
    pub(super) items: u64,
    /// The items of the frames before it in the segment.
    pub(super) items_before: u64,
    /// When it was accepted, in nanoseconds since 1970.
    pub(super) unix_nanos: u64,
}

impl RecordHeader {
    pub(super) fn encode(&self, salt: u32, offset: u64) -> [u8; RECORD_HEADER] {
        let mut bytes = [0; RECORD_HEADER];
        put(&mut bytes, 0, RECORD_MAGIC.to_le_bytes());
        put(&mut bytes, 8, self.length.to_le_bytes());
        put(&mut bytes, 12, self.checksum.to_le_bytes());
        put(&mut bytes, 16, self.ordinal.to_le_bytes());
        bytes[20] = if self.frame { FRAME } else { SEAL };
        bytes[21] = self.signal;
        put(&mut bytes, 24, self.items.to_le_bytes());
        put(&mut bytes, 32, self.items_before.to_le_bytes());
        put(&mut bytes, 40, self.unix_nanos.to_le_bytes());
        let checksum = header_checksum(&bytes, salt, offset);
        put(&mut bytes, 4, checksum.to_le_bytes());
        bytes
    }

    /// The header at the start of `bytes`, which stand at `offset` of a segment with `salt`.
    pub(super) fn decode(bytes: &[u8], salt: u32, offset: u64) -> Option<Self> {
        let bytes = bytes.get(..RECORD_HEADER)?;
        if u32_at(bytes, 0) != RECORD_MAGIC || u32_at(bytes, 4) != header_checksum(bytes, salt, offset) {
            return None;
        }
        let header = Self {
            frame: bytes[20] == FRAME,
            signal: bytes[21],
            length: u32_at(bytes, 8),
            checksum: u32_at(bytes, 12),
            ordinal: u32_at(bytes, 16),
            items: u64_at(bytes, 24),
            items_before: u64_at(bytes, 32),
            unix_nanos: u64_at(bytes, 40),
        };
        (header.length as usize <= MAX_PAYLOAD).then_some(header)
    }

    /// The bytes from its beginning to that of the next record.
    pub(super) const fn span(&self) -> u64 {
        record_bytes(self.length as usize)
    }
}

/// What a payload of `length` bytes takes in a file.
pub(super) const fn record_bytes(length: usize) -> u64 {
    (RECORD_HEADER + length.next_multiple_of(ALIGN)) as u64
}

fn header_checksum(bytes: &[u8], salt: u32, offset: u64) -> u32 {
    let keyed = crc32c::crc32c_append(salt, &offset.to_le_bytes());
    crc32c::crc32c_append(keyed, &bytes[8..RECORD_HEADER])
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    bytes[at..at + N].copy_from_slice(&value);
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may end here")]
    use super::{BadHeader, RecordHeader, SegmentHeader, VERSION, cut};

    fn segment() -> SegmentHeader {
        SegmentHeader { id: 7, salt: 0x1234_5678, created: 99, content: "otlp/main".to_owned() }
    }

    #[test]
    fn a_segment_header_says_what_was_written_and_no_flipped_bit_goes_unnoticed() {
        let bytes = segment().encode();
        assert_eq!(SegmentHeader::decode(&bytes), Ok(segment()));
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&bytes), Err(BadHeader::Damaged), "bit {bit}");
        }
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let mut bytes = segment().encode();
        bytes[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..12]);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&bytes[..16]), Err(BadHeader::Newer(VERSION + 1)));
    }

    #[test]
    fn a_record_header_is_good_at_its_place_only_and_no_flipped_bit_goes_unnoticed() {
        let header = RecordHeader {
            frame: true,
            signal: 1,
            length: 100,
            checksum: 5,
            ordinal: 3,
            items: 20,
            items_before: 60,
            unix_nanos: 1,
        };
        let bytes = header.encode(9, 128);
        assert_eq!(RecordHeader::decode(&bytes, 9, 128), Some(header));
        assert_eq!(RecordHeader::decode(&bytes, 8, 128), None, "of another segment");
        assert_eq!(RecordHeader::decode(&bytes, 9, 136), None, "at another place");
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(RecordHeader::decode(&bytes, 9, 128), None, "bit {bit}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(cut("aéé", 4), "aé");
    }
}
