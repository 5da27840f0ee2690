// SPDX-License-Identifier: Apache-2.0
//! `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}` and `$$`: the substitution grammar
//! of OpenTelemetry configuration files, plus `file` for secrets.
//!
//! A scalar with a substitution in it is not text yet: it is a hole in the program, filled at
//! start-up. `$` followed by anything but `{` or `$` stands for itself.

use std::fmt;

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself.
    Text(String),
    /// `${env:NAME}` or `${NAME}`, with the text after `:-` if there is one.
    Env {
        /// The variable.
        name: String,
        /// Used when the variable is unset or empty.
        default: Option<String>,
    },
    /// `${file:PATH}`: the file's content, one final line break removed.
    File(String),
}

/// A scalar with at least one substitution in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// First byte of the offending piece, counted in the scalar's text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Template {
    /// Reads a scalar's text: the plain text, `$$` resolved, or a template.
    ///
    /// # Errors
    ///
    /// A `${` that is not closed, names no variable, or uses an unknown provider.
    pub fn parse(text: &str) -> Result<Result<String, Self>, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            plain.push_str(&rest[..at]);
            let start = text.len() - rest.len() + at;
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix('$') {
                plain.push('$');
                rest = after;
            } else if let Some(body) = after.strip_prefix('{') {
                let Some(close) = body.find('}') else {
                    return Err(TemplateError {
                        start,
                        end: text.len(),
                        message: "`${` is not closed".to_owned(),
                        help: "write `${env:NAME}`, or `$$` for a dollar sign".to_owned(),
                    });
                };
                let end = start + close + 3;
                let part = substitution(&body[..close]).map_err(|(message, help)| TemplateError {
                    start,
                    end,
                    message,
                    help,
                })?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(part);
                rest = &body[close + 1..];
            } else {
                plain.push('$');
                rest = after;
            }
        }
        plain.push_str(rest);
        if parts.is_empty() {
            return Ok(Ok(plain));
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Err(Self { parts }))
    }

    /// The pieces, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text if every substitution falls back to its default; `None` if one has none.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        self.fill(|part| match part {
            Part::Text(text) => Ok(text.clone()),
            Part::Env { default, .. } => default.clone().ok_or(()),
            Part::File(_) => Err(()),
        })
        .ok()
    }

    /// The text, each piece replaced by what `value` gives for it.
    ///
    /// # Errors
    ///
    /// The first error of `value`.
    pub fn fill<E>(&self, mut value: impl FnMut(&Part) -> Result<String, E>) -> Result<String, E> {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(&value(part)?);
        }
        Ok(text)
    }
}

fn substitution(body: &str) -> Result<Part, (String, String)> {
    let (provider, argument) = match body.split_once(':') {
        Some(("env", name)) => ("env", name),
        Some(("file", path)) => ("file", path),
        // `${NAME:-default}` has a colon too.
        Some((_, rest)) if rest.starts_with('-') => ("env", body),
        None => ("env", body),
        Some((other, _)) => {
            return Err((
                format!("unknown provider `{other}` in `${{{body}}}`"),
                "the providers are `env` and `file`: `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}`"
                    .to_owned(),
            ));
        }
    };
    if provider == "file" {
        if argument.is_empty() {
            return Err((
                "`${file:}` names no file".to_owned(),
                "write `${file:/run/secrets/token}`".to_owned(),
            ));
        }
        return Ok(Part::File(argument.to_owned()));
    }
    let (name, default) = match argument.split_once(":-") {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (argument, None),
    };
    let mut chars = name.chars();
    let valid = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if valid {
        Ok(Part::Env { name: name.to_owned(), default })
    } else {
        Err((
            format!("`{name}` is not the name of an environment variable"),
            "a name has letters, digits and `_`, and does not start with a digit; a default follows `:-`"
                .to_owned(),
        ))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(&text.replace('$', "$$"))?,
                Part::Env { name, default: None } => write!(f, "${{env:{name}}}")?,
                Part::Env { name, default: Some(default) } => write!(f, "${{env:{name}:-{default}}}")?,
                Part::File(path) => write!(f, "${{file:{path}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::Template;

    #[test]
    fn the_grammar_of_opentelemetry() {
        assert_eq!(Template::parse("a$$b$c").unwrap(), Ok("a$b$c".to_owned()));
        let template = Template::parse("${HOST:-local}:${env:PORT:-94}$$").unwrap().unwrap_err();
        assert_eq!(template.to_string(), "${env:HOST:-local}:${env:PORT:-94}$$");
        assert_eq!(template.default_text().as_deref(), Some("local:94$"));
        assert!(Template::parse("${file:/x}").unwrap().unwrap_err().default_text().is_none());
    }

    #[test]
    fn what_is_no_substitution_is_refused_at_its_place() {
        for (text, start, message) in [
            ("ab${env:X", 2, "not closed"),
            ("${vault:x}", 0, "unknown provider `vault`"),
            ("${env:1X}", 0, "not the name"),
            ("${}", 0, "not the name"),
            ("${file:}", 0, "names no file"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert_eq!(error.start, start, "{text}");
            assert!(error.message.contains(message), "{text}: {}", error.message);
        }
    }
}
