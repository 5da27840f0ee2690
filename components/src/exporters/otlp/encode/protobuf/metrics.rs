// SPDX-License-Identifier: Apache-2.0
//! Metrics from a template. While the points of a tick are those of the last one, their times
//! and values are written over those in the last request; else the request is put together
//! again, from pieces that were encoded when each series began.
//!
//! Field numbers: `opentelemetry/proto/metrics/v1` of OTLP 1.11. Fields are written in the order
//! of their numbers, as other implementations do, so that the bytes compare.
//!
//! Invariant: a tick allocates nothing once buffers have grown; admission makes room for the
//! template in which everything is present.

use tracecore_runtime::Batch;
use tracecore_runtime::queue::Frames;
use tracecore_runtime::signal::Series;
use tracecore_schema::{Descriptor, NumberKind};

use super::parts;
use super::wire::{field_len, fixed64_tag, open, text, varint_tag};
use crate::exporters::otlp::encode::table::{Order, Row, Run, Shape, Sum, Table, room};
use crate::exporters::otlp::encode::{FRAME_BYTES, Lane};

/// `NumberDataPoint.time_unix_nano` without its tag, and the number with it: what a tick writes.
const PATCHED: usize = 8 + 9;
/// `time_unix_nano` with its tag, and the number.
const GAUGE_POINT: usize = 1 + PATCHED;
/// The same behind `start_time_unix_nano`.
const SUM_POINT: usize = 9 + GAUGE_POINT;

const AS_DOUBLE: u8 = fixed64_tag(4);
const AS_INT: u8 = fixed64_tag(6);
/// `Sum.aggregation_temporality`: cumulative.
const CUMULATIVE: u8 = 2;

/// The half that is the same from tick to tick.
#[derive(Debug)]
pub(in crate::exporters::otlp::encode) struct Metrics {
    frames: Frames,
    resource: Vec<u8>,
    scope: Vec<u8>,
    schema_url: Vec<u8>,
    table: Table,
    order: Order,
    /// The bytes of all series' points, and of all metrics' heads.
    points: usize,
    heads: usize,
    longest_head: usize,
    /// The last tick's frames, one after the other.
    template: Vec<u8>,
    patches: Vec<Patch>,
    cuts: Vec<Cut>,
    /// The runs of the frame being put together, with the bytes of their points.
    sizes: Vec<(Run, usize)>,
}

/// Where a point's time and number are.
#[derive(Clone, Copy, Debug)]
struct Patch {
    series: u32,
    at: u32,
    shape: Shape,
}

/// Where a frame ends.
#[derive(Clone, Copy, Debug)]
struct Cut {
    end: usize,
    points: u64,
}

impl Metrics {
    pub(in crate::exporters::otlp::encode) fn new(lane: &Lane, frames: Frames) -> Self {
        Self {
            frames,
            resource: parts::resource(lane),
            scope: parts::scope(lane),
            schema_url: parts::schema_url(),
            table: Table::default(),
            order: Order::default(),
            points: 0,
            heads: 0,
            longest_head: 0,
            template: Vec::new(),
            patches: Vec::new(),
            cuts: Vec::new(),
            sizes: Vec::new(),
        }
    }

    pub(in crate::exporters::otlp::encode) fn admit(&mut self, index: u32, series: &Series) {
        self.retire(index);
        let attributes = parts::attributes(7, &series.attributes);
        let before = self.table.metrics().len();
        self.table.admit(index, series, head, attributes, &mut self.order);
        self.points += self.table.row(index).map_or(0, point_field);
        if let Some(begun) = self.table.metrics().get(before) {
            // With the tags and lengths around it, and what follows its points.
            let head = begun.head.len() + 32;
            self.heads += head;
            self.longest_head = self.longest_head.max(head);
        }
        self.make_room();
    }

    pub(in crate::exporters::otlp::encode) fn retire(&mut self, index: u32) {
        self.points -= self.table.row(index).map_or(0, point_field);
        self.table.retire(index);
        self.order.forget();
    }

    pub(in crate::exporters::otlp::encode) fn encode(&mut self, batch: &Batch) {
        if self.order.is_of(&self.table, batch) {
            self.patch(batch);
        } else {
            self.remember();
            self.order.take(&self.table, batch);
            self.assemble();
            self.begin(batch);
        }
        let mut from = 0;
        for cut in &self.cuts {
            let mut frame = self.frames.buffer();
            frame.extend_from_slice(&self.template[from..cut.end]);
            self.frames.send(frame, cut.points);
            from = cut.end;
        }
    }

    /// Writes this tick's times and numbers over those of the last. What a total was before is
    /// read from there as well: no state of a series is touched.
    #[inline]
    fn patch(&mut self, batch: &Batch) {
        let (time, values) = (batch.time_unix_nanos(), batch.values());
        for patch in &self.patches {
            let Some(&bits) = values.get(patch.series as usize) else { continue };
            let at = patch.at as usize;
            let Some((before, rest)) = self.template.split_at_mut_checked(at) else { continue };
            let Some(place) = rest.first_chunk_mut::<PATCHED>() else { continue };
            let (tag, number) = number(patch.shape.number, bits);
            if patch.shape.is_monotonic() && fell(place, tag, number) {
                restart(before, place);
            }
            write(place, time, tag, number);
        }
    }

