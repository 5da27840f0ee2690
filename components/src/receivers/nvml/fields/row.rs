// SPDX-License-Identifier: Apache-2.0
//! What a group writes to read a field: the field, its metric, and how one becomes the other. Data
//! alone: nothing is asked or registered here.

use tracecore_schema::{Counter, Gauge, UpDownCounter};

use super::super::Metrics;
use super::super::driver::FieldId;
use super::super::group::Health;

/// A field and the series that it fills.
#[derive(Clone, Copy, Debug)]
pub(in crate::receivers::nvml) struct Row {
    pub(super) field: FieldId,
    pub(super) to: To,
    pub(super) attributes: Own,
    pub(super) health: Option<fn(u64) -> Health>,
}

/// How a field's number becomes a metric's.
#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    Count(fn(&Metrics) -> Counter<u64>),
    Whole(fn(&Metrics) -> Gauge<u64>),
    Scaled(fn(&Metrics) -> Gauge<f64>, f64),
    Total(fn(&Metrics) -> Counter<f64>, f64),
    Flag(fn(&Metrics) -> UpDownCounter<i64>),
    State(fn(&Metrics) -> UpDownCounter<i64>, &'static str, &'static [&'static str]),
}

/// A text for each attribute that tells a series from others of its metric.
pub(super) type Own = &'static [(&'static str, &'static str)];

impl Row {
    const fn new(field: FieldId, to: To, attributes: Own) -> Self {
        Self { field, to, attributes, health: None }
    }

    /// A total, as it is.
    pub(in crate::receivers::nvml) const fn count(
        field: FieldId,
        metric: fn(&Metrics) -> Counter<u64>,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Count(metric), attributes)
    }

    /// A reading, as it is.
    pub(in crate::receivers::nvml) const fn whole(
        field: FieldId,
        metric: fn(&Metrics) -> Gauge<u64>,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Whole(metric), attributes)
    }

    /// A reading in another unit: the field's number is multiplied by `factor`.
    pub(in crate::receivers::nvml) const fn scaled(
        field: FieldId,
        metric: fn(&Metrics) -> Gauge<f64>,
        factor: f64,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Scaled(metric, factor), attributes)
    }

    /// A total in another unit.
    pub(in crate::receivers::nvml) const fn total(
        field: FieldId,
        metric: fn(&Metrics) -> Counter<f64>,
        factor: f64,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Total(metric, factor), attributes)
    }

    /// 1 for whatever is not 0.
    pub(in crate::receivers::nvml) const fn flag(
        field: FieldId,
        metric: fn(&Metrics) -> UpDownCounter<i64>,
        attributes: Own,
    ) -> Self {
        Self::new(field, To::Flag(metric), attributes)
    }

    /// A series for each of `states`, told apart by the attribute `key`: 1 for the one whose
    /// place the field's number is, 0 for the others. A state of a newer driver leaves all at 0.
    pub(in crate::receivers::nvml) const fn state(
        field: FieldId,
        metric: fn(&Metrics) -> UpDownCounter<i64>,
        key: &'static str,
        states: &'static [&'static str],
    ) -> Self {
        Self::new(field, To::State(metric, key, states), &[])
    }

    /// The field's number says something of the GPU's health.
    pub(in crate::receivers::nvml) const fn tells(mut self, health: fn(u64) -> Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Whether its number fills one series and says nothing else.
    pub(super) const fn is_plain(&self) -> bool {
        self.health.is_none() && !matches!(self.to, To::State(..))
    }

    /// Its place among others: first what is stored as it is, then what is stored.
    pub(super) const fn rank(&self) -> u8 {
        match self.to {
            To::Count(_) | To::Whole(_) if self.is_plain() => 0,
            _ if self.is_plain() => 1,
            _ => 2,
        }
    }

    /// How many series it fills.
    pub(in crate::receivers::nvml) const fn series(&self) -> usize {
        match self.to {
            To::State(_, _, states) => states.len(),
            _ => 1,
        }
    }
}
