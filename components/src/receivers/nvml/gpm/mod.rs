// SPDX-License-Identifier: Apache-2.0
//! GPM: how busy the parts of a chip are, on Hopper and later. Between two samples the library
//! tells how much of the time SMs, pipes and memory were at work, and what went over the links.
//!
//! | file | for |
//! |---|---|
//! | `rows.rs` | what is asked, and where it goes |
//! | `sample.rs` | the library's samples |
//! | `gate.rs` | one thread at a time |
//!
//! Values are of the time since the last tick, so the first tick has none. Whole GPUs and MIG
//! instances are asked the same way.
//!
//! Invariant: two samples are made when a GPU begins and no other; a sample is freed only by the
//! library that made it; what a chip lacks is asked for once.
#![allow(unsafe_code, reason = "the library is C")]

mod gate;
mod rows;
mod sample;

use tracecore_runtime::{Absence, Batch, Slot};
use tracecore_schema::Attribute;

use super::Config;
use super::code::{Class, Code};
use super::driver::{Device, check, symbol};
use super::group::{Group, Series, Verdict, absent_for, never};
use gate::{Inside, Request};
use rows::{ROWS, Row};
use sample::Sample;

const QUERY: &str = "nvmlGpmQueryDeviceSupport";
const COMPARING: &str = "nvmlGpmMetricsGet";

/// GPM of a whole GPU.
#[derive(Debug)]
pub(super) struct Gpm(Activity);

/// GPM of a GPU, or of an instance on it.
#[derive(Debug)]
pub(super) enum Activity {
    /// The chip has it.
    On(Sampler),
    /// It has no series; this is why.
    Off { call: &'static str, code: Code, reason: Absence },
    /// It could not be asked yet: the library refused for a reason that passes, or another thread
    /// is stuck in it.
    Later(Refused),
}

/// Why a GPU could not be asked: the call and its code; neither if another thread is stuck, which
/// is no failure of this GPU.
type Refused = Option<(&'static str, Code)>;

/// The samples of one GPU or instance, and where their difference goes.
#[derive(Debug)]
pub(super) struct Sampler {
    /// The GPU instance, if it is not the whole GPU.
    instance: Option<u32>,
    /// Of the last tick.
    before: Sample,
    now: Sample,
    /// Whether `before` holds one.
    filled: bool,
    slots: [Slot<f64>; ROWS.len()],
    /// Which rows are asked for, by their place; those that the chip lacks are struck out.
    asked: Vec<usize>,
}

impl Activity {
    /// Asks whether there is GPM and takes a first sample, to see that there is. The device is
    /// the whole GPU also for an instance.
    pub(super) fn begin(device: &Device, instance: Option<u32>, series: &mut Series<'_, '_>) -> Self {
        match probe(device, instance) {
            Ok((before, now, asked)) => {
                let mut slots = [Slot::OFF; ROWS.len()];
                for row in &asked {
                    let Row { metric, own, .. } = ROWS[*row];
                    let own = own.map(|(key, value)| Attribute::new(key, value));
                    slots[*row] = series.begin_with(metric, own.into_iter().collect());
                }
                Self::On(Sampler { instance, before, now, filled: false, slots, asked })
            }
            Err(Some((call, code))) => match never(code) {
                Some(reason) => Self::Off { call, code, reason },
                None => Self::Later(Some((call, code))),
            },
            Err(None) => Self::Later(None),
        }
    }

    /// Asks again if it was forbidden, or could not be asked.
    pub(super) fn look(&mut self, device: &Device, instance: Option<u32>, series: &mut Series<'_, '_>) {
        match self {
            Self::Off { reason: Absence::Permission, .. } | Self::Later(_) => {
                *self = Self::begin(device, instance, series);
            }
            Self::On(_) | Self::Off { .. } => {}
        }
    }

    /// Sets what happened since the last tick.
    #[inline]
    pub(super) fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        match self {
            Self::On(sampler) => {
                if verdict.goes_on(ROWS.len(), out) {
                    sampler.read(device, out, verdict);
                }
            }
            Self::Off { reason, .. } => absent_for(out, *reason, ROWS.len()),
            Self::Later(Some((call, code))) => {
                if verdict.goes_on(ROWS.len(), out) {
                    verdict.failed(call, *code, ROWS.len(), out);
                }
            }
            Self::Later(None) => absent_for(out, Absence::Timeout, ROWS.len()),
        }
    }

    /// How many series there are where everything is supported.
    pub(super) const fn most() -> usize {
        ROWS.len()
    }

    /// Adds why there is none.
    pub(super) fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        if let Self::Off { call, code, .. } = self {
            found.push((call, *code));
        }
    }
}

