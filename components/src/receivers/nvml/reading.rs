// SPDX-License-Identifier: Apache-2.0
//! A reading: one call of the library, and the series that its answer fills.
//!
//! [`reading!`] writes one from five lines. [`Read`] is a reading of one GPU: asked once whether
//! it works at all, then each tick, each look, or never again, as the reading says.

use std::fmt::Debug;

use tracecore_runtime::{Absence, Batch};

use super::Config;
use super::code::Code;
use super::driver::Device;
use super::group::{Group, Health, Series, Verdict, absent_for, never};

/// One call of the library and the series that it fills.
pub(super) trait Reading: Sized {
    /// The library's function, as messages name it.
    const CALL: &'static str;
    /// How many series it fills.
    const SERIES: usize;
    /// How often it is asked.
    const ASKED: Often = Often::EachTick;
    /// What the library answers.
    type Value: Copy + Debug;

    /// Asks.
    fn ask(device: &Device) -> Result<Self::Value, Code>;
    /// Registers the series.
    fn begin(series: &mut Series<'_, '_>) -> Self;
    /// Sets their values.
    fn set(&self, value: Self::Value, out: &mut Batch);
    /// What the answer says of the GPU's health.
    #[inline]
    fn health(_: &Self::Value) -> Health {
        Health::Ok
    }
}

/// How often a call is made. Its value is published each tick whatever this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Often {
    /// Each tick.
    EachTick,
    /// Whenever the collector looks for GPUs: somebody may change it, but not often.
    EachLook,
    /// Once: the answer is the same for as long as the driver is loaded.
    Once,
}

/// A reading of one GPU, as far as the GPU supports it.
#[derive(Debug)]
pub(super) struct Read<R: Reading>(State<R>);

#[derive(Debug)]
enum State<R: Reading> {
    On {
        reading: R,
        /// The answer, if it is not asked for each tick.
        kept: Option<R::Value>,
    },
    /// It has no series; this is why.
    Off { code: Code, reason: Absence },
}

impl<R: Reading> Group for Read<R> {
    fn most(_: &Config) -> usize {
        R::SERIES
    }

    fn values(&self, _: &Config) -> usize {
        match self.0 {
            State::On { .. } => R::SERIES,
            State::Off { .. } => 0,
        }
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let answer = R::ask(device);
        Self(match answer.err().and_then(|code| Some((code, never(code)?))) {
            Some((code, reason)) => State::Off { code, reason },
            None => State::On {
                reading: R::begin(series),
                kept: answer.ok().filter(|_| R::ASKED != Often::EachTick),
            },
        })
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        match &mut self.0 {
            State::Off { reason: Absence::Permission, .. } => *self = Self::begin(device, series),
            State::On { kept, .. } if R::ASKED == Often::EachLook => *kept = None,
            State::On { .. } | State::Off { .. } => {}
        }
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        match &mut self.0 {
            State::On { reading, kept } => {
                if !verdict.goes_on(R::SERIES, out) {
                    return;
                }
                let answer = match *kept {
                    Some(value) => Ok(value),
                    None => R::ask(device),
                };
                match answer {
                    Ok(value) => {
                        reading.set(value, out);
                        verdict.says(R::health(&value));
                        if R::ASKED != Often::EachTick {
                            *kept = Some(value);
                        }
                    }
                    Err(code) => verdict.failed(R::CALL, code, R::SERIES, out),
                }
            }
            State::Off { reason, .. } => absent_for(out, *reason, R::SERIES),
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        if let State::Off { code, .. } = self.0 {
            found.push((R::CALL, code));
        }
    }

    fn survey(device: &Device, _: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        found.push((R::CALL, R::ask(device).err()));
    }
}

impl<R: Reading> Read<R> {
    const fn is_unsupported(&self) -> bool {
        matches!(self.0, State::Off { reason: Absence::Unsupported, .. })
    }
}

/// A reading, or another of an older driver in its stead.
#[derive(Debug)]
pub(super) enum Else<A, B> {
    /// The one that is wanted.
    First(A),
    /// The other, which gives less.
    Second(A, B),
}

impl<A: Reading, B: Reading> Group for Else<Read<A>, Read<B>> {
    fn most(_: &Config) -> usize {
        A::SERIES
    }

    fn values(&self, config: &Config) -> usize {
        match self {
            Self::First(first) => first.values(config),
            Self::Second(_, second) => second.values(config),
        }
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let first = Read::<A>::begin(device, series);
        if first.is_unsupported() {
            Self::Second(first, Read::begin(device, series))
        } else {
            Self::First(first)
        }
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        match self {
            Self::First(first) => first.look(device, series),
            Self::Second(_, second) => second.look(device, series),
        }
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        match self {
            Self::First(first) => first.read(device, out, verdict),
            Self::Second(_, second) => {
                second.read(device, out, verdict);
                absent_for(out, Absence::Unsupported, A::SERIES - B::SERIES);
            }
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        match self {
            Self::First(first) => first.missing(found),
            Self::Second(first, second) => {
                first.missing(found);
                second.missing(found);
            }
        }
    }

    fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        let first = A::ask(device).err();
        found.push((A::CALL, first));
        if first.is_some() {
            Read::<B>::survey(device, config, found);
        }
    }
}

/// Writes a [`Reading`]: its name, how often it is asked, the call as messages name it, how to
/// make it, and for each series its slot, number, metric, attributes and value.
///
/// ```text
/// reading! {
///     /// What the GPU draws.
///     Draw: EachTick, "nvmlDeviceGetPowerUsage", Device::power => u32, |milliwatts| {
///         draw: f64 = power ["hw.type" = "gpu"] => f64::from(milliwatts) / 1e3;
///     }
/// }
/// ```
macro_rules! reading {
    ($($(#[$doc:meta])* $name:ident: $often:ident, $call:literal, $ask:expr => $value:ty $(, tells $health:path)?, |$answer:pat_param| {
        $($slot:ident: $number:ty = $($metric:ident).+ [$($key:tt = $text:tt),*] => $to:expr;)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(in $crate::receivers::nvml) struct $name {
            $($slot: tracecore_runtime::Slot<$number>,)+
        }

        impl $crate::receivers::nvml::reading::Reading for $name {
            const CALL: &'static str = $call;
            const SERIES: usize = [$(stringify!($slot)),+].len();
            const ASKED: $crate::receivers::nvml::reading::Often =
                $crate::receivers::nvml::reading::Often::$often;
            type Value = $value;

            #[inline]
            fn ask(
                device: &$crate::receivers::nvml::driver::Device,
            ) -> Result<Self::Value, $crate::receivers::nvml::code::Code> {
                ($ask)(device)
            }

            fn begin(series: &mut $crate::receivers::nvml::group::Series<'_, '_>) -> Self {
                Self { $($slot: series.begin(|m| m.$($metric).+, [$(($key, $text)),*]),)+ }
            }

            #[inline]
            fn set(&self, $answer: Self::Value, out: &mut tracecore_runtime::Batch) {
                $(out.set(self.$slot, $to);)+
            }

            $(#[inline]
            fn health(answer: &Self::Value) -> $crate::receivers::nvml::group::Health {
                $health(answer)
            })?
        }
    )+};
}
pub(super) use reading;
