// SPDX-License-Identifier: Apache-2.0
//! The lines of a tick, laid out once: a tick then writes times, and the numbers that are others
//! than last time.
//!
//! A number has a place of fixed width in its line, the last one of it, so that a longer number
//! moves nothing; what it leaves free are spaces at the line's end, which JSON lets pass. Lines
//! are laid out again when a series comes, goes, or has a value in one tick and none in the next.
//!
//! Invariant: while the lines stay the same, a tick allocates nothing, and touches only what
//! changes.

use std::sync::atomic::{AtomicU64, Ordering};

use tracecore_runtime::Batch;
use tracecore_runtime::queue::{Frames, Mark};
use tracecore_schema::NumberKind;

use super::line::Line;
use super::numbers::{Numbers, PLACE};
use super::text::Time;

/// What stands before the time of a line, and the time.
const BEFORE_TIME: &[u8] = b"{\"time\":\"";
const TIME: usize = 24;

/// The lines of the series that had a value in the last tick.
#[derive(Debug)]
pub(super) struct Sheet {
    /// Tells buffers with these very lines from all others.
    layout: u64,
    /// The presence bits that the lines were laid out for.
    present: Vec<u64>,
    rows: Vec<Row>,
    /// The lines with their last numbers; times are whatever they were.
    bytes: Vec<u8>,
    /// Counts ticks.
    tick: u64,
    numbers: Numbers,
}

/// A line that has been laid out.
#[derive(Debug)]
struct Row {
    /// The series.
    index: u32,
    /// Where the time is.
    time: u32,
    /// Where the number is.
    number: u32,
    kind: NumberKind,
    /// The number's bits.
    bits: u64,
    /// The tick in which it came to be that.
    since: u64,
}

impl Sheet {
    pub(super) fn new() -> Self {
        Self {
            layout: 0,
            present: Vec::new(),
            rows: Vec::new(),
            bytes: Vec::new(),
            tick: 0,
            numbers: Numbers::new(),
        }
    }

    /// The lines are no longer right: a series came or went.
    pub(super) fn forget(&mut self) {
        self.layout = 0;
    }

    /// Sends the lines of a tick.
    #[inline]
    pub(super) fn send(&mut self, lines: &[Option<Line>], batch: &Batch, frames: &mut Frames) {
        self.tick += 1;
        if self.layout == 0 || self.present != batch.present() {
            self.lay_out(lines, batch);
        }
        let (mut out, seen) = frames.again(self.layout).map_or_else(
            || {
                let mut out = frames.buffer();
                out.extend_from_slice(&self.bytes);
                (out, self.tick - 1)
            },
            |(mark, out)| (out, mark.tick),
        );
        let time = Time::new(batch.time_unix_nanos());
        let (values, bytes) = (batch.values(), &mut self.bytes[..]);
        for row in &mut self.rows {
            let Some(bits) = values.get(row.index as usize).copied() else { continue };
            let number = row.number as usize;
            if bits != row.bits {
                row.bits = bits;
                row.since = self.tick;
                if let Some(place) = place(bytes, number) {
                    *place = *self.numbers.text(bits, row.kind);
                }
            }
            if row.since > seen
                && let (Some(to), Some(from)) = (place::<PLACE>(&mut out, number), place(bytes, number))
            {
                *to = *from;
            }
            if let Some(to) = place::<TIME>(&mut out, row.time as usize) {
                *to = *time.as_bytes();
            }
        }
        frames.send_marked(out, self.rows.len() as u64, Mark { layout: self.layout, tick: self.tick });
    }

    #[cold]
    fn lay_out(&mut self, lines: &[Option<Line>], batch: &Batch) {
        /// Layouts of all encoders: their buffers may meet in one pool.
        static LAYOUTS: AtomicU64 = AtomicU64::new(1);
        self.layout = LAYOUTS.fetch_add(1, Ordering::Relaxed);
        self.present.clear();
        self.present.extend_from_slice(batch.present());
        self.rows.clear();
        self.bytes.clear();
        for (index, line) in (0_u32..).zip(lines) {
            let (Some(line), Some(bits)) = (line, batch.get(index)) else { continue };
            self.bytes.extend_from_slice(BEFORE_TIME);
            let time = at(&self.bytes);
            self.bytes.extend_from_slice(&[b' '; TIME]);
            self.bytes.extend_from_slice(line.before());
            let number = at(&self.bytes);
            let kind = line.number();
            self.bytes.extend_from_slice(self.numbers.text(bits, kind));
            self.bytes.push(b'\n');
            self.rows.push(Row { index, time, number, kind, bits, since: self.tick });
        }
    }
}

/// The end of a tick's bytes, which are far from 4 GiB: a queue would not take them.
fn at(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[inline]
fn place<const N: usize>(bytes: &mut [u8], at: usize) -> Option<&mut [u8; N]> {
    bytes.get_mut(at..)?.first_chunk_mut()
}

const _: () = assert!(PLACE > TIME);
