// SPDX-License-Identifier: Apache-2.0
//! Peaks between readings: the driver's own samples of power, utilisation and clocks, as max,
//! min and mean over a sliding window, so that a spike of 100 ms shows in a scrape of 15 s.
//!
//! | file | for |
//! |---|---|
//! | `kinds.rs` | of what there are samples, and where they go |
//! | `samples.rs` | one answer of `nvmlDeviceGetSamples`, summed up |
//! | `ring.rs` | following a ring: each sample once, gaps noticed |
//! | `window.rs` | max, min and mean over the window |
//!
//! While a GPU is idle its driver takes no samples; the present value stands in for them, once
//! for each eighth of a window, so that an idle GPU shows 0 and not nothing. It also counts in
//! the first tick, since what is in a ring then may be from any time.
//!
//! Invariant: a window only ever shows what was sampled since it began; nothing allocates once a
//! GPU has begun, and kinds that a GPU lacks are asked for once.

mod kinds;
mod ring;
mod samples;
mod window;

use tracecore_runtime::{Absence, Batch, Slot};
use tracecore_schema::Attribute;

use super::Config;
use super::code::Code;
use super::driver::Device;
use super::group::{Group, Series, Verdict, absent_for, never};
use kinds::{KINDS, Kind};
use ring::Ring;
use samples::Buffer;
use window::{Summary, Window};

/// What tells max, min and mean apart.
const STATISTIC: &str = "tracecore.gpu.statistic";
/// Max, min and mean.
const EACH: usize = 3;
/// Room for a ring whose size the driver does not tell, and the most that is kept for one.
const ROOM: u32 = 256;
const MOST_ROOM: u32 = 16_384;
/// How long rings are left alone at least, in nanoseconds: the shortest holds two seconds, and a
/// receiver that reads a hundred times a second is not to empty them a hundred times.
const LEFT_ALONE: u64 = 400_000_000;

/// The peaks of one GPU.
#[derive(Debug)]
pub(super) struct Peaks {
    kinds: [State; KINDS.len()],
    /// Room for the longest ring of this GPU.
    buffer: Buffer,
    slice_nanos: u64,
    /// When the rings were looked at last, in nanoseconds since 1970.
    looked: Option<u64>,
    gaps: (Slot<u64>, u64),
}

#[derive(Debug)]
enum State {
    On(Box<Followed>),
    /// It has no series; this is why.
    Off {
        code: Code,
        reason: Absence,
    },
}

/// A ring that is followed.
#[derive(Debug)]
struct Followed {
    ring: Ring,
    window: Window,
    max: Slot<f64>,
    min: Slot<f64>,
    mean: Slot<f64>,
}

impl Followed {
    fn begin(kind: &Kind, room: u32, series: &mut Series<'_, '_>) -> Self {
        let mut slot = |statistic| {
            let own = kind.own.map(|(key, value)| Attribute::new(key, value));
            let attributes = own.into_iter().chain([Attribute::new(STATISTIC, statistic)]);
            series.begin_with(kind.metric, attributes.collect())
        };
        let (max, min, mean) = (slot("max"), slot("min"), slot("mean"));
        Self { ring: Ring::new(room as usize), window: Window::new(), max, min, mean }
    }

    /// Takes over what is new; says whether something was missed.
    #[inline]
    fn read(&mut self, kind: &Kind, device: &Device, buffer: &mut Buffer, slice: u64) -> Result<bool, Code> {
        let found = self.ring.look(kind, device, buffer)?;
        if found.new.count > 0 {
            self.window.add(slice, &found.new);
        } else if !self.window.has(slice) {
            self.window.add(slice, &Summary::of(f64::from(kind.present.ask(device)?)));
        }
        Ok(found.gap)
    }

    #[inline]
    fn set(&mut self, kind: &Kind, slice: u64, out: &mut Batch) {
        if let Some(extent) = self.window.extent(slice) {
            out.set(self.max, extent.max * kind.factor);
            out.set(self.min, extent.min * kind.factor);
            out.set(self.mean, extent.mean * kind.factor);
        }
    }
}

