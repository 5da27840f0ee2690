// SPDX-License-Identifier: Apache-2.0
//! Fields of a GPU: whatever the enabled groups read by number, in one call.
//!
//! A group lists its fields as a table of [`Row`]s. Which of them this GPU and driver know is
//! found with one call when the GPU is found; the others have no series and are not asked for.

use tracecore_runtime::{Absence, Batch, Slot};
use tracecore_schema::{Counter, Gauge};

use super::Metrics;
use super::code::Code;
use super::driver::{Asked, Device, FieldId};
use super::group::{Series, Verdict, absent_for, never};

/// A field and the series that it fills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The field.
    pub(super) field: FieldId,
    /// The metric, and the way there.
    pub(super) to: To,
    /// What tells the series from others of its metric.
    pub(super) attributes: &'static [(&'static str, &'static str)],
}

/// How a field's number becomes a metric's.
#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    /// A total, as it is.
    Count(fn(&Metrics) -> Counter<u64>),
    /// A reading, as it is.
    Whole(fn(&Metrics) -> Gauge<u64>),
    /// A reading in another unit: the number of the field is multiplied by this.
    Scaled(fn(&Metrics) -> Gauge<f64>, f64),
    /// A total in another unit.
    Total(fn(&Metrics) -> Counter<f64>, f64),
}

/// Where a field's number goes.
#[derive(Clone, Copy, Debug)]
enum Goes {
    Whole(Slot<u64>),
    Scaled(Slot<f64>, f64),
}

/// Fields of one GPU that are asked together.
#[derive(Debug, Default)]
pub(super) struct Fields {
    asked: Asked,
    /// For each field that is asked, where it goes and what messages call it.
    goes: Vec<(Goes, &'static str)>,
    /// What is not asked, and why.
    off: Vec<(Wanted, Code, Absence)>,
    unsupported: usize,
    forbidden: usize,
}

/// A field that is wanted, with attributes that only the GPU knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) row: &'static Row,
    /// The link, for fields of links.
    pub(super) link: Option<u32>,
}

impl Fields {
    /// Asks for these and registers what there is.
    pub(super) fn begin(
        wanted: impl Iterator<Item = Wanted>,
        device: &Device,
        series: &mut Series<'_, '_>,
    ) -> Self {
        let mut fields = Self::default();
        fields.add(wanted.collect(), device, series);
        fields
    }

    fn add(&mut self, wanted: Vec<Wanted>, device: &Device, series: &mut Series<'_, '_>) {
        let mut probe = request(&wanted, device);
        let failed = probe.ask(device).err();
        let answers: Vec<_> = probe.answers().collect();
        for (wanted, answer) in wanted.into_iter().zip(answers) {
            let code = failed.or(answer.err());
            match code.and_then(|code| Some((code, never(code)?))) {
                Some((code, reason)) => self.off.push((wanted, code, reason)),
                None => {
                    self.asked.push(wanted.row.field, wanted.link.unwrap_or(0), device.field_ids());
                    self.goes.push((wanted.begin(series), wanted.row.field.call));
                }
            }
        }
        let off = |reason| self.off.iter().filter(|(_, _, why)| *why == reason).count();
        self.unsupported = off(Absence::Unsupported);
        self.forbidden = off(Absence::Permission);
    }

    /// Asks again for what was forbidden.
    pub(super) fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        if self.forbidden > 0 {
            let (forbidden, off) = std::mem::take(&mut self.off)
                .into_iter()
                .partition(|(_, _, why)| *why == Absence::Permission);
            self.off = off;
            let forbidden: Vec<_> = forbidden;
            self.add(forbidden.into_iter().map(|(wanted, _, _)| wanted).collect(), device, series);
        }
    }

    /// Reads them all.
    #[inline]
    pub(super) fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        absent_for(out, Absence::Unsupported, self.unsupported);
        absent_for(out, Absence::Permission, self.forbidden);
        if !verdict.goes_on(self.goes.len(), out) {
            return;
        }
        if let Err(code) = self.asked.ask(device) {
            return verdict.failed("nvmlDeviceGetFieldValues", code, self.goes.len(), out);
        }
        for ((goes, call), answer) in self.goes.iter().zip(self.asked.answers()) {
            match (answer, goes) {
                (Ok(number), Goes::Whole(slot)) => out.set(*slot, number),
                (Ok(number), Goes::Scaled(slot, factor)) => out.set(*slot, number as f64 * factor),
                (Err(code), _) => verdict.failed(call, code, 1, out),
            }
        }
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

impl Wanted {
    fn begin(self, series: &mut Series<'_, '_>) -> Goes {
        use tracecore_schema::Attribute;
        let own = self.row.attributes.iter().map(|(key, value)| Attribute::new(*key, *value));
        let link = self.link.map(|link| Attribute::new("tracecore.gpu.nvlink.link", link));
        let attributes = own.chain(link).collect();
        match self.row.to {
            To::Count(metric) => Goes::Whole(series.begin_with(metric, attributes)),
            To::Whole(metric) => Goes::Whole(series.begin_with(metric, attributes)),
            To::Scaled(metric, factor) => Goes::Scaled(series.begin_with(metric, attributes), factor),
            To::Total(metric, factor) => Goes::Scaled(series.begin_with(metric, attributes), factor),
        }
    }
}
