// SPDX-License-Identifier: Apache-2.0
//! Where series begin and end: given to `discover`.

use std::marker::PhantomData;

use tracecore_schema::{Attribute, Family, Label, MetricSet};

use crate::signal::Slot;
use crate::{Device, Probe};

/// The series of one thing (a GPU, a disk), which end together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeId(pub(crate) u32);

/// What the lane does when a series begins or ends. Object-safe, because `discover` is off the
/// steady path and a trait object here keeps the lane's types out of every receiver's code.
pub(crate) trait Table {
    fn begin(
        &mut self,
        descriptor: &'static tracecore_schema::Descriptor,
        scope: ScopeId,
        attributes: Vec<Attribute>,
    ) -> Option<(u32, u32)>;
    fn retire(&mut self, index: u32, generation: u32);
    fn new_scope(&mut self, common: Vec<Attribute>, labels: Vec<Label>) -> ScopeId;
    fn retire_scope(&mut self, scope: ScopeId);
}

/// Registers and retires the series of a receiver whose metrics are `M`.
pub struct Registrar<'a, M> {
    table: &'a mut dyn Table,
    metrics: M,
    probe: &'a Probe,
}

impl<'a, M: MetricSet> Registrar<'a, M> {
    pub(crate) fn new(table: &'a mut dyn Table, probe: &'a Probe) -> Self {
        Self { table, metrics: M::handles(), probe }
    }

    /// Begins a series that belongs to no device. The slot is off if no pipeline wants it.
    pub fn begin<F: Family>(
        &mut self,
        family: impl FnOnce(&M) -> F,
        attributes: impl Into<Vec<Attribute>>,
    ) -> Slot<F::Number> {
        self.begin_in(ScopeId(0), family, attributes)
    }

    /// Begins a series of a scope; it carries the scope's attributes and these.
    pub fn begin_in<F: Family>(
        &mut self,
        scope: ScopeId,
        family: impl FnOnce(&M) -> F,
        attributes: impl Into<Vec<Attribute>>,
    ) -> Slot<F::Number> {
        let descriptor = family(&self.metrics).descriptor();
        self.table
            .begin(descriptor, scope, attributes.into())
            .map_or(Slot::OFF, |(index, generation)| Slot::new(index, generation))
    }

    /// A scope whose series all carry `common`.
    pub fn scope(&mut self, common: impl Into<Vec<Attribute>>) -> ScopeId {
        self.table.new_scope(common.into(), Vec::new())
    }

    /// A scope whose series all carry `common`, and `labels` under the names of other conventions.
    pub fn scope_with(&mut self, common: impl Into<Vec<Attribute>>, labels: Vec<Label>) -> ScopeId {
        self.table.new_scope(common.into(), labels)
    }

    /// Ends a series. Its slot does nothing from now on.
    pub fn retire<T>(&mut self, slot: Slot<T>) {
        if slot.is_on() {
            self.table.retire(slot.index(), slot.generation());
        }
    }

    /// Ends every series of a scope: the device is gone.
    pub fn retire_scope(&mut self, scope: ScopeId) {
        self.table.retire_scope(scope);
    }

    /// Names a device whose calls may hang.
    pub fn device(&self, name: &str) -> Device {
        self.probe.device(name)
    }

    /// Says which device the calls that follow go to.
    pub fn entering(&self, device: Device) {
        self.probe.entering(device);
    }
}

impl<M> std::fmt::Debug for Registrar<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registrar").field("metrics", &PhantomData::<M>).finish_non_exhaustive()
    }
}
