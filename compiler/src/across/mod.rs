// SPDX-License-Identifier: Apache-2.0
//! What can only be seen by looking at several components at once.
//!
//! Nothing is said about a component that is wrong by itself, nor about one that does not run.

mod blocking;
mod claims;
mod families;
mod libraries;
mod listeners;
mod patterns;
mod signals;
mod storage;

use tracecore_schema::{Fact, Problem, Span};

use crate::Target;
use crate::configure::{Configured, Telemetry};
use crate::resolve::{Component, Resolved};

/// A file whose configs are known.
pub(crate) struct Checked<'a, 'n, 'c> {
    pub(crate) resolved: &'a Resolved<'n, 'c>,
    pub(crate) configured: &'a [Configured],
    pub(crate) telemetry: &'a Telemetry,
}

/// One fact about a component that runs.
struct Told<'a, 'n, 'c> {
    component: &'a Component<'n, 'c>,
    index: usize,
    fact: &'a Fact,
    /// Where the value stands that tells it.
    place: Span,
}

impl<'a, 'n, 'c> Checked<'a, 'n, 'c> {
    /// Every fact about components that run, in file order.
    fn facts(&self) -> impl Iterator<Item = Told<'a, 'n, 'c>> + '_ {
        let components = self.resolved.components.iter().zip(self.configured).enumerate();
        components.filter(|(index, _)| self.resolved.used(*index)).flat_map(
            |(index, (component, configured))| {
                configured.facts.iter().map(move |(fact, place)| Told {
                    component,
                    index,
                    fact,
                    place: *place,
                })
            },
        )
    }
}

/// Runs every check.
pub(crate) fn check(file: &Checked<'_, '_, '_>, target: Target, problems: &mut Vec<Problem>) {
    patterns::check(file, problems);
    signals::check(file, problems);
    listeners::check(file, problems);
    claims::check(file, problems);
    blocking::check(file, problems);
    storage::check(file, problems);
    families::check(file, problems);
    if target.fully_static {
        libraries::check(file, problems);
    }
}
