// SPDX-License-Identifier: Apache-2.0
//! What is read of one GPU: a list of readings, each of them one call of the library.
//!
//! A reading is a type, so that the list is a struct and reading a GPU is straight code. What
//! it fills and how stands in its family's file; what a failure of it means stands here.

use std::fmt::Debug;

use tracecore_runtime::{Absence, Batch, Registrar, ScopeId, Slot};
use tracecore_schema::{Attribute, Family};

use super::Metrics;
use super::code::{Class, Code};
use super::driver::Device;
use super::families::{
    Clock, ClockLimit, Decoder, Encoder, Energy, Info, Memory, MemoryTemperature, Power, PowerLimit,
    Temperature, TemperatureLimit, Utilization,
};
use super::identity::Identity;

/// One call of the library and the series that it fills.
pub(super) trait Reading: Sized {
    /// The library's function, as messages name it.
    const CALL: &'static str;
    /// How many series it fills.
    const SERIES: usize;
    /// Whether the answer is the same for as long as the driver is loaded: then it is asked once.
    const CONSTANT: bool = false;
    /// What the library answers.
    type Value: Copy + Debug;

    /// Asks.
    fn ask<D: Device>(device: &D) -> Result<Self::Value, Code>;
    /// Registers the series.
    fn begin(series: &mut Series<'_, '_>) -> Self;
    /// Sets their values.
    fn set(&self, value: Self::Value, out: &mut Batch);
}

/// Registers the series of one GPU.
pub(super) struct Series<'a, 'r> {
    registrar: &'a mut Registrar<'r, Metrics>,
    scope: ScopeId,
    identity: &'a Identity,
}

impl<'a, 'r> Series<'a, 'r> {
    pub(super) const fn new(
        registrar: &'a mut Registrar<'r, Metrics>,
        scope: ScopeId,
        identity: &'a Identity,
    ) -> Self {
        Self { registrar, scope, identity }
    }

    /// What the GPU is called.
    pub(super) const fn identity(&self) -> &'a Identity {
        self.identity
    }

    /// Begins a series with attributes of its own.
    pub(super) fn begin<F: Family, const N: usize>(
        &mut self,
        family: impl FnOnce(&Metrics) -> F,
        attributes: [(&'static str, &'static str); N],
    ) -> Slot<F::Number> {
        let attributes = attributes.map(|(key, value)| Attribute::new(key, value));
        self.begin_with(family, attributes.into())
    }

    /// The same with attributes that only the GPU knows.
    pub(super) fn begin_with<F: Family>(
        &mut self,
        family: impl FnOnce(&Metrics) -> F,
        attributes: Vec<Attribute>,
    ) -> Slot<F::Number> {
        self.registrar.begin_in(self.scope, family, attributes)
    }
}

/// A reading of one GPU, as far as the GPU supports it.
#[derive(Debug)]
struct Probed<R: Reading>(State<R>);

#[derive(Debug)]
enum State<R: Reading> {
    On {
        reading: R,
        /// The answer, if it never changes.
        kept: Option<R::Value>,
    },
    /// It has no series; this is why.
    Off { code: Code, reason: Absence },
}

/// How reading one GPU went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verdict {
    /// The first call that failed, and how.
    pub(super) first: Option<(&'static str, Code)>,
    /// How many failed.
    pub(super) failed: u32,
    /// Whether what the GPU supports is no longer what it was.
    pub(super) changed: bool,
    /// Nothing more is asked of the GPU in this tick.
    stopped: Option<Code>,
}

impl<R: Reading> Probed<R> {
    /// Asks once. What will never work gets no series.
    fn begin<D: Device>(device: &D, series: &mut Series<'_, '_>) -> Self {
        let answer = R::ask(device);
        let reason = match answer {
            Err(code) if code.is_unsupported_at_first() => Some((code, Absence::Unsupported)),
            Err(code) if code.class() == Class::Permission => Some((code, Absence::Permission)),
            // Whatever failed otherwise may work in the next tick, which will tell.
            _ => None,
        };
        Self(match reason {
            Some((code, reason)) => State::Off { code, reason },
            None => State::On { reading: R::begin(series), kept: answer.ok().filter(|_| R::CONSTANT) },
        })
    }

    /// Asks again for what was forbidden; what is unsupported stays so.
    fn retry<D: Device>(&mut self, device: &D, series: &mut Series<'_, '_>) {
        if let State::Off { reason: Absence::Permission, .. } = self.0 {
            *self = Self::begin(device, series);
        }
    }

