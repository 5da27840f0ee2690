// SPDX-License-Identifier: Apache-2.0
//! A record of `/dev/kmsg`: `prio,seq,micros,flags;text`, a newline, then ` KEY=value` lines.
//!
//! Source: `Documentation/ABI/testing/dev-kmsg` of Linux. Further items between the flags and
//! the `;` are to be ignored, says it, and so they are.

use super::record::{Malformed, Record, Scratch};

/// What stands before the `;`.
struct Head {
    priority: u32,
    sequence: u64,
    micros: u64,
    fragment: bool,
}

/// Reads a record.
///
/// # Errors
///
/// The bytes are no record.
pub fn parse<'a>(bytes: &[u8], scratch: &'a mut Scratch) -> Result<Record<'a>, Malformed> {
    let (head, body) = head(bytes)?;
    let (escaped, keys) = split(body, b'\n').unwrap_or((body, b""));
    scratch.clear();
    let text = scratch.unescaped(escaped);
    let (mut subsystem, mut device) = (None, None);
    for line in keys.split(|byte| *byte == b'\n') {
        if let Some(value) = line.strip_prefix(b" SUBSYSTEM=") {
            subsystem = Some(scratch.unescaped(value));
        } else if let Some(value) = line.strip_prefix(b" DEVICE=") {
            device = Some(scratch.unescaped(value));
        }
    }
    Ok(Record {
        facility: head.priority >> 3,
        level: (head.priority & 7) as u8,
        sequence: Some(head.sequence),
        monotonic_micros: Some(head.micros),
        realtime_micros: None,
        boot: None,
        cursor: None,
        journals_own: false,
        fragment: head.fragment,
        text: scratch.text(text),
        subsystem: subsystem.map(|range| scratch.text(range)).filter(|value| !value.is_empty()),
        device: device.map(|range| scratch.text(range)).filter(|value| !value.is_empty()),
    })
}

/// Only the number of a record: for skipping what was read before.
///
/// # Errors
///
/// The bytes are no record.
pub fn sequence(bytes: &[u8]) -> Result<u64, Malformed> {
    head(bytes).map(|(head, _)| head.sequence)
}

fn head(bytes: &[u8]) -> Result<(Head, &[u8]), Malformed> {
    let (head, body) = split(bytes, b';').ok_or(Malformed::Head)?;
    if head.contains(&b'\n') {
        return Err(Malformed::Head);
    }
    let mut items = head.split(|byte| *byte == b',');
    let priority = number(items.next()).and_then(|it| u32::try_from(it).ok()).ok_or(Malformed::Priority)?;
    let sequence = number(items.next()).ok_or(Malformed::Sequence)?;
    let micros = number(items.next()).ok_or(Malformed::Time)?;
    // `c` begins or goes on with a line in parts, `+` goes on with it (older kernels).
    let fragment = items.next().is_some_and(|flags| flags.contains(&b'c') || flags.contains(&b'+'));
    Ok((Head { priority, sequence, micros, fragment }, body))
}

fn number(digits: Option<&[u8]>) -> Option<u64> {
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|byte| *byte == at)?;
    Some((&bytes[..place], &bytes[place + 1..]))
}
