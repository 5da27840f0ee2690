// SPDX-License-Identifier: Apache-2.0
//! The arguments of an attribute: `word`, `name = value` and `name(..)`, separated by commas.
//!
//! They are split by hand, so that one argument that is wrong does not hide the others; what
//! a value means is decided by whoever asks for it.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;

use crate::report::{Report, did_you_mean};

/// One argument.
#[derive(Clone)]
pub(crate) struct Arg {
    /// Its name.
    pub name: Ident,
    /// What follows the name.
    pub form: Form,
    /// How it is written: `min = "1ms"`.
    usage: &'static str,
}

/// What follows an argument's name.
#[derive(Clone)]
pub(crate) enum Form {
    /// Nothing.
    Word,
    /// `= value`.
    Value(TokenStream),
    /// `(..)`.
    List(TokenStream),
}

/// What an attribute accepts.
pub(crate) struct Accepted {
    /// Where it stands: "`#[config(..)]` on a field".
    pub place: &'static str,
    /// Each argument's name and how it is written.
    pub args: &'static [(&'static str, &'static str)],
    /// Of these, the ones that may be written more than once.
    pub repeatable: &'static [&'static str],
    /// Arguments that are written somewhere else, and where.
    pub elsewhere: &'static [(&'static [&'static str], &'static str)],
}

impl Accepted {
    /// Reads the arguments of every attribute called `name`.
    pub(crate) fn attributes(&self, attrs: &[syn::Attribute], name: &str, report: &mut Report) -> Args {
        let mut args = Vec::new();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
            match &attr.meta {
                syn::Meta::List(list) => args.extend(split_args(list.tokens.clone(), report)),
                other => report.at(other, format!("expected arguments in parentheses: `#[{name}(..)]`")),
            }
        }
        self.keep(args, report)
    }

    /// Reads the arguments of an attribute macro.
    pub(crate) fn macro_args(&self, tokens: TokenStream, report: &mut Report) -> Args {
        let args = split_args(tokens, report);
        self.keep(args, report)
    }

    /// Keeps what is accepted; the others and the repeated ones are reported.
    fn keep(&self, args: Vec<Arg>, report: &mut Report) -> Args {
        let mut kept: Vec<Arg> = Vec::new();
        for mut arg in args {
            let key = arg.key();
            let Some((_, usage)) = self.args.iter().find(|(name, _)| *name == key) else {
                let elsewhere = self.elsewhere.iter().find(|(names, _)| names.contains(&key.as_str()));
                if let Some((_, place)) = elsewhere {
                    report.at(&arg.name, format!("`{key}` does not belong here but {place}"));
                    continue;
                }
                let near = did_you_mean(&key, self.args.iter().map(|(name, _)| *name));
                let usages: Vec<_> = self.args.iter().map(|(_, usage)| format!("`{usage}`")).collect();
                let usages = usages.join(", ");
                report.at(
                    &arg.name,
                    format!("{} has no argument `{key}`{near}\naccepted: {usages}", self.place),
                );
                continue;
            };
            arg.usage = usage;
            if !self.repeatable.contains(&key.as_str()) && kept.iter().any(|known| known.key() == key) {
                report.at(&arg.name, format!("`{key}` is written twice; once is enough"));
            } else {
                kept.push(arg);
            }
        }
        Args(kept)
    }
}

/// The arguments that were accepted.
pub(crate) struct Args(Vec<Arg>);

