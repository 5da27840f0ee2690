// SPDX-License-Identifier: Apache-2.0
//! From a tree to components and pipelines that know each other: names, roles, signals, ids,
//! references, duplicates.
//!
//! Configs are not looked at. A part that is wrong is reported once and kept, so that what
//! refers to it is not reported as well.

mod components;
mod pipelines;
mod sections;
mod usage;

use tracecore_schema::{Catalog, Entry, Node, Problem, Role, SignalKind, Span};

/// A file whose names are known.
#[derive(Debug)]
pub(crate) struct Resolved<'n, 'c> {
    /// The `telemetry` block: the place of its key, and what it says.
    pub(crate) telemetry: Option<(Span, &'n Node)>,
    /// Every component, in file order, also those that are wrong.
    pub(crate) components: Vec<Component<'n, 'c>>,
    /// Every pipeline whose signal is known, in file order.
    pub(crate) pipelines: Vec<Pipeline>,
}

/// A component as written.
#[derive(Debug)]
pub(crate) struct Component<'n, 'c> {
    pub(crate) role: Role,
    pub(crate) id: &'n str,
    /// Where the id stands.
    pub(crate) place: Span,
    pub(crate) config: &'n Node,
    /// What the catalog has for it; `None` has been reported.
    pub(crate) entry: Option<&'c Entry>,
}

/// A pipeline as written.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) id: String,
    pub(crate) signal: SignalKind,
    /// Where the id stands.
    pub(crate) place: Span,
    /// The components by role, as [`Role::ALL`] orders them.
    stages: [Vec<Reference>; 3],
    /// Whether every reference leads somewhere.
    pub(crate) complete: bool,
}

/// A component that a pipeline names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    /// Its place in [`Resolved::components`].
    pub(crate) component: usize,
    /// Where the name stands.
    pub(crate) place: Span,
}

impl Pipeline {
    /// The components of a role, in order.
    pub(crate) fn stage(&self, role: Role) -> &[Reference] {
        match role {
            Role::Receiver => &self.stages[0],
            Role::Processor => &self.stages[1],
            Role::Exporter => &self.stages[2],
        }
    }

    /// Whether it names a component.
    pub(crate) fn names(&self, component: usize) -> bool {
        self.stages.iter().flatten().any(|reference| reference.component == component)
    }
}

impl Resolved<'_, '_> {
    /// The components of a role, with their places in the list.
    pub(crate) fn of(&self, role: Role) -> impl Iterator<Item = (usize, &Component<'_, '_>)> {
        self.components.iter().enumerate().filter(move |(_, component)| component.role == role)
    }

    /// The pipelines that name a component.
    pub(crate) fn pipelines_of(&self, component: usize) -> impl Iterator<Item = &Pipeline> {
        self.pipelines.iter().filter(move |pipeline| pipeline.names(component))
    }

    /// Whether a pipeline names the component.
    pub(crate) fn used(&self, component: usize) -> bool {
        self.pipelines_of(component).next().is_some()
    }
}

/// Resolves a file.
pub(crate) fn resolve<'n, 'c>(
    root: &'n Node,
    catalog: &'c Catalog,
    problems: &mut Vec<Problem>,
) -> Resolved<'n, 'c> {
    let sections = sections::read(root, problems);
    let components = components::read(&sections, catalog, problems);
    let pipelines = pipelines::read(&sections, &components, catalog, problems);
    let resolved = Resolved { telemetry: sections.telemetry, components, pipelines };
    usage::check(&resolved, problems);
    resolved
}
