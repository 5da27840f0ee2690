// SPDX-License-Identifier: Apache-2.0
//! The `use` lines of a module: one per component that runs, each under a short name.

use std::collections::BTreeMap;

use super::names::{Names, OWN_MODULES};
use crate::plan::Plan;

/// The short name of each module.
#[derive(Debug)]
pub(super) struct Imports(BTreeMap<String, String>);

impl Imports {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut modules = BTreeMap::new();
        for stage in plan.stages() {
            modules.entry(stage.module.clone()).or_insert(stage.role);
        }
        let last = |module: &str| module.rsplit("::").next().unwrap_or(module).to_owned();
        let mut names = Names::besides(OWN_MODULES);
        let count = |name: &str| modules.keys().filter(|module| last(module) == name).count();
        let short = modules.iter().map(|(module, role)| {
            let name = last(module);
            // A receiver and an exporter may both live in a module `otlp`.
            let wish = if count(&name) > 1 { format!("{name}_{role}") } else { name };
            (module.clone(), names.unique(&wish))
        });
        Self(short.collect())
    }

    /// The name by which the generated module names a component's module.
    pub(super) fn of_module(&self, module: &str) -> &str {
        self.0.get(module).map_or("rt", String::as_str)
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|(module, name)| {
            let last = module.rsplit("::").next().unwrap_or(module);
            if last == name { format!("use {module};") } else { format!("use {module} as {name};") }
        })
    }
}