/// Asks how long a ring is, and that the present value can be had as well.
fn probe(kind: &Kind, device: &Device) -> Result<u32, Code> {
    let room = match samples::capacity(device, kind.sampling) {
        // Nothing was ever sampled: the driver does not say how much room there is.
        Ok(0) | Err(Code::NOT_FOUND | Code::NO_DATA) => ROOM,
        Ok(room) => room.min(MOST_ROOM),
        Err(code) => return Err(code),
    };
    kind.present.ask(device).map(|_| room)
}

impl Peaks {
    fn start(kind: &Kind, device: &Device, room: &mut u32, series: &mut Series<'_, '_>) -> State {
        let answer = probe(kind, device);
        match answer.err().and_then(|code| Some((code, never(code)?))) {
            Some((code, reason)) => State::Off { code, reason },
            None => {
                let holds = answer.unwrap_or(ROOM);
                *room = holds.max(*room);
                State::On(Box::new(Followed::begin(kind, holds, series)))
            }
        }
    }
}

/// Whether rings that were looked at then are to be looked at now. After a clock was set back, yes.
fn is_due(looked: Option<u64>, now: u64) -> bool {
    looked.is_none_or(|looked| now.wrapping_sub(looked) >= LEFT_ALONE)
}

impl Group for Peaks {
    fn most(_: &Config) -> usize {
        KINDS.len() * EACH + 1
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let window = u64::try_from(series.config().peak_window.as_nanos()).unwrap_or(u64::MAX);
        let mut room = ROOM;
        let kinds = std::array::from_fn(|kind| Self::start(&KINDS[kind], device, &mut room, series));
        let any = kinds.iter().any(|kind| matches!(kind, State::On(_)));
        let gaps = if any { series.begin(|m| m.peaks.gaps, []) } else { Slot::OFF };
        let slice_nanos = window::slice_nanos(window);
        Self { kinds, buffer: Buffer::new(room), slice_nanos, looked: None, gaps: (gaps, 0) }
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        let mut room = 0;
        for (state, kind) in self.kinds.iter_mut().zip(&KINDS) {
            if let State::Off { reason: Absence::Permission, .. } = state {
                *state = Self::start(kind, device, &mut room, series);
            }
        }
        if room > 0 && !self.gaps.0.is_on() {
            self.gaps.0 = series.begin(|m| m.peaks.gaps, []);
        }
        self.buffer.grow(room);
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        // A clock that is set forgets peaks, and nothing worse: see `window.rs`.
        let now = out.time_unix_nanos();
        let slice = now / self.slice_nanos;
        let due = is_due(self.looked, now);
        if due {
            self.looked = Some(now);
        }
        for (state, kind) in self.kinds.iter_mut().zip(&KINDS) {
            match state {
                State::On(followed) => {
                    if !verdict.goes_on(EACH, out) {
                        continue;
                    }
                    if due {
                        match followed.read(kind, device, &mut self.buffer, slice) {
                            Ok(gap) => self.gaps.1 += u64::from(gap),
                            Err(code) => {
                                verdict.failed(kind.call, code, EACH, out);
                                continue;
                            }
                        }
                    }
                    followed.set(kind, slice, out);
                }
                State::Off { reason, .. } => absent_for(out, *reason, EACH),
            }
        }
        if verdict.goes_on(1, out) {
            out.set(self.gaps.0, self.gaps.1);
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        for (state, kind) in self.kinds.iter().zip(&KINDS) {
            if let State::Off { code, .. } = state {
                found.push((kind.call, *code));
            }
        }
    }

    fn survey(device: &Device, _: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        found.extend(KINDS.iter().map(|kind| (kind.call, probe(kind, device).err())));
    }
}

#[cfg(test)]
mod tests {
    use super::is_due;

    #[test]
    fn rings_are_not_emptied_a_hundred_times_a_second() {
        const MS: u64 = 1_000_000;
        assert!(is_due(None, 5));
        assert!(!is_due(Some(1000 * MS), 1010 * MS));
        assert!(is_due(Some(1000 * MS), 1499 * MS), "each tick of half a second, though one comes early");
        assert!(is_due(Some(1000 * MS), 200 * MS), "a clock that was set back");
    }
}
