// SPDX-License-Identifier: Apache-2.0
//! What only one component can have: the standard output.

use tracecore_schema::{Fact, Problem};

use super::{Checked, Told};

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    let mut claims: Vec<(&'static str, Told<'_, '_, '_>)> = Vec::new();
    for told in file.facts() {
        let Fact::Claim(what) = told.fact else { continue };
        let what: &'static str = what;
        match claims.iter().find(|(claimed, _)| *claimed == what) {
            Some((_, first)) => {
                let (first, later) = (first.component, told.component);
                let message = format!(
                    "{} `{}` and {} `{}` both need {what} for themselves",
                    first.role, first.id, later.role, later.id
                );
                problems.push(
                    Problem::error(later.place, message, format!("needs {what}"))
                        .related(first.place, format!("needs {what} too"))
                        .help("keep one of them"),
                );
            }
            None => claims.push((what, told)),
        }
    }
}
