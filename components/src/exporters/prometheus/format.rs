// SPDX-License-Identifier: Apache-2.0
//! How series are placed on the page, and how the page becomes text.

use tracecore_runtime::Resource;
use tracecore_runtime::page::{PageFormat, Placed, Point, Visitor};
use tracecore_runtime::signal::{Refused, Series};
use tracecore_schema::{Attribute, Descriptor, Instrument, NumberKind, Scale, Spelling};

use super::config::{Convention, Names};
use super::labels::{escape, labels};
use super::names::{Name, translate};
use super::negotiate::Format;
use crate::exporters::number;

/// Places series under their names.
#[derive(Clone, Copy, Debug)]
pub struct Exposition {
    otel: bool,
    /// The convention whose spellings are shown, if any.
    spelled: Option<&'static str>,
}

impl Default for Exposition {
    fn default() -> Self {
        Self::of(&Names::default())
    }
}

impl Exposition {
    /// With the names of these conventions.
    #[must_use]
    pub fn of(names: &Names) -> Self {
        Self { otel: names.has(Convention::Otel), spelled: names.has(Convention::Dcgm).then_some("dcgm") }
    }
}

/// The lines above a family's samples, in both formats.
#[derive(Clone, Debug)]
pub struct Family {
    text: Box<str>,
    openmetrics: Box<str>,
}

/// Everything of a sample but its value: `name{labels} `.
#[derive(Clone, Debug)]
pub struct Sample {
    prefix: Box<str>,
    number: NumberKind,
    /// What becomes of the number, unless it is shown as it is.
    scale: Option<Scale>,
}

impl PageFormat for Exposition {
    type Family = Family;
    type Item = Sample;

    fn place(&self, series: &Series) -> Result<Vec<Placed<Self>>, Refused> {
        let mut placed = Vec::new();
        if self.otel {
            placed.push(translated(series)?);
        }
        if let Some(convention) = self.spelled {
            let spellings = series.descriptor.spellings.iter();
            let here = spellings.filter(|one| one.convention == convention && one.is_of(&series.attributes));
            placed.extend(here.map(|spelling| spelled(series, spelling)));
        }
        Ok(placed)
    }
}

/// Under its own name, translated.
fn translated(series: &Series) -> Result<Placed<Exposition>, Refused> {
    let metric = series.descriptor;
    let name = translate(metric).ok_or_else(|| {
        Refused(format!("nothing of the name `{}` can be shown to Prometheus", metric.name))
    })?;
    if matches!(name.sample.as_str(), "target" | "target_info") {
        return Err(Refused(format!(
            "`{}` would be shown as `{}`, which describes the collector itself",
            metric.name, name.sample
        )));
    }
    let identity = labels(&series.attributes);
    let item = Sample { prefix: prefix(&name.sample, &identity), number: metric.number, scale: None };
    let family = Family::new(metric, &name);
    let also_named = if name.sample == name.family { Vec::new() } else { vec![name.sample] };
    let article = if metric.instrument == Instrument::UpDownCounter { "an" } else { "a" };
    Ok(Placed {
        family_name: name.family,
        also_named,
        signature: format!("{article} {} in `{}`", metric.instrument.name(), metric.unit),
        family,
        identity,
        item,
    })
}

/// Under the name that another convention has for it, with that convention's labels.
fn spelled(series: &Series, spelling: &Spelling) -> Placed<Exposition> {
    let here = series.labels.iter().filter(|label| label.convention == spelling.convention);
    let here: Vec<_> = here.map(|label| Attribute::new(label.name, label.value.as_str())).collect();
    let identity = labels(&here);
    let scale = (spelling.scale != Scale::SAME).then_some(spelling.scale);
    let number = series.descriptor.number;
    Placed {
        family_name: spelling.name.to_owned(),
        also_named: Vec::new(),
        signature: format!("a {} of {}", spelling.instrument.name(), spelling.convention),
        family: Family::spelled(spelling),
        item: Sample { prefix: prefix(spelling.name, &identity), number, scale },
        identity,
    }
}

/// `name{labels} `.
fn prefix(name: &str, labels: &str) -> Box<str> {
    let braces = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
    format!("{name}{braces} ").into()
}

