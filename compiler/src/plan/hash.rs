// SPDX-License-Identifier: Apache-2.0
//! FNV-1a: stable over versions of Rust and of this compiler, which `std`'s hasher is not.

/// 16 hex digits.
pub(super) fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(super::hash(""), "cbf29ce484222325");
        assert_eq!(super::hash("foobar"), "85944171f73967e8");
    }
}
