// SPDX-License-Identifier: Apache-2.0
//! Components that nobody uses.

use tracecore_schema::{Problem, Severity};

use super::Resolved;

/// Warns of components that no pipeline names. While a name leads nowhere nothing is said: it
/// may be the one that was meant.
pub(super) fn check(resolved: &Resolved<'_, '_>, problems: &mut Vec<Problem>) {
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return;
    }
    for (index, component) in resolved.components.iter().enumerate() {
        if !resolved.used(index) {
            let message =
                format!("no pipeline names {} `{}`, so it does not run", component.role, component.id);
            let help = format!("name it in a pipeline's `{}`, or remove it", component.role.section());
            problems.push(Problem::warning(component.place, message, "unused").help(help));
        }
    }
}