impl Args {
    /// The argument of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|arg| arg.key() == name)
    }

    /// All arguments of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Arg> {
        self.0.iter().filter(move |arg| arg.key() == name)
    }

    /// All arguments.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arg> {
        self.0.iter()
    }

    /// The path given by `crate = path`, or the usual one.
    pub(crate) fn krate(&self, usual: TokenStream, report: &mut Report) -> TokenStream {
        let given = self.get("crate").and_then(|arg| arg.value::<PathArg>(report));
        given.map_or(usual, |path| path.0.to_token_stream())
    }
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

    /// Where its value begins, or else its name.
    pub(crate) fn place(&self) -> Span {
        match &self.form {
            Form::Value(value) if !value.is_empty() => value.span(),
            _ => self.name.span(),
        }
    }

    /// The value, read as `T`.
    pub(crate) fn value<T: Parse>(&self, report: &mut Report) -> Option<T> {
        let Form::Value(tokens) = &self.form else {
            report.at(self.tokens(), format!("`{}` takes a value: `{}`", self.key(), self.usage));
            return None;
        };
        if tokens.is_empty() {
            report.at(&self.name, format!("`{}` lacks its value: `{}`", self.key(), self.usage));
            return None;
        }
        self.read(tokens.clone(), report)
    }

    /// The elements of a list, each read as `T`.
    pub(crate) fn list<T: Parse>(&self, report: &mut Report) -> Vec<T> {
        let Form::List(tokens) = &self.form else {
            report.at(self.tokens(), format!("`{}` takes a list: `{}`", self.key(), self.usage));
            return Vec::new();
        };
        if tokens.is_empty() {
            report.at(&self.name, format!("`{}` is empty: `{}`", self.key(), self.usage));
        }
        split(tokens.clone()).into_iter().filter_map(|part| self.read(part, report)).collect()
    }

    fn read<T: Parse>(&self, tokens: TokenStream, report: &mut Report) -> Option<T> {
        let found = tokens.to_string();
        let value = syn::parse2(tokens.clone());
        if value.is_err() {
            report.at(tokens, format!("expected `{}`, found `{found}`", self.usage));
        }
        value.ok()
    }

    /// Whether it is there; it must be a bare word.
    pub(crate) fn word(&self, report: &mut Report) -> bool {
        if !matches!(self.form, Form::Word) {
            report.at(self.tokens(), format!("`{0}` takes no value: write `{0}`", self.key()));
        }
        true
    }
}

/// Reads arguments without looking at their names.
pub(crate) fn split_args(tokens: TokenStream, report: &mut Report) -> Vec<Arg> {
    split(tokens).into_iter().filter_map(|part| arg(part, report)).collect()
}

fn arg(part: TokenStream, report: &mut Report) -> Option<Arg> {
    let mut trees = part.into_iter();
    let name = match trees.next()? {
        TokenTree::Ident(name) => name,
        other => {
            report.at(&other, format!("expected the name of an argument, found `{other}`"));
            return None;
        }
    };
    let mut rest: Vec<TokenTree> = trees.collect();
    let form = match rest.as_slice() {
        [] => Form::Word,
        [TokenTree::Punct(punct), ..] if punct.as_char() == '=' => Form::Value(rest.drain(1..).collect()),
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            Form::List(group.stream())
        }
        [other, ..] => {
            report
                .at(other, format!("expected a comma, `= value` or `(..)` after `{name}`, found `{other}`"));
            return None;
        }
    };
    Some(Arg { name, form, usage: "" })
}

/// Splits at the commas that stand in no bracket, angle brackets included.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = Vec::<TokenTree>::new();
    let mut depth = 0usize;
    for tree in tokens {
        if let TokenTree::Punct(punct) = &tree {
            let arrow = matches!(part.last(), Some(TokenTree::Punct(last)) if "-=".contains(last.as_char()));
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

/// A path as in a `use`: keywords such as `crate` are fine, generic arguments are not.
pub(crate) struct PathArg(pub syn::Path);

impl Parse for PathArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(syn::Path::parse_mod_style).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{split, split_args};
    use crate::report::Report;

    #[test]
    fn commas_in_angle_brackets_do_not_separate() {
        let parts = split(quote!(a = Set<A, B>, b = f(x, y), c = fn(A) -> B, d));
        let parts: Vec<_> = parts.iter().map(|part| part.to_string().replace(' ', "")).collect();
        assert_eq!(parts, ["a=Set<A,B>", "b=f(x,y)", "c=fn(A)->B", "d"]);
    }

    #[test]
    fn a_wrong_argument_does_not_hide_the_others() {
        let mut report = Report::default();
        let args = split_args(quote!("x", a b, c = 1, 2, d), &mut report);
        let names: Vec<_> = args.iter().map(super::Arg::key).collect();
        assert_eq!(names, ["c", "d"]);
        assert_eq!(report.messages().len(), 3);
    }
}
