// SPDX-License-Identifier: Apache-2.0
//! Metrics as JSON. Everything of a point but its times and its number is rendered when its
//! series begins; numbers have no fixed width here, so the text is put together at each tick.

use tracecore_runtime::Batch;
use tracecore_runtime::queue::Frames;
use tracecore_runtime::signal::Series;
use tracecore_schema::{Descriptor, Instrument, NumberKind};

use super::parts::{self, AFTER, double, quoted, string};
use crate::exporters::otlp::encode::table::{Order, Table};
use crate::exporters::otlp::encode::{FRAME_BYTES, Lane};

/// The half that is the same from tick to tick.
#[derive(Debug)]
pub(in crate::exporters::otlp::encode) struct Metrics {
    frames: Frames,
    before: Vec<u8>,
    table: Table,
    order: Order,
}

impl Metrics {
    pub(in crate::exporters::otlp::encode) fn new(lane: &Lane, frames: Frames) -> Self {
        let before = parts::before(lane, "scopeMetrics", "metrics");
        Self { frames, before, table: Table::default(), order: Order::default() }
    }

    pub(in crate::exporters::otlp::encode) fn admit(&mut self, index: u32, series: &Series) {
        self.retire(index);
        let mut attributes = b"{".to_vec();
        parts::attributes(&mut attributes, parts::of(&series.attributes));
        self.table.admit(index, series, head, attributes, &mut self.order);
    }

    pub(in crate::exporters::otlp::encode) fn retire(&mut self, index: u32) {
        self.table.retire(index);
        self.order.forget();
    }

    pub(in crate::exporters::otlp::encode) fn encode(&mut self, batch: &Batch) {
        if !self.order.is_of(&self.table, batch) {
            self.order.take(&self.table, batch);
        }
        let (time, values) = (batch.time_unix_nanos(), batch.values());
        let mut digits = itoa::Buffer::new();
        let now = digits.format(time).as_bytes();
        let mut out = self.frames.buffer();
        let mut points = 0;
        for run in &self.order.runs {
            let mut open = false;
            for at in run.points.clone() {
                let Some(&series) = self.order.series.get(at) else { continue };
                let Some(&bits) = values.get(series as usize) else { continue };
                if out.is_empty() {
                    out.extend_from_slice(&self.before);
                }
                if !open {
                    if points > 0 {
                        out.push(b',');
                    }
                    if let Some(metric) = self.table.metric(run.metric) {
                        out.extend_from_slice(&metric.head);
                    }
                    open = true;
                } else {
                    out.push(b',');
                }
                let Some(row) = self.table.row_mut(series) else { continue };
                out.extend_from_slice(&row.attributes);
                if row.shape.is_sum() {
                    out.extend_from_slice(b",\"startTimeUnixNano\":");
                    quoted(&mut out, row.sum.observe(row.shape, time, bits));
                }
                out.extend_from_slice(b",\"timeUnixNano\":\"");
                out.extend_from_slice(now);
                number(&mut out, row.shape.number, bits);
                points += 1;
                // A frame ends where it is full, also between two points of a metric.
                if out.len() > FRAME_BYTES {
                    out.extend_from_slice(TAIL);
                    out.extend_from_slice(AFTER);
                    self.frames.send(out, points);
                    out = self.frames.buffer();
                    (points, open) = (0, false);
                }
            }
            if open {
                out.extend_from_slice(TAIL);
            }
        }
        if points > 0 {
            out.extend_from_slice(AFTER);
        }
        self.frames.send(out, points);
    }
}

/// A metric up to its first point.
fn head(descriptor: &Descriptor) -> Vec<u8> {
    let mut out = b"{\"name\":".to_vec();
    string(&mut out, descriptor.name);
    out.extend_from_slice(b",\"description\":");
    string(&mut out, descriptor.description);
    out.extend_from_slice(b",\"unit\":");
    string(&mut out, descriptor.unit);
    out.extend_from_slice(match descriptor.instrument {
        Instrument::Gauge => b",\"gauge\":{\"dataPoints\":[".as_slice(),
        Instrument::Counter => {
            b",\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":["
        }
        Instrument::UpDownCounter => {
            b",\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":false,\"dataPoints\":["
        }
    });
    out
}

/// A metric behind its last point.
const TAIL: &[u8] = b"]}}";

/// The number of a point, and its end. Whole numbers have a sign: what is larger is sent as the
/// nearest double.
#[inline]
fn number(out: &mut Vec<u8>, kind: NumberKind, bits: u64) {
    let integer = match kind {
        NumberKind::F64 => None,
        NumberKind::I64 => Some(bits.cast_signed()),
        NumberKind::U64 => i64::try_from(bits).ok(),
    };
    match integer {
        Some(integer) => {
            out.extend_from_slice(b"\",\"asInt\":");
            quoted(out, integer);
        }
        None => {
            out.extend_from_slice(b"\",\"asDouble\":");
            #[allow(clippy::cast_precision_loss, reason = "the nearest double is what is wanted")]
            let value = if kind == NumberKind::F64 { f64::from_bits(bits) } else { bits as f64 };
            double(out, value);
        }
    }
    out.push(b'}');
}