    /// Writes the first times and numbers into a request that was put together again, and when
    /// its sums began.
    #[cold]
    fn begin(&mut self, batch: &Batch) {
        let (time, values) = (batch.time_unix_nanos(), batch.values());
        for patch in &self.patches {
            let Some(&bits) = values.get(patch.series as usize) else { continue };
            let Some((before, rest)) = self.template.split_at_mut_checked(patch.at as usize) else {
                continue;
            };
            let Some(place) = rest.first_chunk_mut::<PATCHED>() else { continue };
            let (tag, number) = number(patch.shape.number, bits);
            write(place, time, tag, number);
            if patch.shape.is_sum()
                && let Some(row) = self.table.row_mut(patch.series)
                && let Some(start) = start_of(before)
            {
                *start = row.sum.observe(patch.shape, time, bits).to_le_bytes();
            }
        }
    }

    /// Keeps what the template knows of sums, before it goes.
    #[cold]
    fn remember(&mut self) {
        for patch in self.patches.iter().filter(|patch| patch.shape.is_sum()) {
            let Some((before, rest)) = self.template.split_at_mut_checked(patch.at as usize) else {
                continue;
            };
            let (Some(place), Some(start)) = (rest.first_chunk::<PATCHED>(), start_of(before)) else {
                continue;
            };
            let [time @ .., _, _, _, _, _, _, _, _, _] = *place;
            // A series that took the place of another has not begun yet.
            if let Some(row) = self.table.row_mut(patch.series)
                && row.sum.has_begun()
            {
                let bits = bits(patch.shape.number, place);
                row.sum = Sum::known(u64::from_le_bytes(*start), u64::from_le_bytes(time), bits);
            }
        }
    }

    /// Puts the frames together again, from the pieces of what is present. Times and numbers are
    /// still to be patched in.
    #[cold]
    fn assemble(&mut self) {
        self.template.clear();
        self.patches.clear();
        self.cuts.clear();
        self.sizes.clear();
        let mut bytes = 0;
        let mut next = 0;
        while let Some(run) = self.order.runs.get(next) {
            next += 1;
            let (mut first, end, metric) = (run.points.start, run.points.end, run.metric);
            let mut size = 0;
            for at in run.points.clone() {
                let point = self.row(at).map_or(0, point_field);
                // A frame ends where it is full, also between two points of a metric.
                if bytes + point > FRAME_BYTES && bytes > 0 {
                    self.sizes.push((Run { metric, points: first..at }, size));
                    self.frame();
                    (first, size, bytes) = (at, 0, 0);
                }
                if size == 0 {
                    bytes += self.table.metric(metric).map_or(0, |metric| metric.head.len()) + 16;
                }
                size += point;
                bytes += point;
            }
            self.sizes.push((Run { metric, points: first..end }, size));
        }
        self.frame();
    }

    fn row(&self, at: usize) -> Option<&Row> {
        self.table.row(*self.order.series.get(at)?)
    }

    /// Writes one frame of the runs in `sizes`.
    fn frame(&mut self) {
        let points: usize = self.sizes.iter().map(|(run, _)| run.points.len()).sum();
        if points == 0 {
            self.sizes.clear();
            return;
        }
        let metrics: usize =
            self.sizes.iter().map(|(run, size)| field_len(self.metric_len(run, *size))).sum();
        let scope = self.scope.len() + metrics + self.schema_url.len();
        let resource = self.resource.len() + field_len(scope) + self.schema_url.len();
        open(&mut self.template, 1, resource);
        self.template.extend_from_slice(&self.resource);
        open(&mut self.template, 2, scope);
        self.template.extend_from_slice(&self.scope);
        for at in 0..self.sizes.len() {
            let (run, size) = self.sizes[at].clone();
            self.metric(&run, size);
        }
        self.template.extend_from_slice(&self.schema_url);
        self.template.extend_from_slice(&self.schema_url);
        self.sizes.clear();
        self.cuts.push(Cut { end: self.template.len(), points: points as u64 });
    }

    /// The length of a `Metric` whose points take `size` bytes.
    fn metric_len(&self, run: &Run, size: usize) -> usize {
        self.table
            .metric(run.metric)
            .map_or(0, |metric| metric.head.len() + field_len(size + tail(metric.shape).len()))
    }

