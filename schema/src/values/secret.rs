// SPDX-License-Identifier: Apache-2.0
//! Secrets: named in the file, never written in it, never shown.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::{Decoded, Decoder, Invalid, Literal, Node, NodeKind, Part, Problem, Value};

/// Where a secret is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable, read once.
    Env(String),
    /// A file, read again when it changes.
    File(PathBuf),
}

/// A text that only the running process may know. `Debug` and explanations show where it is
/// kept, never what it is. The runtime reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    source: SecretSource,
}

impl Secret {
    /// The secret in an environment variable.
    #[must_use]
    pub fn env(name: impl Into<String>) -> Self {
        Self { source: SecretSource::Env(name.into()) }
    }

    /// The secret in a file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { source: SecretSource::File(path.into()) }
    }

    /// Where it is kept.
    #[must_use]
    pub const fn source(&self) -> &SecretSource {
        &self.source
    }

    /// Reads it now. A final line break of a file is removed.
    ///
    /// # Errors
    ///
    /// The variable is unset or empty, or the file cannot be read or is empty; the text names
    /// the place and never the secret.
    pub fn read(&self) -> Result<String, String> {
        let text = match &self.source {
            SecretSource::Env(name) => {
                std::env::var(name).map_err(|_| format!("environment variable {name} is not set"))?
            }
            SecretSource::File(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?,
        };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() { Err(format!("{self:?} is empty")) } else { Ok(text.to_owned()) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            SecretSource::Env(name) => write!(f, "${{env:{name}}}"),
            SecretSource::File(path) => write!(f, "${{file:{}}}", path.display()),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

const EXPECTED: &str = "a reference to a secret: `${env:NAME}` or `${file:/path}`";

impl Value for Secret {
    fn expected() -> String {
        EXPECTED.to_owned()
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        let NodeKind::Template(template) = &node.kind else {
            // The message must not repeat what may be a secret.
            let message = format!("`{}`: expected {EXPECTED}, found a value", cx.path());
            cx.problem(
                Problem::error(node.span, message, "a secret does not stand in a file that is compiled")
                    .help("keep it in an environment variable or in a file"),
            );
            return None;
        };
        let secret = match template.parts() {
            [Part::Env { name, default: None }] => Self::env(name),
            [Part::File(path)] => Self::file(path),
            _ => {
                let message = format!("`{}`: expected {EXPECTED}, found more than that", cx.path());
                cx.problem(Problem::error(
                    node.span,
                    message,
                    "one reference, without text or default around it",
                ));
                return None;
            }
        };
        let literal = secret.to_literal();
        Some(Decoded { value: Some(secret), literal })
    }

    fn check_text(_: &[&str], _: &str) -> Result<(), Invalid> {
        Ok(())
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^\\$\\{(env:)?[A-Za-z_][A-Za-z0-9_]*\\}$|^\\$\\{file:.+\\}$"})
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }

    fn to_literal(&self) -> Literal {
        Literal::Rust(match &self.source {
            SecretSource::Env(name) => format!("rt::Secret::env({name:?})"),
            SecretSource::File(path) => format!("rt::Secret::file({:?})", path.to_string_lossy()),
        })
    }
}
