// SPDX-License-Identifier: Apache-2.0
//! Randomness without state: a number is a function of where it is used.
//!
//! Only integer arithmetic and exact floating-point operations, so that a seed
//! means the same on every machine.

/// One well-mixed number from several (splitmix64's finaliser over each).
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9E37_79B9_7F4A_7C15, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

/// A number in `0.0..1.0`.
pub(crate) fn unit(parts: &[u64]) -> f64 {
    // 32 bits are exact in an f64 and finer than anything that is shown.
    let bits = (mix(parts) >> 32) as u32;
    f64::from(bits) / 4_294_967_296.0
}

/// A number in `low..high`.
pub(crate) fn between(low: f64, high: f64, parts: &[u64]) -> f64 {
    low + (high - low) * unit(parts)
}

#[cfg(test)]
mod tests {
    use super::{between, unit};

    #[test]
    fn spreads_over_the_whole_range() {
        let tenth = |n: u32| f64::from(n) / 10.0;
        for bucket in 0..10 {
            let range = tenth(bucket)..tenth(bucket + 1);
            let hits = (0..10_000).filter(|n| range.contains(&unit(&[7, *n]))).count();
            assert!((800..1200).contains(&hits), "{hits} of 10000 in {range:?}");
        }
    }

    #[test]
    fn stays_between_its_bounds() {
        assert!((0..1000).all(|n| (3.0..4.0).contains(&between(3.0, 4.0, &[n]))));
    }
}
