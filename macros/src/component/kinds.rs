// SPDX-License-Identifier: Apache-2.0
//! `errors(read, local(mig))`: the error kinds that a component may report.
//!
//! A kind that is wrong is kept all the same, so that the author's use of its variant is not
//! reported as well.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::roles::Role;
use crate::args::{Arg, Args, Form, split_args};
use crate::report::{Report, did_you_mean};

/// The declared kinds, and after them the ones that the runtime reports.
pub(super) fn kinds(role: &Role, args: &Args, component: &Ident, report: &mut Report) -> Vec<Ident> {
    let mut kinds = Vec::new();
    if let Some(errors) = args.get("errors") {
        for arg in listed(role, errors, report) {
            match (&arg.form, arg.key().as_str()) {
                (Form::Word, _) => declare(role, arg.name, false, &mut kinds, report),
                (Form::List(list), "local") => {
                    for arg in split_args(list.clone(), report) {
                        if matches!(arg.form, Form::Word) {
                            declare(role, arg.name, true, &mut kinds, report);
                        } else {
                            report.at(arg.tokens(), "expected the name of an error kind: `local(other)`");
                        }
                    }
                }
                _ => report.at(arg.tokens(), "expected the name of an error kind, or `local(other)`"),
            }
        }
    }
    kinds.extend(role.runtime.iter().map(|name| Ident::new(name, component.span())));
    kinds
}

fn listed(role: &Role, errors: &Arg, report: &mut Report) -> Vec<Arg> {
    match &errors.form {
        Form::List(list) => split_args(list.clone(), report),
        _ => {
            report.at(errors.tokens(), format!("`errors` takes a list: {}", role.usage));
            Vec::new()
        }
    }
}

fn declare(role: &Role, kind: Ident, local: bool, kinds: &mut Vec<Ident>, report: &mut Report) {
    let name = kind.unraw().to_string();
    if role.runtime.contains(&name.as_str()) {
        // Its variant exists, so leaving it out silences everything else.
        report.at(&kind, format!("every {} has `{name}`: the runtime reports it, leave it out", role.name));
        return;
    }
    if kinds.contains(&kind) {
        report.at(&kind, format!("the error kind `{name}` is declared twice"));
        return;
    }
    let canonical = role.canonical.contains(&name.as_str());
    if canonical && local {
        report
            .at(&kind, format!("`{name}` is a canonical error kind of {}: write it without `local`", role.a));
    } else if !canonical && !local {
        let own: Vec<_> =
            role.canonical.iter().copied().filter(|kind| !role.runtime.contains(kind)).collect();
        let near = did_you_mean(&name, own.iter().copied());
        let accepted = own.iter().fold(String::new(), |list, kind| format!("{list}`{kind}`, "));
        report.at(
            &kind,
            format!(
                "`{name}` is no canonical error kind of {}{near}\naccepted: {accepted}`local({name})`, which marks it as your own",
                role.a
            ),
        );
    } else if name != name.to_ascii_lowercase() {
        report.at(&kind, format!("an error kind is written in lower case: `{}`", crate::names::snake(&name)));
    }
    kinds.push(kind);
}
