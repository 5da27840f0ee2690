// SPDX-License-Identifier: Apache-2.0
//! What a line says of its series: everything but the time and the number.

use tracecore_runtime::signal::Series;
use tracecore_schema::NumberKind;

use super::text::{string, value};

/// A line but for the time, which comes before, and the number, which comes after.
#[derive(Debug)]
pub(super) struct Line {
    before: Box<[u8]>,
    number: NumberKind,
}

impl Line {
    pub(super) fn new(series: &Series) -> Self {
        let metric = series.descriptor;
        let mut before = b"\",\"name\":".to_vec();
        string(&mut before, metric.name);
        before.extend_from_slice(b",\"unit\":");
        string(&mut before, metric.unit);
        before.extend_from_slice(b",\"attributes\":{");
        for (at, attribute) in series.attributes.iter().enumerate() {
            if at > 0 {
                before.push(b',');
            }
            string(&mut before, &attribute.key);
            before.push(b':');
            value(&mut before, &attribute.value);
        }
        before.extend_from_slice(b"},\"value\":");
        Self { before: before.into(), number: metric.number }
    }

    /// What stands between the time and the number.
    pub(super) fn before(&self) -> &[u8] {
        &self.before
    }

    /// What kind of number it is.
    pub(super) const fn number(&self) -> NumberKind {
        self.number
    }
}
