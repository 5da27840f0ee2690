// SPDX-License-Identifier: Apache-2.0
//! Holes: what the machine fills at start-up, all of it checked before anything is opened.

use std::fmt::Write;

use tracecore_schema::{Config, Field, Invalid, Part, Scalar, Template, Text};

use super::RunError;

/// One hole of a compiled pipeline.
#[derive(Clone, Copy, Debug)]
pub struct Hole {
    component: &'static str,
    path: &'static [&'static str],
    template: &'static str,
    position: &'static str,
    check: fn(&[&str], &str) -> Result<(), Invalid>,
    fields: fn() -> Vec<Field>,
}

/// A hole in the config `C` of a component. Written by the compiler.
#[must_use]
pub const fn hole<C: Config>(
    component: &'static str,
    path: &'static [&'static str],
    template: &'static str,
    position: &'static str,
) -> Hole {
    Hole { component, path, template, position, check: C::check_text, fields: C::fields }
}

/// The filled holes of a pipeline.
#[derive(Debug, Default)]
pub struct Holes {
    texts: Vec<String>,
}

impl Holes {
    /// Fills every hole from the environment and from files.
    ///
    /// # Errors
    ///
    /// One line per hole that cannot be filled, each naming the field, its place in the
    /// pipeline file, the variable or file, and what was expected.
    pub fn filled(holes: &[Hole]) -> Result<Self, String> {
        let mut texts = Vec::with_capacity(holes.len());
        let mut errors = String::new();
        for hole in holes {
            match hole.fill() {
                Ok(text) => texts.push(text),
                Err(why) => {
                    let field = format!("{}.{}", hole.component, hole.path.join("."));
                    let _ =
                        writeln!(errors, "{}: `{field}`: {why} (from `{}`)", hole.position, hole.template);
                }
            }
        }
        if errors.is_empty() { Ok(Self { texts }) } else { Err(errors.trim_end().to_owned()) }
    }

    /// The value of a hole, by its place in the pipeline's list.
    ///
    /// # Errors
    ///
    /// The text does not fit, which [`filled`](Self::filled) has excluded.
    pub fn fill<T: Scalar>(&self, index: usize) -> Result<T, RunError> {
        let text =
            self.texts.get(index).ok_or_else(|| RunError::Config(format!("there is no hole {index}")))?;
        T::parse(&Text::filled(text)).map_err(|invalid| RunError::Config(invalid.label))
    }
}

impl Hole {
    fn fill(&self) -> Result<String, String> {
        let Ok(Err(template)) = Template::parse(self.template) else {
            return Ok(self.template.to_owned());
        };
        let text = template.fill(|part| match part {
            Part::Text(text) => Ok(text.clone()),
            Part::Env { name, default } => match std::env::var(name) {
                Ok(value) if !value.is_empty() => Ok(value),
                Ok(_) | Err(std::env::VarError::NotPresent) => {
                    default.clone().ok_or_else(|| format!("environment variable {name} is not set"))
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    Err(format!("environment variable {name} is not valid UTF-8"))
                }
            },
            Part::File(path) => std::fs::read_to_string(path)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|error| format!("cannot read {path}: {error}")),
        })?;
        (self.check)(self.path, &text).map_err(|invalid| {
            let expected = invalid.expected.unwrap_or_else(|| expected(&(self.fields)(), self.path));
            let found = invalid.found.unwrap_or_else(|| Text::filled(&text).found());
            let help = invalid.help.map(|help| format!("; {help}")).unwrap_or_default();
            format!("expected {expected}, found {found}: {}{help}", invalid.label)
        })?;
        Ok(text)
    }
}

/// What the field at a path takes; of a place in a list or map, what the whole takes.
fn expected(fields: &[Field], path: &[&str]) -> String {
    let Some((name, below)) = path.split_first() else { return "another value".to_owned() };
    match fields.iter().find(|field| field.name == *name) {
        None => "another value".to_owned(),
        Some(field) if below.is_empty() || field.nested.is_empty() => field.expected.clone(),
        Some(field) => expected(&field.nested, below),
    }
}
