// SPDX-License-Identifier: Apache-2.0
//! The series of a lane: which slots are taken, by what, and in which scope.

use std::sync::Arc;

use tracecore_schema::{Attribute, Descriptor, Label};

use super::branch::{Branches, NewSeries};
use crate::registrar::{ScopeId, Table};
use crate::signal::{Output, Refused};

/// At most this many series a lane: beyond it something registers in a loop.
const LIMIT: usize = 100_000;

#[derive(Debug, Default)]
struct Scope {
    common: Vec<Attribute>,
    labels: Arc<[Label]>,
    series: Vec<(u32, u32)>,
}

/// Slots and scopes of a lane.
#[derive(Debug)]
pub(crate) struct SeriesTable {
    scopes: Vec<Option<Scope>>,
    free: Vec<u32>,
    next: u32,
    live: usize,
    refused: Vec<Refused>,
}

impl SeriesTable {
    pub(crate) fn new() -> Self {
        Self { scopes: vec![Some(Scope::default())], free: Vec::new(), next: 0, live: 0, refused: Vec::new() }
    }

    /// How many series there are.
    pub(crate) const fn live(&self) -> usize {
        self.live
    }

    /// Why series were refused since the last call.
    pub(crate) fn take_refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }
}

/// The table while series are being registered.
pub(crate) struct Admitting<'a, O, B> {
    pub(crate) table: &'a mut SeriesTable,
    pub(crate) out: &'a mut O,
    pub(crate) branches: &'a mut B,
    pub(crate) now_unix_nanos: u64,
}

impl<O: Output, B: Branches<O>> Admitting<'_, O, B> {
    fn refuse(&mut self, why: String) {
        self.table.refused.push(Refused(why));
    }
}

impl<O: Output, B: Branches<O>> Table for Admitting<'_, O, B> {
    fn begin(
        &mut self,
        descriptor: &'static Descriptor,
        scope: ScopeId,
        attributes: Vec<Attribute>,
    ) -> Option<(u32, u32)> {
        let Some(Some(of)) = self.table.scopes.get(scope.0 as usize) else {
            self.refuse(format!("a series of `{}` begins in a scope that has ended", descriptor.name));
            return None;
        };
        let mut all = of.common.clone();
        all.extend(attributes);
        if let Some(stranger) = all.iter().find(|a| !descriptor.attributes.contains(&&*a.key)) {
            let why = format!(
                "a series of `{}` carries the attribute `{}`, which its declaration does not list",
                descriptor.name, stranger.key
            );
            self.refuse(why);
            return None;
        }
        if self.table.live >= LIMIT {
            self.refuse(format!("a series of `{}` is one more than the limit of {LIMIT}", descriptor.name));
            return None;
        }
        let index = self.table.free.pop().unwrap_or(self.table.next);
        let labels = Arc::clone(&of.labels);
        let start_unix_nanos = self.now_unix_nanos;
        let series = NewSeries { descriptor, attributes: &all, labels: &labels, start_unix_nanos };
        let wanted = self.branches.admit(index, &series, &mut self.table.refused);
        if index == self.table.next {
            self.table.next += 1;
        }
        if !wanted {
            self.branches.retire(index);
            self.table.free.push(index);
            return None;
        }
        let Some(generation) = self.out.series_mut().map(|batch| batch.open_slot(index)) else {
            // A receiver of logs declares no metrics, so there is nothing to begin.
            self.branches.retire(index);
            self.table.free.push(index);
            return None;
        };
        self.table.live += 1;
        if let Some(Some(scope)) = self.table.scopes.get_mut(scope.0 as usize) {
            scope.series.push((index, generation));
        }
        Some((index, generation))
    }

    fn retire(&mut self, index: u32, generation: u32) {
        for scope in self.table.scopes.iter_mut().flatten() {
            if let Some(at) = scope.series.iter().position(|series| *series == (index, generation)) {
                scope.series.swap_remove(at);
                self.end(index);
                return;
            }
        }
    }

    fn new_scope(&mut self, common: Vec<Attribute>, labels: Vec<Label>) -> ScopeId {
        let scope = Some(Scope { common, labels: labels.into(), series: Vec::new() });
        // Scope 0 is the lane itself; a place that became free is used again.
        let at = match self.table.scopes.iter().position(Option::is_none) {
            Some(at) => {
                self.table.scopes[at] = scope;
                at
            }
            None => {
                self.table.scopes.push(scope);
                self.table.scopes.len() - 1
            }
        };
        ScopeId(u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn retire_scope(&mut self, scope: ScopeId) {
        let place = self.table.scopes.get_mut(scope.0 as usize);
        let ended = match place {
            // The lane's own scope stays, empty.
            Some(place) if scope.0 == 0 => place.replace(Scope::default()),
            Some(place) => place.take(),
            None => None,
        };
        for (index, _) in ended.map(|scope| scope.series).unwrap_or_default() {
            self.end(index);
        }
    }
}

impl<O: Output, B: Branches<O>> Admitting<'_, O, B> {
    fn end(&mut self, index: u32) {
        self.branches.retire(index);
        if let Some(batch) = self.out.series_mut() {
            batch.close_slot(index);
        }
        self.table.free.push(index);
        self.table.live -= 1;
    }
}
