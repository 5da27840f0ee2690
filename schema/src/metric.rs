// SPDX-License-Identifier: Apache-2.0
//! What a metric is: declared once, as a field of a `#[derive(MetricSet)]` struct.

use std::marker::PhantomData;

use crate::Spelling;

/// How a metric's points add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Instrument {
    /// A reading of now. Does not add up.
    Gauge,
    /// A total that only grows; points are cumulative.
    Counter,
    /// A sum that may shrink; points are cumulative.
    UpDownCounter,
}

impl Instrument {
    /// `gauge`, `counter` or `updowncounter`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::UpDownCounter => "updowncounter",
        }
    }
}

/// What kind of number a metric's points are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// `f64`.
    F64,
    /// `u64`.
    U64,
    /// `i64`.
    I64,
}

/// A number that fits a slot of 64 bits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the number of a metric",
    label = "not f64, u64 or i64",
    note = "the numbers of OpenTelemetry's metrics are f64, u64 and i64"
)]
pub trait Number: Copy + Send + 'static {
    /// Which number it is.
    const KIND: NumberKind;
    /// The bits that are stored.
    fn to_bits(self) -> u64;
    /// The number again.
    fn from_bits(bits: u64) -> Self;
}

impl Number for f64 {
    const KIND: NumberKind = NumberKind::F64;
    #[inline]
    fn to_bits(self) -> u64 {
        Self::to_bits(self)
    }
    #[inline]
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
}

impl Number for u64 {
    const KIND: NumberKind = NumberKind::U64;
    #[inline]
    fn to_bits(self) -> u64 {
        self
    }
    #[inline]
    fn from_bits(bits: u64) -> Self {
        bits
    }
}

impl Number for i64 {
    const KIND: NumberKind = NumberKind::I64;
    #[inline]
    fn to_bits(self) -> u64 {
        self.cast_unsigned()
    }
    #[inline]
    fn from_bits(bits: u64) -> Self {
        bits.cast_signed()
    }
}

/// A metric as declared. One `static` per metric; nothing is copied per series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The OpenTelemetry name: `hw.gpu.utilization`.
    pub name: &'static str,
    /// The UCUM unit: `By`, `s`, `1`, `{tick}`.
    pub unit: &'static str,
    /// One or two sentences: the field's doc comment.
    pub description: &'static str,
    /// How points add up.
    pub instrument: Instrument,
    /// What kind of number points are.
    pub number: NumberKind,
    /// The attribute keys its series may carry.
    pub attributes: &'static [&'static str],
    /// How other conventions call it.
    pub spellings: &'static [Spelling],
}

/// A declared metric, typed by instrument and number: a field of a metric set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a metric",
    label = "not a metric",
    note = "the fields of a metric set are `Gauge<N>`, `Counter<N>` and `UpDownCounter<N>`, where N is f64, u64 or i64"
)]
pub trait Family: Copy {
    /// The number of its points.
    type Number: Number;
    /// How its points add up.
    const INSTRUMENT: Instrument;
    /// The handle of a declared metric.
    fn of(descriptor: &'static Descriptor) -> Self;
    /// The declaration.
    fn descriptor(self) -> &'static Descriptor;
}

macro_rules! families {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T: Number>(&'static Descriptor, PhantomData<T>);

        impl<T: Number> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Number> Copy for $name<T> {}

        impl<T: Number> Family for $name<T> {
            type Number = T;
            const INSTRUMENT: Instrument = Instrument::$name;

            fn of(descriptor: &'static Descriptor) -> Self {
                Self(descriptor, PhantomData)
            }

            fn descriptor(self) -> &'static Descriptor {
                self.0
            }
        }
    )*};
}

families! {
    /// A reading of now.
    Gauge;
    /// A total that only grows. Its points are cumulative: set the total, not the increment.
    Counter;
    /// A sum that may shrink. Its points are cumulative.
    UpDownCounter;
}

/// What `#[derive(MetricSet)]` says of one field.
pub trait MetricField {
    /// Its type. The bound stands here alone, so that a wrong type is one error.
    type Family: Family;
    /// The name, unit, description and attribute keys.
    const WORDS: (&'static str, &'static str, &'static str, &'static [&'static str]);
    /// How other conventions call it.
    const SPELLINGS: &'static [Spelling] = &[];
}

/// The descriptor of the field `M`.
#[must_use]
pub const fn described<M: MetricField>() -> Descriptor {
    let (name, unit, description, attributes) = M::WORDS;
    Descriptor {
        name,
        unit,
        description,
        instrument: <M::Family as Family>::INSTRUMENT,
        number: <<M::Family as Family>::Number as Number>::KIND,
        attributes,
        spellings: M::SPELLINGS,
    }
}

/// The handle of the field `M`.
#[must_use]
pub fn handle<M: MetricField>(descriptor: &'static Descriptor) -> M::Family {
    M::Family::of(descriptor)
}

/// The metrics a component may emit. Derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no metric set",
    label = "not a metric set",
    note = "a metric set is a struct with #[derive(MetricSet)]"
)]
pub trait MetricSet: Sized + 'static {
    /// Every metric, in declaration order.
    const DESCRIPTORS: &'static [Descriptor];
    /// The handles.
    fn handles() -> Self;
}

/// No metrics.
impl MetricSet for () {
    const DESCRIPTORS: &'static [Descriptor] = &[];
    fn handles() -> Self {}
}
