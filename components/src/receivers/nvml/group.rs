// SPDX-License-Identifier: Apache-2.0
//! What is read of a GPU, as a list that is a type, so that reading a GPU is straight code.
//!
//! A [`Group`] is anything that can be begun, read and asked what is missing: a
//! [`Reading`](super::reading::Reading) of one call, many fields in one call, or something of
//! its own making. Tuples of groups are groups. What a failure means stands here, once.

use tracecore_runtime::{Absence, Batch, Registrar, ScopeId, Slot};
use tracecore_schema::{Attribute, Family};

use super::code::{Class, Code};
use super::driver::Device;
use super::identity::Identity;
use super::{Config, Metrics};

/// A part of what is read of one GPU.
pub(super) trait Group: Sized {
    /// How many series a GPU has of it that supports everything, under this config.
    fn most(config: &Config) -> usize;

    /// How many series there are: as many values are missing while the GPU is not read.
    fn values(&self, config: &Config) -> usize {
        Self::most(config)
    }

    /// Asks once for everything and registers what there is.
    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self;

    /// Called whenever the collector looks for GPUs (each 10 s): asks again for what was
    /// forbidden, forgets what seldom changes, registers and retires series that come and go.
    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>);

    /// Reads what there is. Allocates nothing unless something failed.
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict);

    /// The GPU goes: ends what does not end with its series.
    fn end(&mut self, series: &mut Series<'_, '_>) {
        let _ = series;
    }

    /// Adds the calls that have no series, and why.
    fn missing(&self, found: &mut Vec<(&'static str, Code)>);

    /// Makes every call once, for who wants to know and not to read.
    fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>);
}

/// Registers the series of one GPU, or of one instance on it.
pub(super) struct Series<'a, 'r> {
    registrar: &'a mut Registrar<'r, Metrics>,
    scope: ScopeId,
    identity: &'a Identity,
    config: &'a Config,
}

impl<'a, 'r> Series<'a, 'r> {
    pub(super) const fn new(
        registrar: &'a mut Registrar<'r, Metrics>,
        scope: ScopeId,
        identity: &'a Identity,
        config: &'a Config,
    ) -> Self {
        Self { registrar, scope, identity, config }
    }

    /// What the GPU is called.
    pub(super) const fn identity(&self) -> &'a Identity {
        self.identity
    }

    /// What the operator wants.
    pub(super) const fn config(&self) -> &'a Config {
        self.config
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

    /// The series of a thing that has a parent in this one: an instance of a GPU.
    pub(super) fn of<'s>(&'s mut self, scope: ScopeId, identity: &'s Identity) -> Series<'s, 'r> {
        Series { registrar: self.registrar, scope, identity, config: self.config }
    }

    /// Begins a thing that has a parent in this one.
    pub(super) fn scope(&mut self, identity: &Identity) -> ScopeId {
        self.registrar.scope_with(identity.attributes(), identity.labels())
    }

    /// Ends it with all its series.
    pub(super) fn end_scope(&mut self, scope: ScopeId) {
        self.registrar.retire_scope(scope);
    }

    /// Ends one series; those of a GPU that goes end by themselves.
    pub(super) fn end<T>(&mut self, slot: Slot<T>) {
        self.registrar.retire(slot);
    }
}

/// What a reading says of a GPU's health, from bad to worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    /// Nothing is known to be the matter.
    #[default]
    Ok,
    /// It does less than it could.
    Degraded,
    /// It will fail.
    Predicted,
    /// It is of no use until something is done.
    Failed,
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
    /// Whether GPUs or instances came or went.
    pub(super) look: bool,
    /// The worst that was said of the GPU.
    pub(super) health: Health,
    /// Nothing more is asked of the GPU in this tick.
    stopped: Option<Code>,
}

impl Verdict {
    /// Whether the GPU is still to be asked; if not, notes so many values as absent.
    #[inline]
    pub(super) fn goes_on(&self, series: usize, out: &mut Batch) -> bool {
        match self.stopped {
            None => true,
            Some(code) => {
                absent(out, code, series);
                false
            }
        }
    }

    /// Notes what a reading says of the GPU's health.
    #[inline]
    pub(super) fn says(&mut self, health: Health) {
        self.health = self.health.max(health);
    }

    /// For an instance of this GPU.
    pub(super) fn of_an_instance(&self) -> Self {
        Self { stopped: self.stopped, ..Self::default() }
    }

    /// Takes over what went wrong with an instance.
    #[cold]
    pub(super) fn take(&mut self, other: Self) {
        self.first = self.first.or(other.first);
        self.failed += other.failed;
        self.stopped = self.stopped.or(other.stopped);
    }

    /// Notes that a call failed which fills so many series.
    #[cold]
    pub(super) fn failed(&mut self, call: &'static str, code: Code, series: usize, out: &mut Batch) {
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

/// Why something gets no series from the first answer on, if that is what the answer says.
pub(super) fn never(code: Code) -> Option<Absence> {
    if code.is_unsupported_at_first() {
        return Some(Absence::Unsupported);
    }
    // Whatever failed otherwise may work in the next tick, which will tell.
    (code.class() == Class::Permission).then_some(Absence::Permission)
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

macro_rules! tuples {
    ($($group:ident)+) => {
        #[allow(non_snake_case, reason = "a value goes by the name of its type")]
        impl<$($group: Group),+> Group for ($($group,)+) {
            fn most(config: &Config) -> usize {
                0 $(+ $group::most(config))+
            }

            fn values(&self, config: &Config) -> usize {
                let ($($group,)+) = self;
                0 $(+ $group.values(config))+
            }

            fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
                ($($group::begin(device, series),)+)
            }

            fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
                let ($($group,)+) = self;
                $($group.look(device, series);)+
            }

            #[inline]
            fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
                let ($($group,)+) = self;
                $($group.read(device, out, verdict);)+
            }

            fn end(&mut self, series: &mut Series<'_, '_>) {
                let ($($group,)+) = self;
                $($group.end(series);)+
            }

            fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
                let ($($group,)+) = self;
                $($group.missing(found);)+
            }

            fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
                $($group::survey(device, config, found);)+
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
