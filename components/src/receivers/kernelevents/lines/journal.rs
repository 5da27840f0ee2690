// SPDX-License-Identifier: Apache-2.0
//! A line of `journalctl --output=json`: one record of the kernel's log, as journald kept it.
//!
//! journald has undone the kernel's `\xHH`. What is no UTF-8, or not printable, comes as a list
//! of byte values; a field that was given twice comes as a list of texts; without `--all` a long
//! one comes as `null`. Source: `systemd.journal-fields(7)`, "Journal JSON Format".

use std::ops::Range;

use super::json::{Json, Value, push_value};
use super::record::{Malformed, Record, Scratch};

/// The fields that are read, in the order of `Texts`. `journalctl` is asked for these alone.
pub const FIELDS: [&str; 13] = [
    "MESSAGE",
    "PRIORITY",
    "SYSLOG_FACILITY",
    "_SOURCE_MONOTONIC_TIMESTAMP",
    "_BOOT_ID",
    "_KERNEL_SUBSYSTEM",
    "_KERNEL_DEVICE",
    "__CURSOR",
    "__REALTIME_TIMESTAMP",
    "__MONOTONIC_TIMESTAMP",
    "_TRANSPORT",
    "SYSLOG_IDENTIFIER",
    "SYSLOG_PID",
];

type Texts = [Option<Range<usize>>; FIELDS.len()];

/// How many records journald says it has missed, if that is what it says.
///
/// ```
/// # use tracecore_components::receivers::kernelevents::lines::{journal, record::Scratch};
/// let line = br#"{"MESSAGE":"Missed 23 kernel messages","_TRANSPORT":"driver"}"#;
/// let mut scratch = Scratch::new();
/// assert_eq!(journal::missed(&journal::parse(line, &mut scratch).unwrap()), Some(23));
/// ```
#[must_use]
pub fn missed(record: &Record<'_>) -> Option<u64> {
    let said = record.journals_own.then(|| record.text.strip_prefix("Missed ")).flatten()?;
    said.strip_suffix(" kernel messages")?.parse().ok()
}

/// Reads a line.
///
/// # Errors
///
/// It is no JSON object, or one without a message.
pub fn parse<'a>(line: &[u8], scratch: &'a mut Scratch) -> Result<Record<'a>, Malformed> {
    scratch.clear();
    let mut texts = Texts::default();
    let (arena, bytes) = (&mut scratch.arena, &mut scratch.bytes);
    let read = Json::new(line).object(|key, value: Value<'_>| {
        let Some(field) = FIELDS.iter().position(|field| field.as_bytes() == key) else { return };
        let start = arena.len();
        if push_value(arena, bytes, value).is_some() {
            texts[field] = Some(start..arena.len());
        } else {
            arena.truncate(start);
        }
    });
    read.ok_or(Malformed::Json)?;
    // journald takes the writer's name off what user space wrote: there it belongs to the line.
    if texts[2].clone().is_some_and(|facility| !matches!(&arena[facility], "0" | ""))
        && texts[10].clone().is_none_or(|transport| &arena[transport] == "kernel")
        && let (Some(said), Some(writer)) = (texts[0].clone(), texts[11].clone())
    {
        let start = arena.len();
        arena.extend_from_within(writer);
        if let Some(pid) = texts[12].clone() {
            arena.push('[');
            arena.extend_from_within(pid);
            arena.push(']');
        }
        arena.push_str(": ");
        arena.extend_from_within(said);
        texts[0] = Some(start..arena.len());
    }
    let text = |field: usize| texts[field].clone().map(|range| scratch.text(range));
    let number = |field: usize| text(field).and_then(|digits| digits.parse::<u64>().ok());
    // Another transport is another program's record; asked for by mistake, told by its facility.
    let kernels = text(10).is_none_or(|transport| transport == "kernel");
    let facility = number(2).map_or(0, |facility| u32::try_from(facility).unwrap_or(u32::MAX));
    Ok(Record {
        facility: if kernels { facility } else { facility.max(1) },
        level: number(1).and_then(|level| u8::try_from(level).ok()).filter(|level| *level < 8).unwrap_or(6),
        sequence: None,
        monotonic_micros: number(3).or_else(|| number(9)),
        realtime_micros: number(8),
        boot: text(4),
        cursor: text(7),
        journals_own: text(10) == Some("driver"),
        fragment: false,
        text: text(0).ok_or(Malformed::Message)?,
        subsystem: text(5),
        device: text(6),
    })
}
