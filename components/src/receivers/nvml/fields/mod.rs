// SPDX-License-Identifier: Apache-2.0
//! Fields of a GPU: whatever the enabled groups read by number, in one call.
//!
//! A group lists its fields as a table of [`Row`]s. Which of them this GPU and driver know is
//! found with one call when the GPU is found; the others have no series and are not asked for.

mod goes;
mod row;

use tracecore_runtime::signal::{Span, Spanned};
use tracecore_runtime::{Absence, Batch, Slot};

use super::code::Code;
use super::driver::{Asked, Device};
use super::group::{Series, Verdict, absent_for, never};
use super::reading::Often;
pub(super) use goes::Wanted;
use goes::{Goes, On, Plain, Stored};
pub(super) use row::Row;

/// Fields of one GPU that are asked together.
#[derive(Debug)]
pub(super) struct Fields {
    often: Often,
    asked: Asked,
    /// What is asked, in that order: first those whose number is only stored.
    on: Vec<On>,
    /// Where those go.
    plain: Vec<(Plain, &'static Row)>,
    slots: Vec<Slot<u64>>,
    /// How many of them are stored as they are: they come first.
    wholes: usize,
    /// Their series, if they follow each other.
    span: Option<Span>,
    /// Which of them failed in this tick.
    failed: Vec<(usize, Code)>,
    series: usize,
    /// The answers, if they are not asked for each tick.
    kept: Option<Vec<u64>>,
    /// The same for those whose number is only stored, as their series have it.
    kept_bits: Vec<u64>,
    /// What is not asked for, and why.
    off: Vec<(Wanted, Code, Absence)>,
    unsupported: usize,
    forbidden: usize,
}

impl Fields {
    /// Asks for these and registers what there is.
    pub(super) fn begin(
        often: Often,
        wanted: impl Iterator<Item = Wanted>,
        device: &Device,
        series: &mut Series<'_, '_>,
    ) -> Self {
        let mut fields = Self {
            often,
            asked: Asked::new(),
            plain: Vec::new(),
            slots: Vec::new(),
            wholes: 0,
            span: None,
            failed: Vec::new(),
            on: Vec::new(),
            series: 0,
            kept: None,
            kept_bits: Vec::new(),
            off: Vec::new(),
            unsupported: 0,
            forbidden: 0,
        };
        fields.add(wanted.collect(), device, series);
        fields
    }

    fn add(&mut self, wanted: Vec<Wanted>, device: &Device, series: &mut Series<'_, '_>) {
        let mut probe = request(&wanted, device);
        let failed = probe.ask(device).err();
        let mut answers: Vec<_> = wanted.into_iter().zip(probe.answers()).collect();
        // Those that take nothing but a store come first, in the call and among the series, so
        // that reading them is one short loop.
        answers.sort_by_key(|(wanted, _)| wanted.row.rank());
        for (wanted, answer) in answers {
            let code = failed.or(answer.err());
            match code.and_then(|code| Some((code, never(code)?))) {
                Some((code, reason)) => self.off.push((wanted, code, reason)),
                None => {
                    self.series += wanted.row.series();
                    self.on.push(On { goes: wanted.begin(series), wanted });
                }
            }
        }
        self.on.sort_by_key(|on| on.wanted.row.rank());
        let all: Vec<_> = self.on.iter().map(|on| on.wanted).collect();
        self.asked = request(&all, device);
        self.plain.clear();
        self.plain.extend(self.on.iter().map_while(|on| match on.goes {
            Goes::Plain(plain) if on.wanted.row.is_plain() => Some((plain, on.wanted.row)),
            _ => None,
        }));
        self.wholes = self.plain.iter().take_while(|(plain, _)| plain.stored == Stored::AsItIs).count();
        self.slots.clear();
        self.slots.extend(self.plain.iter().map(|(plain, _)| plain.slot));
        // A tick allocates nothing, however many of them fail in it.
        self.failed.reserve(self.plain.len());
        let off = |reason| {
            let off = self.off.iter().filter(|(_, _, why)| *why == reason);
            off.map(|(wanted, _, _)| wanted.row.series()).sum()
        };
        (self.unsupported, self.forbidden) = (off(Absence::Unsupported), off(Absence::Permission));
        self.kept = None;
    }

    /// How many series there are.
    pub(super) const fn values(&self) -> usize {
        self.series
    }

    /// Asks again for what was forbidden, and for what seldom changes.
    pub(super) fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        if self.often == Often::EachLook {
            self.kept = None;
        }
        if self.forbidden > 0 {
            let (again, off) = std::mem::take(&mut self.off)
                .into_iter()
                .partition(|(_, _, why)| *why == Absence::Permission);
            self.off = off;
            let again: Vec<_> = again;
            self.add(again.into_iter().map(|(wanted, _, _)| wanted).collect(), device, series);
        }
    }

