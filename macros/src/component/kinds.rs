// SPDX-License-Identifier: Apache-2.0
//! `errors(read, local(mig))`: the error kinds that a component may report.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;

use super::model::RoleWords;
use crate::args::{Arg, Form, read};
use crate::report::{Report, did_you_mean, one_of};

/// The declared kinds, and after them the ones that the runtime reports.
pub(super) fn kinds(
    role: &RoleWords,
    errors: Option<&Arg>,
    component: &Ident,
    report: &mut Report,
) -> Vec<Ident> {
    let mut kinds: Vec<Ident> = Vec::new();
    let list = match errors.map(|arg| (&arg.form, arg)) {
        Some((Form::List(list), _)) => list.clone(),
        Some((_, arg)) => {
            report.at(arg.tokens(), "`errors` takes a list: `errors(read, local(other))`");
            TokenStream::new()
        }
        None => TokenStream::new(),
    };
    for arg in read(list, report) {
        match (&arg.form, arg.key().as_str()) {
            (Form::Word, _) => canonical(role, arg.name, &mut kinds, report),
            (Form::List(_), "local") => {
                for kind in arg.list::<Ident>("local(other)", report).unwrap_or_default() {
                    local(role, kind, &mut kinds, report);
                }
            }
            _ => report.at(arg.tokens(), "expected the name of an error kind or `local(name)`"),
        }
    }
    for name in role.runtime {
        if !kinds.iter().any(|kind| kind == name) {
            kinds.push(Ident::new(name, component.span()));
        }
    }
    kinds
}

fn canonical(role: &RoleWords, kind: Ident, kinds: &mut Vec<Ident>, report: &mut Report) {
    let name = kind.unraw().to_string();
    if role.runtime.contains(&name.as_str()) {
        report.at(&kind, format!("every {} has `{name}`, the runtime reports it: leave it out", role.name));
        return;
    }
    if !role.canonical.contains(&name.as_str()) {
        let own = role.canonical.iter().copied().filter(|kind| !role.runtime.contains(kind));
        let own: Vec<_> = own.collect();
        let near = did_you_mean(&name, own.iter().copied());
        let accepted = if own.is_empty() {
            format!("{} has none of its own", role.a)
        } else {
            format!("canonical: {}", one_of(own))
        };
        report.at(
            &kind,
            format!(
                "`{name}` is no canonical error kind of {}{near}\n{accepted}; one of your own is marked: `local({name})`",
                role.a
            ),
        );
    }
    push(kind, kinds, report);
}

fn local(role: &RoleWords, kind: Ident, kinds: &mut Vec<Ident>, report: &mut Report) {
    let name = kind.unraw().to_string();
    if role.runtime.contains(&name.as_str()) {
        report.at(&kind, format!("every {} has `{name}`, the runtime reports it: leave it out", role.name));
        return;
    }
    if role.canonical.contains(&name.as_str()) {
        report
            .at(&kind, format!("`{name}` is a canonical error kind of {}: write it without `local`", role.a));
    }
    push(kind, kinds, report);
}

fn push(kind: Ident, kinds: &mut Vec<Ident>, report: &mut Report) {
    if kinds.contains(&kind) {
        report.at(kind.to_token_stream(), format!("the error kind `{kind}` is declared twice"));
    } else {
        kinds.push(kind);
    }
}
