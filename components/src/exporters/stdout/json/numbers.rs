// SPDX-License-Identifier: Apache-2.0
//! Numbers as the end of a line. Texts are kept for a while: a share of hundred per cent, a
//! temperature or a clock is one of few values.

use tracecore_schema::{Number as _, NumberKind};

use super::text::not_finite;
use crate::exporters::number;

/// The longest number, `-2.2250738585072014e-308`, the brace that ends the object, and as many
/// spaces as make a whole of it: copying 32 bytes is two moves.
pub(super) const PLACE: usize = 32;

/// How many texts are kept: 2^8, 12 KiB.
const KEPT_BITS: u32 = 8;

/// A number with the brace after it, filled up with spaces.
pub(super) type Text = [u8; PLACE];

/// Texts of numbers, each where the hash of its number says.
#[derive(Debug)]
pub(super) struct Numbers(Box<[Kept]>);

#[derive(Clone, Copy, Debug)]
struct Kept {
    bits: u64,
    kind: NumberKind,
    text: Text,
}

impl Kept {
    fn new(bits: u64, kind: NumberKind) -> Self {
        let mut text = [b' '; PLACE];
        let end = match kind {
            NumberKind::F64 => {
                let number = f64::from_bits(bits);
                if number.is_finite() {
                    number::with_finite(number, |digits| put(&mut text, digits))
                } else {
                    put(&mut text, not_finite(number))
                }
            }
            NumberKind::U64 => put(&mut text, itoa::Buffer::new().format(bits).as_bytes()),
            NumberKind::I64 => put(&mut text, itoa::Buffer::new().format(i64::from_bits(bits)).as_bytes()),
        };
        if let Some(place) = text.get_mut(end) {
            *place = b'}';
        }
        Self { bits, kind, text }
    }
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self(vec![Kept::new(0, NumberKind::U64); 1 << KEPT_BITS].into())
    }

    /// The text of a number.
    #[inline]
    pub(super) fn text(&mut self, bits: u64, kind: NumberKind) -> &Text {
        // Fibonacci hashing: doubles of few digits differ in their upper bits, whole numbers in
        // their lower ones.
        let place = (bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - KEPT_BITS)) as usize;
        let kept = &mut self.0[place];
        if kept.bits != bits || kept.kind != kind {
            *kept = Kept::new(bits, kind);
        }
        &kept.text
    }
}

/// Writes a short text at the beginning of a place; gives its end. By moves of fixed size that
/// may overlap: a call to copy a few bytes costs more than the bytes.
#[inline]
fn put(place: &mut Text, text: &[u8]) -> usize {
    fn halves<const N: usize>(place: &mut Text, text: &[u8]) -> Option<()> {
        let (first, last) = (text.first_chunk::<N>()?, text.last_chunk::<N>()?);
        *place.first_chunk_mut()? = *first;
        *place.get_mut(text.len() - N..)?.first_chunk_mut()? = *last;
        Some(())
    }
    match text.len() {
        16.. => halves::<16>(place, text),
        8..16 => halves::<8>(place, text),
        4..8 => halves::<4>(place, text),
        2..4 => halves::<2>(place, text),
        _ => halves::<1>(place, text),
    };
    text.len()
}

#[cfg(test)]
mod tests {
    use tracecore_schema::{Number as _, NumberKind};

    use super::{Numbers, PLACE};

    #[test]
    fn the_longest_numbers_fit_and_none_is_taken_for_another() {
        let mut numbers = Numbers::new();
        let doubles =
            [-f64::MIN_POSITIVE, f64::MIN, f64::MAX, -5e-324, -1.0 / 3.0e300, f64::NAN, f64::NEG_INFINITY];
        for _ in 0..2 {
            for number in doubles {
                let text = numbers.text(number.to_bits(), NumberKind::F64);
                let text = std::str::from_utf8(text).unwrap_or_default().trim_end();
                let text = text.strip_suffix('}').unwrap_or_default().trim_matches('"');
                let read: f64 = text.trim_start_matches("-Infinity").parse().unwrap_or(f64::NEG_INFINITY);
                assert!(
                    read.to_bits() == number.to_bits() || read.is_nan() && number.is_nan(),
                    "{number}: {text}"
                );
            }
            // The same bits as another kind of number.
            assert!(numbers.text(u64::MAX, NumberKind::U64).starts_with(b"18446744073709551615}"));
            assert!(numbers.text(u64::MAX, NumberKind::I64).starts_with(b"-1}"));
            assert!(numbers.text(i64::MIN.to_bits(), NumberKind::I64).starts_with(b"-9223372036854775808}"));
            assert!(numbers.text(1.0_f64.to_bits(), NumberKind::F64).starts_with(b"1}"));
        }
        assert_eq!(numbers.text(0, NumberKind::U64).len(), PLACE);
    }
}
