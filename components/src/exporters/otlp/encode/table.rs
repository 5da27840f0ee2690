// SPDX-License-Identifier: Apache-2.0
//! The series of one lane, by metric: what both encodings keep, and how sums behave in time.
//!
//! Everything that is rendered once per series or metric is rendered by the encoding and kept
//! here as bytes.

use std::collections::HashMap;
use std::ops::Range;

use tracecore_runtime::Batch;
use tracecore_runtime::signal::Series;
use tracecore_schema::{Descriptor, Instrument, NumberKind};

/// How a series' points behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// What kind of number they are.
    pub(super) number: NumberKind,
    /// How they add up.
    pub(super) instrument: Instrument,
}

impl Shape {
    const fn of(descriptor: &Descriptor) -> Self {
        Self { number: descriptor.number, instrument: descriptor.instrument }
    }

    /// Whether points are cumulative, and so have a start.
    pub(super) const fn is_sum(self) -> bool {
        !matches!(self.instrument, Instrument::Gauge)
    }

    /// Whether a total that reads lower than before has begun anew.
    pub(super) const fn is_monotonic(self) -> bool {
        matches!(self.instrument, Instrument::Counter)
    }

    /// Whether `now` is lower than `before`.
    #[inline]
    pub(super) fn fell(self, before: u64, now: u64) -> bool {
        match self.number {
            NumberKind::U64 => now < before,
            NumberKind::I64 => now.cast_signed() < before.cast_signed(),
            NumberKind::F64 => f64::from_bits(now) < f64::from_bits(before),
        }
    }
}

/// When a sum began, and what is needed to notice that it began anew.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    start: u64,
    last_time: u64,
    last_bits: u64,
}

impl Sum {
    /// A sum that began then and whose last point is known.
    pub(super) const fn known(start: u64, last_time: u64, last_bits: u64) -> Self {
        Self { start, last_time, last_bits }
    }

    /// Whether there was a point.
    pub(super) const fn has_begun(self) -> bool {
        self.start != 0
    }

    /// The start of the point `bits` of `time`.
    ///
    /// When a total really began is not known: the driver was loaded long before. So the first
    /// point starts at its own time, as the data model has it for such sums, and the points that
    /// follow start there too. A monotonic total that reads lower than before began anew after
    /// the last point, so it starts at that point's time.
    #[inline]
    pub(super) fn observe(&mut self, shape: Shape, time: u64, bits: u64) -> u64 {
        if self.start == 0 {
            self.start = time;
        } else if shape.is_monotonic() && shape.fell(self.last_bits, bits) {
            self.start = self.last_time;
        }
        self.last_time = time;
        self.last_bits = bits;
        self.start
    }
}

/// One series.
#[derive(Debug)]
pub(super) struct Row {
    /// Its metric's place.
    pub(super) metric: u32,
    /// How its points behave.
    pub(super) shape: Shape,
    /// Its attributes, encoded.
    pub(super) attributes: Box<[u8]>,
    /// Its sum, if it is one.
    pub(super) sum: Sum,
}

/// One metric.
#[derive(Debug)]
pub(super) struct Metric {
    /// Its name, description and unit, encoded.
    pub(super) head: Box<[u8]>,
    /// How its points behave.
    pub(super) shape: Shape,
    /// Its series, least index first.
    series: Vec<u32>,
}

/// The points of one metric that stand together: a range of [`Order::series`].
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The metric's place.
    pub(super) metric: u32,
    /// Its points.
    pub(super) points: Range<usize>,
}

/// The series of one lane.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Option<Row>>,
    metrics: Vec<Metric>,
    /// The places of metrics. A lane's receiver is one, so a name has one declaration.
    names: HashMap<&'static str, usize>,
    /// The presence bits that count.
    admitted: Vec<u64>,
}

/// What is present in a tick, in the order in which it is written.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The series.
    pub(super) series: Vec<u32>,
    /// Their metrics.
    pub(super) runs: Vec<Run>,
    /// Their presence bits.
    present: Vec<u64>,
}

