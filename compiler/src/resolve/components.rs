// SPDX-License-Identifier: Apache-2.0
//! The components of a file: is the id one, and is there such a component?

use tracecore_schema::{Catalog, ComponentId, Entry, Key, Problem, Role, nearest};

use super::Component;
use super::sections::Sections;
use crate::words::{a_role, the_known};

/// Every component of the file.
pub(super) fn read<'n, 'c>(
    sections: &Sections<'n>,
    catalog: &'c Catalog,
    problems: &mut Vec<Problem>,
) -> Vec<Component<'n, 'c>> {
    let mut components = Vec::new();
    for role in Role::ALL {
        for (key, config) in sections.of(role) {
            let entry = entry(role, key, catalog).map_err(|problem| problems.push(*problem)).ok();
            components.push(Component { role, id: &key.text, place: key.span, config, entry });
        }
    }
    components
}

fn entry<'c>(role: Role, key: &Key, catalog: &'c Catalog) -> Result<&'c Entry, Box<Problem>> {
    let id = ComponentId::parse(&key.text).map_err(|invalid| {
        let message = format!("`{}`: `{}` is not a component id: {invalid}", role.section(), key.text);
        Problem::error(key.span, message, "not `kind` or `kind/name`").maybe_help(suggestion(
            role,
            &key.text.to_lowercase(),
            catalog,
        ))
    })?;
    catalog.get(role, id.kind()).ok_or_else(|| Box::new(unknown(role, id.kind(), key, catalog)))
}

/// What is known under this kind, or nearly so.
fn unknown(role: Role, kind: &str, key: &Key, catalog: &Catalog) -> Problem {
    if let Some(other) = Role::ALL.into_iter().find(|other| catalog.get(*other, kind).is_some()) {
        let message = format!("`{kind}` is {}, not {}", a_role(other), a_role(role));
        return Problem::error(key.span, message, format!("stands under `{}`", role.section()))
            .help(format!("move it to `{}:`", other.section()));
    }
    let message = format!("there is no {role} `{kind}`");
    let help = suggestion(role, kind, catalog).unwrap_or_else(|| {
        let known = catalog.entries().iter().filter(|entry| entry.role == role);
        the_known(role, "", known.map(|entry| entry.kind))
            .unwrap_or_else(|| format!("this compiler knows no {role} at all"))
    });
    Problem::error(key.span, message, format!("unknown {role}")).help(help)
}

/// The near miss, of this role or of another.
fn suggestion(role: Role, kind: &str, catalog: &Catalog) -> Option<String> {
    let kinds = |role| catalog.entries().iter().filter(move |e| e.role == role).map(|e| e.kind);
    if let Some(near) = nearest(kind, kinds(role)) {
        return Some(format!("did you mean `{near}`?"));
    }
    let others = Role::ALL.into_iter().filter(|other| *other != role);
    others.into_iter().find_map(|other| {
        let near = nearest(kind, kinds(other))?;
        Some(format!(
            "did you mean `{near}`? it is {} and stands under `{}:`",
            a_role(other),
            other.section()
        ))
    })
}