impl Family {
    fn new(metric: &Descriptor, name: &Name) -> Self {
        // A doc comment may span lines; HELP may not.
        let help = metric.description.split_whitespace().collect::<Vec<_>>().join(" ");
        let kind = if metric.instrument == Instrument::Counter { "counter" } else { "gauge" };
        let unit =
            name.unit.as_deref().map_or_else(String::new, |unit| format!("# UNIT {} {unit}\n", name.family));
        let header = |family: &str, quotes| {
            let mut lines = String::new();
            if !help.is_empty() {
                lines.push_str(&format!("# HELP {family} "));
                escape(&mut lines, &help, quotes);
                lines.push('\n');
            }
            lines.push_str(&format!("# TYPE {family} {kind}\n"));
            lines
        };
        Self {
            text: header(&name.sample, false).into(),
            openmetrics: (header(&name.family, true) + &unit).into(),
        }
    }
}

/// `target_info`: what the collector says of itself, in each format.
#[derive(Clone, Debug, Default)]
pub(super) struct TargetInfo(Family);

impl Default for Family {
    fn default() -> Self {
        Self { text: "".into(), openmetrics: "".into() }
    }
}

impl Family {
    /// A counter's name does not end as OpenMetrics wants it, so there it has no type.
    fn spelled(spelling: &Spelling) -> Self {
        let kind = if spelling.instrument == Instrument::Counter { "counter" } else { "gauge" };
        let header = |kind, quotes| {
            let mut lines = format!("# HELP {} ", spelling.name);
            escape(&mut lines, spelling.help, quotes);
            lines.push_str(&format!("\n# TYPE {} {kind}\n", spelling.name));
            lines.into()
        };
        let openmetrics = if kind == "counter" { "unknown" } else { kind };
        Self { text: header(kind, false), openmetrics: header(openmetrics, true) }
    }
}

impl TargetInfo {
    pub(super) fn new(resource: &Resource) -> Self {
        let labels = labels(resource.attributes());
        if labels.is_empty() {
            return Self::default();
        }
        let sample = format!("target_info{{{labels}}} 1\n");
        Self(Family {
            text: format!("# HELP target_info Target metadata\n# TYPE target_info gauge\n{sample}").into(),
            openmetrics: format!("# HELP target Target metadata\n# TYPE target info\n{sample}").into(),
        })
    }
}

/// Writes the page it is shown.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    format: Format,
}

impl<'a> Writer<'a> {
    pub(super) fn begin(out: &'a mut Vec<u8>, format: Format, target: &TargetInfo) -> Self {
        let mut writer = Self { out, format };
        writer.header(&target.0);
        writer
    }

    pub(super) fn end(self) {
        if self.format == Format::OpenMetrics {
            self.out.extend_from_slice(b"# EOF\n");
        }
    }

    fn header(&mut self, family: &Family) {
        self.out.extend_from_slice(match self.format {
            Format::Text => family.text.as_bytes(),
            Format::OpenMetrics => family.openmetrics.as_bytes(),
        });
    }
}

impl Visitor<Exposition> for Writer<'_> {
    fn family(&mut self, _: &str, family: &Family) {
        self.header(family);
    }

    #[inline]
    fn point(&mut self, sample: &Sample, point: Point) {
        self.out.extend_from_slice(sample.prefix.as_bytes());
        if let Some(scale) = sample.scale {
            double(self.out, scale.of(as_f64(sample.number, point)));
            self.out.push(b'\n');
            return;
        }
        match sample.number {
            NumberKind::F64 => double(self.out, point.value()),
            NumberKind::U64 => number::whole(self.out, point.value::<u64>()),
            NumberKind::I64 => number::whole(self.out, point.value::<i64>()),
        }
        self.out.push(b'\n');
    }
}

/// Numbers in other units are shown as doubles: 2^53 of a whole unit is enough for them.
#[allow(clippy::cast_precision_loss, reason = "see above")]
fn as_f64(kind: NumberKind, point: Point) -> f64 {
    match kind {
        NumberKind::F64 => point.value(),
        NumberKind::U64 => point.value::<u64>() as f64,
        NumberKind::I64 => point.value::<i64>() as f64,
    }
}

#[inline]
fn double(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        number::finite(out, value);
    } else {
        out.extend_from_slice(match value {
            f64::INFINITY => b"+Inf".as_slice(),
            f64::NEG_INFINITY => b"-Inf",
            _ => b"NaN",
        });
    }
}
