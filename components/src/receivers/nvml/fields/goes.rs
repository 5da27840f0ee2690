// SPDX-License-Identifier: Apache-2.0
//! Where the numbers of fields go: into slots of series, as bits where nothing else is said by
//! them. Never asks the driver.

use tracecore_runtime::{Batch, Slot};
use tracecore_schema::Attribute;

use super::super::code::Code;
use super::super::families::nvlink::LINK;
use super::super::group::{Series, Verdict};
use super::row::{Row, To};

/// A number that fills one series and says nothing else: most do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    pub(super) slot: Slot<u64>,
    pub(super) stored: Stored,
}

/// How such a number is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stored {
    AsItIs,
    Scaled(f64),
    Flag,
}

impl Plain {
    /// A number that goes into this series.
    const fn to<T>(slot: Slot<T>, stored: Stored) -> Goes {
        Goes::Plain(Self { slot: slot.bits(), stored })
    }

    /// The bits of the series' number.
    #[inline]
    pub(super) fn bits(&self, number: u64) -> u64 {
        match self.stored {
            Stored::AsItIs => number,
            // Exact up to 2^53.
            Stored::Scaled(factor) => (number as f64 * factor).to_bits(),
            Stored::Flag => u64::from(number != 0),
        }
    }

    #[inline]
    pub(super) fn set(&self, number: u64, out: &mut Batch) {
        out.set(self.slot, self.bits(number));
    }
}

/// Where a number goes.
#[derive(Clone, Debug)]
pub(super) enum Goes {
    Plain(Plain),
    State(Box<[Slot<i64>]>),
}

/// A field that is asked for.
#[derive(Debug)]
pub(super) struct On {
    pub(super) wanted: Wanted,
    pub(super) goes: Goes,
}

/// A field that is wanted.
#[derive(Clone, Copy, Debug)]
pub(in crate::receivers::nvml) struct Wanted {
    pub(in crate::receivers::nvml) row: &'static Row,
    /// The link, for fields of links.
    pub(in crate::receivers::nvml) link: Option<u32>,
}

impl On {
    pub(super) fn set(&self, answer: Result<u64, Code>, out: &mut Batch, verdict: &mut Verdict) {
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
    /// Registers its series.
    pub(super) fn begin(self, series: &mut Series<'_, '_>) -> Goes {
        let own = self.row.attributes.iter().map(|(key, value)| Attribute::new(*key, *value));
        let link = self.link.map(|link| Attribute::new(LINK, link));
        let attributes: Vec<_> = own.chain(link).collect();
        match self.row.to {
            To::Count(metric) => Plain::to(series.begin_with(metric, attributes), Stored::AsItIs),
            To::Whole(metric) => Plain::to(series.begin_with(metric, attributes), Stored::AsItIs),
            To::Scaled(metric, factor) => {
                Plain::to(series.begin_with(metric, attributes), Stored::Scaled(factor))
            }
            To::Total(metric, factor) => {
                Plain::to(series.begin_with(metric, attributes), Stored::Scaled(factor))
            }
            To::Flag(metric) => Plain::to(series.begin_with(metric, attributes), Stored::Flag),
            To::State(metric, key, states) => {
                let states = states.iter().map(|state| series.begin(metric, [(key, *state)]));
                Goes::State(states.collect())
            }
        }
    }
}