    fn metric(&mut self, run: &Run, size: usize) {
        let len = self.metric_len(run, size);
        let Some(metric) = self.table.metric(run.metric) else { return };
        open(&mut self.template, 2, len);
        self.template.extend_from_slice(&metric.head);
        let tail = tail(metric.shape);
        open(&mut self.template, if metric.shape.is_sum() { 7 } else { 5 }, size + tail.len());
        for at in run.points.clone() {
            let Some(&series) = self.order.series.get(at) else { continue };
            let Some(row) = self.table.row(series) else { continue };
            open(&mut self.template, 1, point_len(row));
            if row.shape.is_sum() {
                self.template.extend_from_slice(&[fixed64_tag(2), 0, 0, 0, 0, 0, 0, 0, 0]);
            }
            self.template.push(fixed64_tag(3));
            let at = u32::try_from(self.template.len()).unwrap_or(u32::MAX);
            self.patches.push(Patch { series, at, shape: row.shape });
            self.template.extend_from_slice(&[0; PATCHED]);
            self.template.extend_from_slice(&row.attributes);
        }
        self.template.extend_from_slice(tail);
    }

    /// Makes room for the template in which everything is present, so that putting it together
    /// allocates nothing. Called for each series that begins, so it counts nothing anew.
    fn make_room(&mut self) {
        let frames = 1 + (self.points + self.heads) / (FRAME_BYTES / 2);
        let around = self.resource.len() + self.scope.len() + 2 * self.schema_url.len() + 32;
        // Each frame may repeat the head of the metric in the middle of which it begins.
        let bytes = self.points + self.heads + frames * (around + self.longest_head);
        room(&mut self.template, bytes);
        room(&mut self.patches, self.table.len());
        room(&mut self.cuts, frames);
        room(&mut self.sizes, self.table.metrics().len() + 1);
    }
}

/// A `Metric`'s name, description and unit.
fn head(descriptor: &Descriptor) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, descriptor.name);
    text(&mut out, 2, descriptor.description);
    text(&mut out, 3, descriptor.unit);
    out
}

/// What follows the points of a `Sum`; a `Gauge` has nothing more.
const fn tail(shape: Shape) -> &'static [u8] {
    const MONOTONIC: [u8; 4] = [varint_tag(2), CUMULATIVE, varint_tag(3), 1];
    const SUM: [u8; 2] = [varint_tag(2), CUMULATIVE];
    if shape.is_monotonic() {
        &MONOTONIC
    } else if shape.is_sum() {
        &SUM
    } else {
        &[]
    }
}

fn point_len(row: &Row) -> usize {
    row.attributes.len() + if row.shape.is_sum() { SUM_POINT } else { GAUGE_POINT }
}

fn point_field(row: &Row) -> usize {
    field_len(point_len(row))
}

/// The tag and the bytes of a number. OTLP's whole numbers have a sign: what is larger is sent
/// as the nearest double, which takes as many bytes.
#[inline]
fn number(kind: NumberKind, bits: u64) -> (u8, u64) {
    match kind {
        NumberKind::F64 => (AS_DOUBLE, bits),
        NumberKind::I64 => (AS_INT, bits),
        NumberKind::U64 if bits <= i64::MAX.cast_unsigned() => (AS_INT, bits),
        #[allow(clippy::cast_precision_loss, reason = "the nearest double is what is wanted")]
        NumberKind::U64 => (AS_DOUBLE, (bits as f64).to_bits()),
    }
}

/// The bits of a number again. A whole number that was sent as a double is the nearest to it.
fn bits(kind: NumberKind, place: &[u8; PATCHED]) -> u64 {
    let (tag, number) = split(place);
    match kind {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "such doubles are whole")]
        NumberKind::U64 if tag == AS_DOUBLE => f64::from_bits(number) as u64,
        _ => number,
    }
}

/// The tag and the number of a place.
#[inline]
fn split(place: &[u8; PATCHED]) -> (u8, u64) {
    let [.., tag, a, b, c, d, e, f, g, h] = *place;
    (tag, u64::from_le_bytes([a, b, c, d, e, f, g, h]))
}

#[inline]
fn write(place: &mut [u8; PATCHED], time: u64, tag: u8, number: u64) {
    place[..8].copy_from_slice(&time.to_le_bytes());
    place[8] = tag;
    place[9..].copy_from_slice(&number.to_le_bytes());
}

/// Whether a number is lower than the one in its place.
#[inline]
fn fell(place: &[u8; PATCHED], tag: u8, number: u64) -> bool {
    match split(place) {
        (AS_DOUBLE, before) if tag == AS_DOUBLE => f64::from_bits(number) < f64::from_bits(before),
        (AS_INT, before) if tag == AS_INT => number.cast_signed() < before.cast_signed(),
        // A double stands for a whole number that is too large for the other tag.
        (before, _) => before == AS_DOUBLE,
    }
}

/// `start_time_unix_nano` of the point whose time comes next.
fn start_of(before: &mut [u8]) -> Option<&mut [u8; 8]> {
    // The time's own tag is in between.
    let (_, before) = before.split_last_mut()?;
    before.last_chunk_mut()
}

/// A total began anew after its last point, which is still in its place.
#[cold]
fn restart(before: &mut [u8], place: &[u8; PATCHED]) {
    let [time @ .., _, _, _, _, _, _, _, _, _] = *place;
    if let Some(start) = start_of(before) {
        *start = time;
    }
}