impl Order {
    /// Whether a tick has exactly these points, of those that `table` has.
    #[inline]
    pub(super) fn is_of(&self, table: &Table, batch: &Batch) -> bool {
        let words = batch.present().iter().zip(&table.admitted);
        self.present.len() == table.admitted.len().min(batch.present().len())
            && words.zip(&self.present).all(|((now, admitted), was)| now & admitted == *was)
    }

    /// Takes over what is present in a tick. Allocates nothing: admission has made room.
    pub(super) fn take(&mut self, table: &Table, batch: &Batch) {
        self.present.clear();
        let words = batch.present().iter().zip(&table.admitted);
        self.present.extend(words.map(|(now, admitted)| now & admitted));
        self.series.clear();
        self.runs.clear();
        for (metric, entry) in (0u32..).zip(&table.metrics) {
            let first = self.series.len();
            let here = |series: &&u32| {
                let at = **series as usize;
                self.present.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
            };
            self.series.extend(entry.series.iter().filter(here));
            if self.series.len() > first {
                self.runs.push(Run { metric, points: first..self.series.len() });
            }
        }
    }

    /// Forgets everything, so that the next tick is taken over anew.
    pub(super) fn forget(&mut self) {
        self.present.clear();
        self.series.clear();
        self.runs.clear();
    }
}

impl Table {
    /// Takes a series in. `head` renders its metric if it is the first of it.
    pub(super) fn admit(
        &mut self,
        index: u32,
        series: &Series,
        head: impl FnOnce(&Descriptor) -> Vec<u8>,
        attributes: Vec<u8>,
        order: &mut Order,
    ) {
        let descriptor = series.descriptor;
        let metric = *self.names.entry(descriptor.name).or_insert_with(|| {
            let head = head(descriptor).into();
            self.metrics.push(Metric { head, shape: Shape::of(descriptor), series: Vec::new() });
            self.metrics.len() - 1
        });
        let entry = &mut self.metrics[metric].series;
        if let Err(at) = entry.binary_search(&index) {
            entry.insert(at, index);
        }
        let at = index as usize;
        if self.rows.len() <= at {
            self.rows.resize_with(at + 1, || None);
            self.admitted.resize(at / 64 + 1, 0);
        }
        self.admitted[at / 64] |= 1 << (at % 64);
        self.rows[at] = Some(Row {
            metric: u32::try_from(metric).unwrap_or(u32::MAX),
            shape: Shape::of(descriptor),
            attributes: attributes.into(),
            sum: Sum::default(),
        });
        room(&mut order.series, self.rows.len());
        room(&mut order.runs, self.metrics.len());
        room(&mut order.present, self.admitted.len());
    }

    /// Lets a series go.
    pub(super) fn retire(&mut self, index: u32) {
        let at = index as usize;
        let Some(row) = self.rows.get_mut(at).and_then(Option::take) else { return };
        self.admitted[at / 64] &= !(1 << (at % 64));
        if let Some(metric) = self.metrics.get_mut(row.metric as usize) {
            metric.series.retain(|series| *series != index);
        }
    }

    /// A series.
    #[inline]
    pub(super) fn row(&self, index: u32) -> Option<&Row> {
        self.rows.get(index as usize)?.as_ref()
    }

    /// A series, to note a point of it.
    #[inline]
    pub(super) fn row_mut(&mut self, index: u32) -> Option<&mut Row> {
        self.rows.get_mut(index as usize)?.as_mut()
    }

    /// A metric.
    #[inline]
    pub(super) fn metric(&self, place: u32) -> Option<&Metric> {
        self.metrics.get(place as usize)
    }

    /// One more than the largest index there has been.
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// All metrics.
    pub(super) fn metrics(&self) -> &[Metric] {
        &self.metrics
    }
}

/// Makes room for `count` entries in all.
pub(super) fn room<T>(entries: &mut Vec<T>, count: usize) {
    entries.reserve(count.saturating_sub(entries.len()));
}