    #[inline]
    fn read<D: Device>(&mut self, device: &D, out: &mut Batch, verdict: &mut Verdict) {
        match &mut self.0 {
            State::On { reading, kept } if verdict.stopped.is_none() => {
                let answer = match *kept {
                    Some(value) => Ok(value),
                    None => R::ask(device),
                };
                match answer {
                    Ok(value) => {
                        reading.set(value, out);
                        if R::CONSTANT {
                            *kept = Some(value);
                        }
                    }
                    Err(code) => verdict.failed(R::CALL, code, R::SERIES, out),
                }
            }
            State::On { .. } => {
                if let Some(code) = verdict.stopped {
                    absent(out, code, R::SERIES);
                }
            }
            State::Off { reason, .. } => absent_for(out, *reason, R::SERIES),
        }
    }

    fn missing(&self) -> Option<(&'static str, Code)> {
        match self.0 {
            State::On { .. } => None,
            State::Off { code, .. } => Some((R::CALL, code)),
        }
    }
}

impl Verdict {
    #[cold]
    fn failed(&mut self, call: &'static str, code: Code, series: usize, out: &mut Batch) {
        absent(out, code, series);
        self.first.get_or_insert((call, code));
        self.failed += 1;
        match code.class() {
            // The rest would fail too, or wait as long again.
            Class::Lost | Class::Timeout | Class::Driver => self.stopped = Some(code),
            Class::Unsupported | Class::Permission => self.changed = true,
            Class::Other => {}
        }
    }
}

/// Notes that values are not there, if there is a word for the reason.
pub(super) fn absent(out: &mut Batch, code: Code, values: usize) {
    if let Some(reason) = code.absence() {
        absent_for(out, reason, values);
    }
}

/// Notes that values are not there.
pub(super) fn absent_for(out: &mut Batch, reason: Absence, values: usize) {
    for _ in 0..values {
        out.absent(reason);
    }
}

macro_rules! readings {
    ($($name:ident: $reading:ty,)*) => {
        /// Everything that is read of one GPU.
        #[derive(Debug)]
        pub(super) struct Readings {
            $($name: Probed<$reading>,)*
        }

        impl Readings {
            /// How many series a GPU has that supports everything.
            pub(super) const SERIES: usize = 0 $(+ <$reading as Reading>::SERIES)*;

            /// Asks once for everything and registers what there is.
            pub(super) fn begin<D: Device>(device: &D, series: &mut Series<'_, '_>) -> Self {
                Self { $($name: Probed::begin(device, series),)* }
            }

            /// Asks again for what was forbidden.
            pub(super) fn retry<D: Device>(&mut self, device: &D, series: &mut Series<'_, '_>) {
                $(self.$name.retry(device, series);)*
            }

            /// Reads everything there is.
            #[inline]
            pub(super) fn read<D: Device>(&mut self, device: &D, out: &mut Batch) -> Verdict {
                let mut verdict = Verdict::default();
                $(self.$name.read(device, out, &mut verdict);)*
                verdict
            }

            /// The calls that have no series, and why.
            pub(super) fn missing(&self) -> impl Iterator<Item = (&'static str, Code)> {
                [$(self.$name.missing(),)*].into_iter().flatten()
            }

            /// Makes every call once, for who wants to know and not to read.
            pub(super) fn survey<D: Device>(device: &D) -> Vec<(&'static str, Option<Code>)> {
                vec![$((
                    <$reading as Reading>::CALL,
                    <$reading as Reading>::ask(device).err(),
                ),)*]
            }
        }
    };
}

readings! {
    utilization: Utilization,
    encoder: Encoder,
    decoder: Decoder,
    memory: Memory,
    power: Power,
    power_limit: PowerLimit,
    energy: Energy,
    temperature: Temperature,
    memory_temperature: MemoryTemperature,
    clock_graphics: Clock<0>,
    clock_sm: Clock<1>,
    clock_memory: Clock<2>,
    clock_video: Clock<3>,
    // What is asked once comes last: it is there only if the GPU has answered until here.
    temperature_limit_max: TemperatureLimit<0>,
    temperature_limit_degraded: TemperatureLimit<1>,
    temperature_limit_critical: TemperatureLimit<2>,
    temperature_limit_memory: TemperatureLimit<3>,
    clock_limit_graphics: ClockLimit<0>,
    clock_limit_sm: ClockLimit<1>,
    clock_limit_memory: ClockLimit<2>,
    clock_limit_video: ClockLimit<3>,
    info: Info,
}
