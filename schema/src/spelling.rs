// SPDX-License-Identifier: Apache-2.0
//! How another convention calls a metric: a name, a unit and labels that people's dashboards
//! have already. A declaration lists its spellings; whoever shows them knows none by name.

use crate::{Attribute, AttributeValue, Instrument};

/// How another convention calls a metric, or those of its series that an attribute selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// The convention: `dcgm`.
    pub convention: &'static str,
    /// The name there: `DCGM_FI_DEV_MEMORY_TEMP`.
    pub name: &'static str,
    /// What it says of itself there.
    pub help: &'static str,
    /// What it is there.
    pub instrument: Instrument,
    /// How its unit differs.
    pub scale: Scale,
    /// The attributes that a series has to have: `hw.sensor_location` is `memory`. Any series, if
    /// none is listed.
    pub of: &'static [(&'static str, &'static str)],
}

/// How a number in one unit becomes a number in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    times: u32,
    over: u32,
    whole: bool,
}

impl Scale {
    /// The number as it is.
    pub const SAME: Self = Self { times: 1, over: 1, whole: false };
    /// The nearest whole number.
    pub const WHOLE: Self = Self { whole: true, ..Self::SAME };

    /// So many times the number, as a whole one: percent of a ratio.
    #[must_use]
    pub const fn times(times: u32) -> Self {
        Self { times, over: 1, whole: true }
    }

    /// The number in units of so many, and no fraction: MiB of bytes.
    ///
    /// # Panics
    ///
    /// The unit is of none; the build stops there.
    #[must_use]
    pub const fn over(over: u32) -> Self {
        assert!(over > 0, "a unit is of something");
        Self { times: 1, over, whole: true }
    }

    /// The number there.
    #[inline]
    #[must_use]
    pub fn of(self, value: f64) -> f64 {
        let value = value * f64::from(self.times) / f64::from(self.over);
        match self.whole {
            true if self.over > 1 => value.floor(),
            true => value.round(),
            false => value,
        }
    }
}

impl Spelling {
    /// The series of a metric that this is the name of.
    #[must_use]
    pub fn is_of(&self, attributes: &[Attribute]) -> bool {
        self.of.iter().all(|(key, value)| {
            attributes.iter().any(|one| {
                one.key == *key && matches!(&one.value, AttributeValue::Text(text) if text == value)
            })
        })
    }
}

/// A label that a convention's names carry, which no attribute stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The convention: `dcgm`.
    pub convention: &'static str,
    /// The label: `UUID`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// The attribute whose value it repeats, if one does: what a processor does with that happens
    /// to the label too, so that nothing leaks that was to be hidden.
    pub repeats: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::{Scale, Spelling};
    use crate::{Attribute, Instrument};

    #[test]
    fn numbers_change_units() {
        assert!(Scale::SAME.of(312.25) == 312.25);
        assert!(Scale::WHOLE.of(41.6) == 42.0);
        assert!(Scale::times(100).of(0.29) == 29.0, "0.29 * 100 is a little less");
        assert!(Scale::times(1000).of(1.2345) == 1235.0);
        assert!(Scale::over(1 << 20).of(85_899_345_919.0) == 81_919.0, "what is begun does not count");
        assert!(Scale::over(1_000_000).of(1_980_000_000.0) == 1980.0);
    }

    #[test]
    fn a_spelling_is_of_series_that_have_all_its_attributes() {
        let spelling = Spelling {
            convention: "dcgm",
            name: "X",
            help: "",
            instrument: Instrument::Gauge,
            scale: Scale::SAME,
            of: &[("a", "1"), ("b", "2")],
        };
        let attributes =
            |b: &str| vec![Attribute::new("a", "1"), Attribute::new("b", b), Attribute::new("c", "3")];
        assert!(spelling.is_of(&attributes("2")));
        assert!(!spelling.is_of(&attributes("3")));
        assert!(!spelling.is_of(&attributes("2")[..1]));
        assert!(Spelling { of: &[], ..spelling }.is_of(&[]));
    }
}
