// SPDX-License-Identifier: Apache-2.0
//! Which frames of a segment are done with: a bit for each in memory, and beside the segment a
//! file of ranges, 16 bytes each with a checksum of their own.
//!
//! A range that is lost or damaged costs a second delivery of its frames, never a frame: only
//! a range whose checksum fits, keyed with its segment's salt, takes anything out of the queue.

use std::ops::Range;

use super::format::u32_at;

/// The bytes of one range.
pub(super) const RANGE: usize = 16;
const MAGIC: u32 = u32::from_le_bytes(*b"\xa0TCA");

/// A set of ordinals.
#[derive(Debug, Default)]
pub(super) struct Acked(Vec<u64>);

impl Acked {
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn contains(&self, ordinal: u32) -> bool {
        let word = self.0.get(ordinal as usize / 64).copied().unwrap_or(0);
        word & (1 << (ordinal % 64)) != 0
    }

    /// Whether it is new.
    pub(super) fn insert(&mut self, ordinal: u32) -> bool {
        let place = ordinal as usize / 64;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        let bit = 1 << (ordinal % 64);
        let new = self.0[place] & bit == 0;
        self.0[place] |= bit;
        new
    }
}

/// Adds `ordinal` to ranges that mostly grow at their end.
pub(super) fn extend(ranges: &mut Vec<Range<u32>>, ordinal: u32) {
    match ranges.last_mut() {
        Some(last) if last.end == ordinal => last.end += 1,
        Some(last) if last.start == ordinal.wrapping_add(1) => last.start = ordinal,
        _ => ranges.push(ordinal..ordinal + 1),
    }
}

/// The bytes of `ranges`.
pub(super) fn encode(ranges: &[Range<u32>], salt: u32, bytes: &mut Vec<u8>) {
    for range in ranges {
        let start = bytes.len();
        bytes.extend_from_slice(&MAGIC.to_le_bytes());
        bytes.extend_from_slice(&range.start.to_le_bytes());
        bytes.extend_from_slice(&range.end.to_le_bytes());
        let checksum = crc32c::crc32c_append(salt, &bytes[start..]);
        bytes.extend_from_slice(&checksum.to_le_bytes());
    }
}

/// The ranges in `bytes`, none beyond `ordinals`, and how many places hold no good one.
pub(super) fn decode(bytes: &[u8], salt: u32, ordinals: u32) -> (Vec<Range<u32>>, u64) {
    let (mut ranges, mut bad) = (Vec::new(), 0);
    for bytes in bytes.chunks(RANGE) {
        let range = u32_at(bytes, 4)..u32_at(bytes, 8);
        let good = bytes.len() == RANGE
            && u32_at(bytes, 0) == MAGIC
            && crc32c::crc32c_append(salt, &bytes[..12]) == u32_at(bytes, 12);
        if good && range.start < range.end {
            ranges.push(range.start..range.end.min(ordinals));
        } else {
            bad += 1;
        }
    }
    (ranges, bad)
}

#[cfg(test)]
mod tests {
    use super::{Acked, decode, encode, extend};

    #[test]
    fn neighbours_become_one_range() {
        let mut ranges = Vec::new();
        for ordinal in [3, 4, 5, 9, 8, 7, 20] {
            extend(&mut ranges, ordinal);
        }
        assert_eq!(ranges, [3..6, 7..10, 20..21]);
    }

    #[test]
    fn a_flipped_bit_costs_one_range_and_invents_none() {
        let (ranges, mut bytes) = (vec![0..4, 6..9], Vec::new());
        encode(&ranges, 77, &mut bytes);
        assert_eq!(decode(&bytes, 77, 100), (ranges.clone(), 0));
        assert_eq!(decode(&bytes, 76, 100), (vec![], 2), "of another segment");
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let left = if bit / 8 < 16 { 6..9 } else { 0..4 };
            let (found, damaged) = decode(&bytes, 77, 100);
            assert_eq!((&found[..], damaged), (std::slice::from_ref(&left), 1), "bit {bit}");
        }
        let (found, damaged) = decode(&bytes[..20], 77, 100);
        assert_eq!((&found[..], damaged), (std::slice::from_ref(&(0..4)), 1), "a torn tail");
    }

    #[test]
    fn a_set_says_what_is_new() {
        let mut acked = Acked::default();
        assert!(acked.insert(130) && !acked.insert(130) && acked.insert(0));
        assert!(acked.contains(130) && !acked.contains(129) && !acked.contains(100_000));
    }
}