impl Sampler {
    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        absent_for(out, Absence::Unsupported, ROWS.len() - self.asked.len());
        if self.asked.is_empty() {
            return;
        }
        let Some(mut inside) = gate::enter() else {
            // Another thread is stuck in there. This GPU is well, so it is no failure of it.
            return absent_for(out, Absence::Timeout, self.asked.len());
        };
        if let Err((call, code)) = self.ask(device, &mut inside) {
            self.filled = false;
            return verdict.failed(call, code, self.asked.len(), out);
        }
        if std::mem::replace(&mut self.filled, true) {
            self.set(&inside, out, verdict);
        }
        std::mem::swap(&mut self.before, &mut self.now);
    }

    /// Takes a sample and, if there is one before it, has the library compare the two.
    #[inline]
    fn ask(&mut self, device: &Device, inside: &mut Inside) -> Result<(), (&'static str, Code)> {
        self.now.take(device, self.instance, inside).map_err(|code| (taking(self.instance), code))?;
        if !self.filled {
            return Ok(());
        }
        compare(device, &self.before, &self.now, &self.asked, inside).map_err(|code| (COMPARING, code))
    }

    /// Sets what the library found.
    #[inline]
    fn set(&mut self, request: &Request, out: &mut Batch, verdict: &mut Verdict) {
        let mut lacking = false;
        for (metric, row) in request.0.metrics.iter().zip(&self.asked) {
            if metric.nvmlReturn == 0 {
                if let Some(value) = ROWS[*row].to.base(metric.value) {
                    out.set(self.slots[*row], value);
                }
            } else {
                lacking |= refused(Code(metric.nvmlReturn), out, verdict);
            }
        }
        if lacking {
            self.strike(request);
        }
    }

    /// Asks no more for what the chip lacks.
    #[cold]
    fn strike(&mut self, request: &Request) {
        let mut refused = lacking(request).into_iter();
        self.asked.retain(|_| refused.next() != Some(true));
    }
}

/// One metric was refused, the others were not: says whether for good.
#[cold]
fn refused(code: Code, out: &mut Batch, verdict: &mut Verdict) -> bool {
    if code.class() == Class::Unsupported {
        out.absent(Absence::Unsupported);
        return true;
    }
    // Two samples may tell nothing yet of one metric, and all of the others.
    if code != Code::NO_DATA {
        verdict.failed(COMPARING, code, 1, out);
    }
    false
}

/// Which of the metrics that were asked for last the chip lacks.
fn lacking(Request(request): &Request) -> Vec<bool> {
    let metrics = &request.metrics[..request.numMetrics as usize];
    metrics.iter().map(|metric| Code(metric.nvmlReturn).class() == Class::Unsupported).collect()
}

/// How messages name the call that takes a sample.
const fn taking(instance: Option<u32>) -> &'static str {
    if instance.is_some() { "nvmlGpmMigSampleGet" } else { "nvmlGpmSampleGet" }
}

/// Has the library compare two samples; its answers stay in the request.
#[inline]
fn compare(
    device: &Device,
    before: &Sample,
    now: &Sample,
    asked: &[usize],
    inside: &mut Inside,
) -> Result<(), Code> {
    let function = symbol(&device.lib().nvmlGpmMetricsGet)?;
    let Request(request) = &mut **inside;
    request.sample1 = before.handle();
    request.sample2 = now.handle();
    #[expect(clippy::cast_possible_truncation, reason = "no more than there are rows")]
    let count = asked.len() as u32;
    request.numMetrics = count;
    for (metric, row) in request.metrics.iter_mut().zip(asked) {
        metric.metricId = ROWS[*row].id;
        metric.nvmlReturn = 0;
    }
    // SAFETY: both samples are of this library and filled, and so many metrics are there.
    check(unsafe { function(request) })
}

/// Whether the chip has GPM, which tells what goes over PCIe as well.
pub(super) fn tells(device: &Device) -> bool {
    // A gate that stays shut is the same as a chip without: what it would tell, nobody hears.
    gate::enter().is_some_and(|_inside| sample::supported(device).is_ok())
}

/// What a GPU that has GPM begins with: two samples, and the rows that it supports.
type Begun = (Sample, Sample, Vec<usize>);

/// Asks whether there is GPM, has two samples made, and sees which metrics they would give.
fn probe(device: &Device, instance: Option<u32>) -> Result<Begun, Refused> {
    let mut inside = gate::enter().ok_or(None)?;
    sample::supported(device).map_err(|code| Some((QUERY, code)))?;
    let before = Sample::new(device, &inside);
    let now = Sample::new(device, &inside);
    let mut asked: Vec<_> = (0..ROWS.len()).collect();
    let mut tried = Ok(());
    if let (Ok(before), Ok(now)) = (&before, &now) {
        let take =
            |sample: &Sample| sample.take(device, instance, &inside).map_err(|code| (taking(instance), code));
        tried = take(before).and_then(|()| take(now));
        if tried.is_ok() {
            match compare(device, before, now, &asked, &mut inside) {
                Ok(()) => {
                    let mut refused = lacking(&inside).into_iter();
                    asked.retain(|_| refused.next() != Some(true));
                }
                // They were taken one right after the other: only this says anything.
                Err(code) if code.class() == Class::Unsupported => tried = Err((COMPARING, code)),
                Err(_) => {}
            }
        }
    }
    // A sample that is dropped goes through the gate itself.
    drop(inside);
    let alloc = |code| Some(("nvmlGpmSampleAlloc", code));
    let (before, now) = (before.map_err(alloc)?, now.map_err(alloc)?);
    tried.map(|()| (before, now, asked)).map_err(Some)
}

impl Group for Gpm {
    fn most(_: &Config) -> usize {
        Activity::most()
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        Self(Activity::begin(device, None, series))
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        self.0.look(device, None, series);
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        self.0.read(device, out, verdict);
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        self.0.missing(found);
    }

    fn survey(device: &Device, _: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        match probe(device, None) {
            Ok(_) => found.push((QUERY, None)),
            Err(Some((call, code))) => found.push((call, Some(code))),
            Err(None) => found.push((QUERY, Some(Code::TIMEOUT))),
        }
    }
}