    /// Reads them all.
    #[inline]
    pub(super) fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        absent_for(out, Absence::Unsupported, self.unsupported);
        absent_for(out, Absence::Permission, self.forbidden);
        if !verdict.goes_on(self.series, out) {
            return;
        }
        if self.often != Often::EachTick {
            return self.read_kept(device, out, verdict);
        }
        if let Err(code) = self.asked.ask(device) {
            return verdict.failed("nvmlDeviceGetFieldValues", code, self.series, out);
        }
        if let Some(mut to) = self.span.and_then(|span| out.write(span)) {
            self.read_span(&mut to);
        } else {
            // A series has begun or ended since, somewhere. If these do not follow each other,
            // because a processor dropped one, they are written one by one each time.
            self.span = out.span(&self.slots);
            let answers = self.asked.answers_in(0..self.plain.len());
            for (place, ((plain, _), answer)) in self.plain.iter().zip(answers).enumerate() {
                match answer {
                    Ok(number) => plain.set(number, out),
                    Err(code) => self.failed.push((place, code)),
                }
            }
        }
        for (place, code) in self.failed.drain(..) {
            let call = self.plain.get(place).map_or("nvmlDeviceGetFieldValues", |(_, row)| row.field.call);
            verdict.failed(call, code, 1, out);
        }
        let others = self.plain.len()..self.on.len();
        for (on, answer) in self.on[others.clone()].iter().zip(self.asked.answers_in(others)) {
            on.set(answer, out, verdict);
        }
    }

    /// Writes those whose number is only stored: a loop for each way to store it.
    #[inline]
    fn read_span(&mut self, to: &mut Spanned<'_>) {
        let Self { asked, plain, failed, wholes, .. } = self;
        let (whole, others) = to.values.split_at_mut((*wholes).min(to.values.len()));
        for (place, (value, answer)) in whole.iter_mut().zip(asked.answers_in(0..*wholes)).enumerate() {
            match answer {
                Ok(number) => *value = number,
                Err(code) => failed.push((place, code)),
            }
        }
        let places = *wholes..plain.len();
        let with = others.iter_mut().zip(&plain[places.clone()]).zip(asked.answers_in(places));
        for (place, ((value, (plain, _)), answer)) in with.enumerate() {
            match answer {
                Ok(number) => *value = plain.bits(number),
                Err(code) => failed.push((*wholes + place, code)),
            }
        }
        failed.iter().for_each(|(place, _)| to.remove(*place));
    }

    /// Sets what was answered when it was last asked for, and asks if that was never.
    fn read_kept(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        if let Some(kept) = &self.kept {
            if let Some(to) = self.span.and_then(|span| out.write(span)) {
                to.values.iter_mut().zip(&self.kept_bits).for_each(|(value, bits)| *value = *bits);
            } else {
                self.span = out.span(&self.slots);
                for ((plain, _), number) in self.plain.iter().zip(kept) {
                    plain.set(*number, out);
                }
            }
            for (on, number) in self.on.iter().zip(kept).skip(self.plain.len()) {
                on.set(Ok(*number), out, verdict);
            }
            return;
        }
        if let Err(code) = self.asked.ask(device) {
            return verdict.failed("nvmlDeviceGetFieldValues", code, self.series, out);
        }
        let answers: Vec<_> = self.asked.answers().collect();
        for (on, answer) in self.on.iter().zip(&answers) {
            on.set(*answer, out, verdict);
        }
        // If one of them failed, all are asked again in the next tick.
        self.kept = answers.into_iter().collect::<Result<_, _>>().ok();
        let numbers = self.plain.iter().zip(self.kept.iter().flatten());
        self.kept_bits = numbers.map(|((plain, _), number)| plain.bits(*number)).collect();
    }

    /// Adds the fields that have no series, and why.
    pub(super) fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        for (wanted, code, _) in &self.off {
            let entry = (wanted.row.field.call, *code);
            // All links of a GPU lack the same.
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
    }

    /// Asks for these once.
    pub(super) fn survey(
        wanted: impl Iterator<Item = Wanted>,
        device: &Device,
        found: &mut Vec<(&'static str, Option<Code>)>,
    ) {
        let wanted: Vec<_> = wanted.collect();
        let mut probe = request(&wanted, device);
        let failed = probe.ask(device).err();
        for (wanted, answer) in wanted.iter().zip(probe.answers()) {
            let entry = (wanted.row.field.call, failed.or(answer.err()));
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
    }
}

fn request(wanted: &[Wanted], device: &Device) -> Asked {
    let mut asked = Asked::new();
    for Wanted { row, link } in wanted {
        asked.push(row.field, link.unwrap_or(0), device.field_ids());
    }
    asked
}
