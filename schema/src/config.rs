// SPDX-License-Identifier: Apache-2.0
//! Config types and the declaration of a component: what `#[derive(Config)]` implements.

use std::fmt;

use crate::signals::SignalSet;
use crate::{Descriptor, Role, SignalKind, Value};

/// A struct whose fields an operator may write. Derive it.
///
/// The derive also writes `Default`, from the fields' own defaults, if every field may be
/// absent; so a config does not derive `Default` itself.
pub trait Config: Value {
    /// The fields, in declaration order.
    fn fields() -> Vec<Field>;

    /// What is wrong with a complete value: limits and rules, all of them.
    fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        self.violations("", &mut found);
        found
    }
}

/// The config of a component, and so the component's declaration. Derive it with
/// `#[config(receiver = "..")]`, `#[config(processor = "..")]` or `#[config(exporter = "..")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no component",
    label = "not a component's config",
    note = "derive it: #[derive(Config)] #[config(receiver = \"name\", signal = metrics, rust = Type)]"
)]
pub trait Declaration: Config {
    /// The name in pipeline files.
    const KIND: &'static str;
    /// What it does in a pipeline.
    const ROLE: Role;
    /// The signals it may carry.
    type Signals: SignalSet;
    /// The signals, one by one.
    const SIGNALS: &'static [SignalKind] = Self::Signals::KINDS;
    /// One or more sentences: the doc comment.
    const HELP: &'static str;
    /// The metrics that it may emit.
    const METRICS: &'static [Descriptor];

    /// The metrics that it may emit, one by one.
    fn metrics() -> Vec<&'static Descriptor> {
        Self::METRICS.iter().collect()
    }
}

/// A field of a config, for help and reference docs.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// One or more sentences: the doc comment.
    pub help: &'static str,
    /// What to write.
    pub expected: String,
    /// The default as somebody would write it; `None` if the field is required.
    pub default: Option<String>,
    /// Limits in words: "at least `1ms`".
    pub limits: Vec<String>,
    /// Whether it is fixed when the binary is built.
    pub fixed: bool,
    /// The fields of a nested struct.
    pub nested: Vec<Field>,
}

/// A limit or rule that a complete config breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field within the component; empty for a rule across fields.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "`{}`: {}", self.path, self.message)
        }
    }
}
