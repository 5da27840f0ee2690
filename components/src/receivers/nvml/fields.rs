// SPDX-License-Identifier: Apache-2.0
//! Fields of a GPU: whatever the enabled groups read by number, in one call.
//!
//! A group lists its fields as a table of [`Row`]s. Which of them this GPU and driver know is
//! found with one call when the GPU is found; the others have no series and are not asked for.

use tracecore_runtime::signal::{Span, Spanned};
use tracecore_runtime::{Absence, Batch, Slot};
use tracecore_schema::{Attribute, Counter, Gauge, UpDownCounter};

use super::Metrics;
use super::code::Code;
use super::driver::{Asked, Device, FieldId};
use super::group::{Health, Series, Verdict, absent_for, never};
use super::reading::Often;

/// A field and the series that it fills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    field: FieldId,
    to: To,
    attributes: &'static [(&'static str, &'static str)],
    health: Option<fn(u64) -> Health>,
}

/// How a field's number becomes a metric's.
#[derive(Clone, Copy, Debug)]
enum To {
    Count(fn(&Metrics) -> Counter<u64>),
    Whole(fn(&Metrics) -> Gauge<u64>),
    Scaled(fn(&Metrics) -> Gauge<f64>, f64),
    Total(fn(&Metrics) -> Counter<f64>, f64),
    Flag(fn(&Metrics) -> UpDownCounter<i64>),
    State(fn(&Metrics) -> UpDownCounter<i64>, &'static str, &'static [&'static str]),
}

/// A text for each attribute that tells a series from others of its metric.
type Own = &'static [(&'static str, &'static str)];

impl Row {
    const fn new(field: FieldId, to: To, attributes: Own) -> Self {
        Self { field, to, attributes, health: None }
    }

    /// A total, as it is.
    pub(super) const fn count(field: FieldId, metric: fn(&Metrics) -> Counter<u64>, attributes: Own) -> Self {
        Self::new(field, To::Count(metric), attributes)
    }

    /// A reading, as it is.
    pub(super) const fn whole(field: FieldId, metric: fn(&Metrics) -> Gauge<u64>, attributes: Own) -> Self {
        Self::new(field, To::Whole(metric), attributes)
    }

    /// A reading in another unit: the field's number is multiplied by `factor`.
    pub(super) const fn scaled(
        field: FieldId,
        metric: fn(&Metrics) -> Gauge<f64>,
        factor: f64,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Scaled(metric, factor), attributes)
    }

    /// A total in another unit.
    pub(super) const fn total(
        field: FieldId,
        metric: fn(&Metrics) -> Counter<f64>,
        factor: f64,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Total(metric, factor), attributes)
    }

    /// 1 for whatever is not 0.
    pub(super) const fn flag(
        field: FieldId,
        metric: fn(&Metrics) -> UpDownCounter<i64>,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Flag(metric), attributes)
    }

    /// A series for each of `states`, told apart by the attribute `key`: 1 for the one whose
    /// place the field's number is, 0 for the others. A state of a newer driver leaves all at 0.
    pub(super) const fn state(
        field: FieldId,
        metric: fn(&Metrics) -> UpDownCounter<i64>,
        key: &'static str,
        states: &'static [&'static str],
    ) -> Self {
        Self::new(field, To::State(metric, key, states), &[])
    }

    /// The field's number says something of the GPU's health.
    pub(super) const fn tells(mut self, health: fn(u64) -> Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Whether its number fills one series and says nothing else.
    const fn is_plain(&self) -> bool {
        self.health.is_none() && !matches!(self.to, To::State(..))
    }

    /// Its place among others: first what is stored as it is, then what is stored.
    const fn rank(&self) -> u8 {
        match self.to {
            To::Count(_) | To::Whole(_) if self.is_plain() => 0,
            _ if self.is_plain() => 1,
            _ => 2,
        }
    }

    /// How many series it fills.
    pub(super) const fn series(&self) -> usize {
        match self.to {
            To::State(_, _, states) => states.len(),
            _ => 1,
        }
    }
}

/// Where a number goes that fills one series and says nothing else: most do.
#[derive(Clone, Copy, Debug)]
enum Plain {
    Whole(Slot<u64>),
    Scaled(Slot<f64>, f64),
    Flag(Slot<i64>),
}

/// Where a number goes that is looked at.
#[derive(Clone, Debug)]
enum Goes {
    Plain(Plain),
    State(Box<[Slot<i64>]>),
}

/// A field that is asked for.
#[derive(Debug)]
struct On {
    wanted: Wanted,
    goes: Goes,
}

/// A field that is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) row: &'static Row,
    /// The link, for fields of links.
    pub(super) link: Option<u32>,
}

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
        self.wholes = self.plain.iter().take_while(|(plain, _)| matches!(plain, Plain::Whole(_))).count();
        self.slots.clear();
        self.slots.extend(self.plain.iter().map(|(plain, _)| plain.slot()));
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

impl Plain {
    const fn slot(&self) -> Slot<u64> {
        match self {
            Self::Whole(slot) => slot.bits(),
            Self::Scaled(slot, _) => slot.bits(),
            Self::Flag(slot) => slot.bits(),
        }
    }

    /// The bits of the series' number.
    #[inline]
    fn bits(&self, number: u64) -> u64 {
        match self {
            Self::Whole(_) => number,
            // Exact up to 2^53.
            Self::Scaled(_, factor) => (number as f64 * factor).to_bits(),
            Self::Flag(_) => u64::from(number != 0),
        }
    }

    #[inline]
    fn set(self, number: u64, out: &mut Batch) {
        match self {
            Self::Whole(slot) => out.set(slot, number),
            // Exact up to 2^53.
            Self::Scaled(slot, factor) => out.set(slot, number as f64 * factor),
            Self::Flag(slot) => out.set(slot, i64::from(number != 0)),
        }
    }
}

impl On {
    fn set(&self, answer: Result<u64, Code>, out: &mut Batch, verdict: &mut Verdict) {
        let row = self.wanted.row;
        let number = match answer {
            Ok(number) => number,
            Err(code) => return verdict.failed(row.field.call, code, row.series(), out),
        };
        match &self.goes {
            Goes::Plain(plain) => plain.set(number, out),
            Goes::State(slots) => {
                for (state, slot) in (0..).zip(slots) {
                    out.set(*slot, i64::from(state == number));
                }
            }
        }
        if let Some(health) = row.health {
            verdict.says(health(number));
        }
    }
}

impl Wanted {
    fn begin(self, series: &mut Series<'_, '_>) -> Goes {
        let own = self.row.attributes.iter().map(|(key, value)| Attribute::new(*key, *value));
        let link = self.link.map(|link| Attribute::new(super::families::nvlink::LINK, link));
        let attributes: Vec<_> = own.chain(link).collect();
        match self.row.to {
            To::Count(metric) => Goes::Plain(Plain::Whole(series.begin_with(metric, attributes))),
            To::Whole(metric) => Goes::Plain(Plain::Whole(series.begin_with(metric, attributes))),
            To::Scaled(metric, factor) => {
                Goes::Plain(Plain::Scaled(series.begin_with(metric, attributes), factor))
            }
            To::Total(metric, factor) => {
                Goes::Plain(Plain::Scaled(series.begin_with(metric, attributes), factor))
            }
            To::Flag(metric) => Goes::Plain(Plain::Flag(series.begin_with(metric, attributes))),
            To::State(metric, key, states) => {
                let states = states.iter().map(|state| series.begin(metric, [(key, *state)]));
                Goes::State(states.collect())
            }
        }
    }
}
