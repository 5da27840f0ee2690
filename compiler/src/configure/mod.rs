// SPDX-License-Identifier: Apache-2.0
//! Each component's config, decoded by the component's own type: its fields, defaults, limits
//! and rules. All mistakes of all components show.

mod telemetry;

use tracecore_schema::{Decoder, Fact, Hole, Literal, Problem, Setting, Span};

pub(crate) use telemetry::{Telemetry, telemetry};

use crate::resolve::{Component, Resolved};

/// What a component's config says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configured {
    /// The config as Rust, and the Rust type that takes it; `None` has been reported.
    pub(crate) config: Option<(Literal, &'static str)>,
    pub(crate) holes: Vec<Hole>,
    pub(crate) facts: Vec<(Fact, Span)>,
    pub(crate) settings: Vec<Setting>,
}

/// Decodes every component, in the order of [`Resolved::components`].
pub(crate) fn configure(resolved: &Resolved<'_, '_>, problems: &mut Vec<Problem>) -> Vec<Configured> {
    resolved.components.iter().map(|component| one(component, problems)).collect()
}

fn one(component: &Component<'_, '_>, problems: &mut Vec<Problem>) -> Configured {
    let Some(entry) = component.entry else { return Configured::default() };
    let mut cx = Decoder::new(format!("{}.{}", component.role.section(), component.id), problems);
    let literal = (entry.decode)(component.config, &mut cx);
    let Decoder { holes, facts, settings, rust_type, .. } = cx;
    if literal.is_some() && rust_type.is_none() {
        let message = format!("{} `{}` does not say which Rust type it is", component.role, entry.kind);
        problems.push(
            Problem::error(component.place, message, "cannot be compiled")
                .help("a mistake in the component: its config declares `rust = Type`"),
        );
    }
    Configured { config: literal.zip(rust_type), holes, facts, settings }
}
