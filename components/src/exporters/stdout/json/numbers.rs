// SPDX-License-Identifier: Apache-2.0
//! Numbers as the end of a line. Texts are kept for a while: a share of hundred per cent, a
//! temperature or a clock is one of few values.

use tracecore_schema::{Number as _, NumberKind};

use super::text::double;
use crate::exporters::number;

/// The longest number, `-2.2250738585072014e-308`, and the brace that ends the object.
pub(super) const PLACE: usize = 25;

/// How many texts are kept: 2^8, 12 KiB.
const KEPT_BITS: u32 = 8;

/// A number with the brace after it, filled up with spaces.
pub(super) type Text = [u8; PLACE];

/// Texts of numbers, each where the hash of its number says.
#[derive(Debug)]
pub(super) struct Numbers {
    kept: Box<[Kept]>,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    bits: u64,
    kind: Option<NumberKind>,
    text: Text,
}

impl Numbers {
    pub(super) fn new() -> Self {
        let none = Kept { bits: 0, kind: None, text: [b' '; PLACE] };
        Self { kept: vec![none; 1 << KEPT_BITS].into(), scratch: Vec::with_capacity(PLACE) }
    }

    /// The text of a number.
    #[inline]
    pub(super) fn text(&mut self, bits: u64, kind: NumberKind) -> Text {
        // Fibonacci hashing: doubles of few digits differ in their upper bits, whole numbers in
        // their lower ones.
        let place = (bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - KEPT_BITS)) as usize;
        match self.kept.get(place) {
            Some(kept) if kept.bits == bits && kept.kind == Some(kind) => kept.text,
            _ => self.write(place, bits, kind),
        }
    }

    fn write(&mut self, place: usize, bits: u64, kind: NumberKind) -> Text {
        self.scratch.clear();
        match kind {
            NumberKind::F64 => double(&mut self.scratch, f64::from_bits(bits)),
            NumberKind::U64 => number::whole(&mut self.scratch, bits),
            NumberKind::I64 => number::whole(&mut self.scratch, i64::from_bits(bits)),
        }
        self.scratch.push(b'}');
        let mut text = [b' '; PLACE];
        for (to, from) in text.iter_mut().zip(&self.scratch) {
            *to = *from;
        }
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = Kept { bits, kind: Some(kind), text };
        }
        text
    }
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
                let text = std::str::from_utf8(&text).unwrap_or_default().trim_end();
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
