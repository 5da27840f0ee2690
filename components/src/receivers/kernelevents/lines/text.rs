// SPDX-License-Identifier: Apache-2.0
//! Bytes of unknown virtue, as text.
//!
//! A byte that belongs to no character is written `\xHH`, as the kernel writes bytes that cannot
//! be printed: nothing is lost and nothing is made up.

/// Appends bytes to a text.
pub(super) fn push_lossy(text: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str("\\x");
            text.push(DIGITS[usize::from(byte >> 4)]);
            text.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

/// Undoes the kernel's `\xHH`; a backslash before anything else stays one.
pub(super) fn unescape(escaped: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = escaped;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        bytes.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let byte = match rest {
            [_, b'x', high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        let (byte, length) = byte.map_or((b'\\', 1), |byte| (byte, 4));
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes.extend_from_slice(rest);
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
