// SPDX-License-Identifier: Apache-2.0
//! Protobuf's wire format: what writing needs. Field numbers are below 16 throughout OTLP, so a
//! field's tag is one byte.

/// The tag of a field that is a varint.
pub(super) const fn varint_tag(field: u8) -> u8 {
    field << 3
}

/// The tag of a field of eight bytes.
pub(super) const fn fixed64_tag(field: u8) -> u8 {
    (field << 3) | 1
}

/// The tag of a field that says its own length.
pub(super) const fn bytes_tag(field: u8) -> u8 {
    (field << 3) | 2
}

/// Writes a varint.
#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

/// How many bytes a varint takes.
#[inline]
pub(super) const fn varint_len(value: u64) -> usize {
    let bits = u64::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// Writes the tag and length of a field whose `len` bytes follow.
#[inline]
pub(super) fn open(out: &mut Vec<u8>, field: u8, len: usize) {
    out.push(bytes_tag(field));
    varint(out, len as u64);
}

/// How many bytes a field of `len` bytes takes, tag and length included.
#[inline]
pub(super) const fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

/// Writes a field of bytes.
#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    open(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// Writes a text. An empty one is what an absent field means.
pub(super) fn text(out: &mut Vec<u8>, field: u8, text: &str) {
    if !text.is_empty() {
        bytes(out, field, text.as_bytes());
    }
}

/// Writes a field of eight bytes.
#[inline]
pub(super) fn fixed64(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(fixed64_tag(field));
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes a varint field.
#[inline]
pub(super) fn varint_field(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(varint_tag(field));
    varint(out, value);
}

/// How many bytes a text takes, tag and length included.
#[inline]
pub(super) const fn text_len(text: &str) -> usize {
    if text.is_empty() { 0 } else { field_len(text.len()) }
}
