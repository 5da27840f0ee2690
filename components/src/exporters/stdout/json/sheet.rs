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

/// How much of the time changes within a minute: `:56.789Z`.
const SECONDS: usize = 8;

/// Where that begins in a time.
const MINUTE: u32 = 16;

/// For how many ticks it is remembered which numbers changed: a buffer that was away for longer
/// gets them all.
const REMEMBERED: usize = 4;

/// Numbers that are compared at once.
const TOGETHER: usize = 8;

/// The place of a series without a line.
const NOWHERE: u32 = u32::MAX;

/// The lines of the series that had a value in the last tick.
#[derive(Debug)]
pub(super) struct Sheet {
    /// Tells buffers with these very lines from all others; 0 when they are no longer right.
    layout: u64,
    /// The presence bits that the lines were laid out for.
    present: Vec<u64>,
    /// The lines with their last numbers; times are whatever they were.
    bytes: Vec<u8>,
    /// Where each line has its time.
    times: Vec<u32>,
    /// By series, as many as a batch has: the last number's bits, and where its text is.
    bits: Vec<u64>,
    places: Vec<Place>,
    /// Counts ticks.
    tick: u64,
    /// Where numbers changed in the last ticks, by tick.
    changed: [Vec<u32>; REMEMBERED],
    numbers: Numbers,
}

/// Where a series has its number, and what kind of number it is.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: u32,
    kind: NumberKind,
}

impl Sheet {
    pub(super) fn new() -> Self {
        Self {
            layout: 0,
            present: Vec::new(),
            bytes: Vec::new(),
            times: Vec::new(),
            bits: Vec::new(),
            places: Vec::new(),
            tick: 0,
            changed: [const { Vec::new() }; REMEMBERED],
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
        } else {
            self.compare(batch.values());
        }
        let time = Time::new(batch.time_unix_nanos());
        let out = match frames.again(self.layout) {
            Some((mark, mut out)) => {
                self.catch_up(&mut out, mark.tick);
                self.date(&mut out, &time);
                out
            }
            None => {
                let mut out = frames.buffer();
                out.extend_from_slice(&self.bytes);
                self.times.iter().for_each(|at| write(&mut out, *at, *time.as_bytes()));
                out
            }
        };
        let mark = Mark { layout: self.layout, tick: self.tick };
        frames.send_marked(out, self.times.len() as u64, mark);
    }

    /// Finds the numbers that changed and writes their texts.
    #[inline]
    fn compare(&mut self, values: &[u64]) {
        let changed = &mut self.changed[remembered(self.tick)];
        changed.clear();
        let (new, new_rest) = values.as_chunks::<TOGETHER>();
        let (old, old_rest) = self.bits.as_chunks_mut::<TOGETHER>();
        let (places, places_rest) = self.places.as_chunks::<TOGETHER>();
        let mut write = |new: &[u64], old: &mut [u64], places: &[Place]| {
            for ((new, old), Place { at, kind }) in new.iter().zip(old).zip(places) {
                if new != old {
                    *old = *new;
                    if let Some(place) = place::<PLACE>(&mut self.bytes, *at) {
                        *place = *self.numbers.text(*new, *kind);
                        changed.push(*at);
                    }
                }
            }
        };
        for ((new, old), places) in new.iter().zip(old).zip(places) {
            // As one number, since a call to compare costs more than to compare.
            if new.iter().zip(old.iter()).fold(0, |others, (new, old)| others | (new ^ old)) != 0 {
                write(new, old, places);
            }
        }
        write(new_rest, old_rest, places_rest);
    }

    /// Copies the numbers that changed since a buffer was written.
    #[inline]
    fn catch_up(&self, out: &mut [u8], seen: u64) {
        let mut copy = |at: u32| {
            let from = self.bytes.get(at as usize..at as usize + PLACE);
            if let (Some(to), Some(from)) = (out.get_mut(at as usize..at as usize + PLACE), from) {
                to.copy_from_slice(from);
            }
        };
        if self.tick - seen <= REMEMBERED as u64 {
            for tick in seen + 1..=self.tick {
                self.changed[remembered(tick)].iter().for_each(|at| copy(*at));
            }
        } else {
            self.places.iter().filter(|place| place.at != NOWHERE).for_each(|place| copy(place.at));
        }
    }

    /// Writes the time into lines that have one: all of it if the minute is another.
    #[inline]
    fn date(&self, out: &mut [u8], time: &Time) {
        let [.., seconds] = time.as_bytes().as_chunks::<SECONDS>().0 else { return };
        let minute = &time.as_bytes()[..TIME - SECONDS];
        let same = |at: &u32| out.get(*at as usize..*at as usize + minute.len()) == Some(minute);
        if self.times.first().is_some_and(same) {
            self.times.iter().for_each(|at| write(out, *at + MINUTE, *seconds));
        } else {
            self.times.iter().for_each(|at| write(out, *at, *time.as_bytes()));
        }
    }

    #[cold]
    fn lay_out(&mut self, lines: &[Option<Line>], batch: &Batch) {
        /// Layouts of all encoders: their buffers may meet in one pool.
        static LAYOUTS: AtomicU64 = AtomicU64::new(1);
        self.layout = LAYOUTS.fetch_add(1, Ordering::Relaxed);
        self.present.clear();
        self.present.extend_from_slice(batch.present());
        self.bits.clear();
        self.bits.extend_from_slice(batch.values());
        self.places.clear();
        self.places.resize(self.bits.len(), Place { at: NOWHERE, kind: NumberKind::U64 });
        self.times.clear();
        self.bytes.clear();
        for (index, (line, place)) in (0_u32..).zip(lines.iter().zip(&mut self.places)) {
            let (Some(line), Some(bits)) = (line, batch.get(index)) else { continue };
            self.bytes.extend_from_slice(BEFORE_TIME);
            self.times.push(at(&self.bytes));
            self.bytes.extend_from_slice(&[b' '; TIME]);
            self.bytes.extend_from_slice(line.before());
            *place = Place { at: at(&self.bytes), kind: line.number() };
            self.bytes.extend_from_slice(self.numbers.text(bits, place.kind));
            self.bytes.push(b'\n');
        }
        // A tick allocates nothing, however many numbers change in it.
        for changed in &mut self.changed {
            changed.clear();
            changed.reserve(self.times.len());
        }
    }
}

/// Where it is remembered which numbers changed in a tick.
#[allow(clippy::cast_possible_truncation, reason = "a remainder of four")]
const fn remembered(tick: u64) -> usize {
    (tick % REMEMBERED as u64) as usize
}

/// The end of a tick's bytes, which are far from 4 GiB: a queue would not take them.
fn at(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(NOWHERE)
}

#[inline]
fn write<const N: usize>(bytes: &mut [u8], at: u32, text: [u8; N]) {
    if let Some(place) = place(bytes, at) {
        *place = text;
    }
}

#[inline]
fn place<const N: usize>(bytes: &mut [u8], at: u32) -> Option<&mut [u8; N]> {
    bytes.get_mut(at as usize..at as usize + N)?.first_chunk_mut()
}

const _: () = assert!(PLACE > TIME && MINUTE as usize + SECONDS == TIME);
