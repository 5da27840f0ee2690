// SPDX-License-Identifier: Apache-2.0
//! Numbers as text, without `core::fmt`.

/// Writes a whole number.
#[inline]
pub(super) fn whole(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes a finite number in the fewest digits that read back as the same: `0.1`, `5`, `1e21`.
#[inline]
pub(super) fn finite(out: &mut Vec<u8>, number: f64) {
    with_finite(number, |text| out.extend_from_slice(text));
}

/// The same for who has a place of its own for it.
#[inline]
pub(super) fn with_finite<T>(number: f64, write: impl FnOnce(&[u8]) -> T) -> T {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(number);
    write(text.strip_suffix(".0").unwrap_or(text).as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::{finite, whole};

    #[test]
    fn numbers_read_back_as_the_same() {
        for (number, text) in [(0.1, "0.1"), (5.0, "5"), (-0.0, "-0"), (1e-7, "1e-7"), (1e21, "1e+21")] {
            let mut out = Vec::new();
            finite(&mut out, number);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        for number in [f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.0 / 3.0, 123_456_789.125] {
            let mut out = Vec::new();
            finite(&mut out, number);
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{text}");
        }
        let mut out = Vec::new();
        whole(&mut out, u64::MAX);
        whole(&mut out, i64::MIN);
        assert_eq!(out, b"18446744073709551615-9223372036854775808");
    }
}
