// SPDX-License-Identifier: Apache-2.0
//! The arguments of an attribute: `word`, `name = value` and `name(..)`, separated by commas.
//!
//! They are split by hand, so that one argument that is wrong does not hide the others; what
//! a value means is decided by whoever asks for it.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;

use crate::report::{Report, did_you_mean};

/// One argument.
pub(crate) struct Arg {
    /// Its name.
    pub name: Ident,
    /// What follows the name.
    pub form: Form,
}

/// What follows an argument's name.
pub(crate) enum Form {
    /// Nothing.
    Word,
    /// `= value`.
    Value(TokenStream),
    /// `(..)`.
    List(TokenStream),
}

impl Arg {
    /// The name as text, `crate` and raw identifiers included.
    pub(crate) fn key(&self) -> String {
        self.name.unraw().to_string()
    }

    /// The whole argument, for an error that concerns all of it.
    pub(crate) fn tokens(&self) -> TokenStream {
        let name = &self.name;
        match &self.form {
            Form::Word => quote!(#name),
            Form::Value(value) => quote!(#name = #value),
            Form::List(list) => quote!(#name (#list)),
        }
    }

    /// The value, read as `T`. `usage` shows the legal form: `min = "1ms"`.
    pub(crate) fn value<T: syn::parse::Parse>(&self, usage: &str, report: &mut Report) -> Option<T> {
        let Form::Value(tokens) = &self.form else {
            report.at(self.tokens(), format!("`{}` takes a value: `{usage}`", self.key()));
            return None;
        };
        match syn::parse2(tokens.clone()) {
            Ok(value) => Some(value),
            Err(_) if tokens.is_empty() => {
                report.at(&self.name, format!("`{}` lacks its value: `{usage}`", self.key()));
                None
            }
            Err(_) => {
                let found = tokens.to_string();
                report.at(tokens, format!("expected `{usage}`, found `{found}`"));
                None
            }
        }
    }

    /// The elements of a list, each read as `T`.
    pub(crate) fn list<T: syn::parse::Parse>(&self, usage: &str, report: &mut Report) -> Option<Vec<T>> {
        let Form::List(tokens) = &self.form else {
            report.at(self.tokens(), format!("`{}` takes a list: `{usage}`", self.key()));
            return None;
        };
        let mut items = Vec::new();
        for part in split(tokens.clone()) {
            match syn::parse2(part.clone()) {
                Ok(item) => items.push(item),
                Err(_) => {
                    let found = part.to_string();
                    report.at(part, format!("expected `{usage}`, found `{found}`"));
                }
            }
        }
        Some(items)
    }

    /// Reports a value after an argument that is a word.
    pub(crate) fn word(&self, report: &mut Report) {
        if !matches!(self.form, Form::Word) {
            report.at(self.tokens(), format!("`{0}` takes no value: write `{0}`", self.key()));
        }
    }
}

/// Reads the arguments of one attribute or of several of the same name.
pub(crate) fn read(tokens: TokenStream, report: &mut Report) -> Vec<Arg> {
    let mut args = Vec::new();
    for part in split(tokens) {
        let mut trees = part.clone().into_iter();
        let name = match trees.next() {
            Some(TokenTree::Ident(name)) => name,
            Some(other) => {
                report.at(&other, format!("expected the name of an argument, found `{other}`"));
                continue;
            }
            None => continue,
        };
        let rest: TokenStream = trees.collect();
        let form = match rest.clone().into_iter().next() {
            None => Form::Word,
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {
                Form::Value(rest.into_iter().skip(1).collect())
            }
            Some(TokenTree::Group(group))
                if group.delimiter() == Delimiter::Parenthesis && rest.clone().into_iter().count() == 1 =>
            {
                Form::List(group.stream())
            }
            Some(other) => {
                let message = format!(
                    "expected `{name}`, `{name} = value` or `{name}(..)`, then a comma; found `{other}`"
                );
                report.at(other, message);
                continue;
            }
        };
        args.push(Arg { name, form });
    }
    args
}

/// Reads every attribute called `name` of an item or field.
pub(crate) fn of_attributes(attrs: &[syn::Attribute], name: &str, report: &mut Report) -> Vec<Arg> {
    let mut args = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        match &attr.meta {
            syn::Meta::List(list) => args.extend(read(list.tokens.clone(), report)),
            other => report.at(other, format!("expected arguments in parentheses: `#[{name}(..)]`")),
        }
    }
    args
}

/// What an attribute accepts: the names, and the usage that messages show.
pub(crate) struct Accepted<'a> {
    /// The names.
    pub names: &'a [&'a str],
    /// Of these, the ones that may be written more than once.
    pub repeatable: &'a [&'a str],
    /// Where they are written: `#[config(..)] on a field`.
    pub place: &'a str,
}

/// Keeps the arguments that are accepted; the others and the repeated ones are reported.
pub(crate) fn accept(args: Vec<Arg>, accepted: &Accepted<'_>, report: &mut Report) -> Vec<Arg> {
    let mut kept: Vec<Arg> = Vec::new();
    for arg in args {
        let key = arg.key();
        if !accepted.names.contains(&key.as_str()) {
            let near = did_you_mean(&key, accepted.names.iter().copied());
            report.at(
                &arg.name,
                format!(
                    "{} has no argument `{key}`{near}\naccepted: {}",
                    accepted.place,
                    crate::report::all_of(accepted.names.iter().copied()),
                ),
            );
        } else if !accepted.repeatable.contains(&key.as_str()) && kept.iter().any(|a| a.key() == key) {
            report.at(&arg.name, format!("`{key}` is written twice; once is enough"));
        } else {
            kept.push(arg);
        }
    }
    kept
}

/// Splits at the commas that stand in no bracket, angle brackets included.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = Vec::<TokenTree>::new();
    let mut depth = 0usize;
    for tree in tokens {
        if let TokenTree::Punct(punct) = &tree {
            let arrow =
                matches!(part.last(), Some(TokenTree::Punct(last)) if matches!(last.as_char(), '-' | '='));
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !arrow => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    parts.push(part.drain(..).collect());
                    continue;
                }
                _ => {}
            }
        }
        part.push(tree);
    }
    if !part.is_empty() {
        parts.push(part.into_iter().collect());
    }
    parts
}

/// The path given by `crate = path`, or the usual one.
pub(crate) fn krate(args: &[Arg], usual: &str, report: &mut Report) -> TokenStream {
    let usual_path: syn::Path =
        syn::parse_str(usual).unwrap_or_else(|_| syn::Ident::new("crate", Span::call_site()).into());
    args.iter()
        .find(|arg| arg.key() == "crate")
        .and_then(|arg| arg.value::<PathArg>("crate = path::to::it", report))
        .map_or_else(|| usual_path.to_token_stream(), |path| path.0.to_token_stream())
}

/// A path as in a `use`: keywords such as `crate` are fine, generic arguments are not.
pub(crate) struct PathArg(pub syn::Path);

impl syn::parse::Parse for PathArg {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        input.call(syn::Path::parse_mod_style).map(Self)
    }
}
