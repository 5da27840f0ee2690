// SPDX-License-Identifier: Apache-2.0
//! What a component is called and what it is for.

use std::fmt;

/// What a component does in a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads something and emits it.
    Receiver,
    /// Changes what passes.
    Processor,
    /// Sends it on or shows it.
    Exporter,
}

impl Role {
    /// All roles, in the order in which data passes them.
    pub const ALL: [Self; 3] = [Self::Receiver, Self::Processor, Self::Exporter];

    /// `receiver`, `processor` or `exporter`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Processor => "processor",
            Self::Exporter => "exporter",
        }
    }

    /// The section of a pipeline file: `receivers`, `processors` or `exporters`.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::Receiver => "receivers",
            Self::Processor => "processors",
            Self::Exporter => "exporters",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What kind of data a pipeline carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignalKind {
    /// Numbers in series.
    Metrics,
    /// Records of events.
    Logs,
}

impl SignalKind {
    /// All signals.
    pub const ALL: [Self; 2] = [Self::Metrics, Self::Logs];

    /// `metrics` or `logs`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `kind` or `kind/name`, as written in the pipeline file (contract R6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId {
    text: String,
    kind_len: usize,
}

/// Why a text is no component id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId(pub String);

impl ComponentId {
    /// Reads `kind` or `kind/name`.
    ///
    /// # Errors
    ///
    /// The kind is not `[a-z][a-z0-9_]*`, or the name is empty or has a character other than
    /// letters, digits, `_`, `-` and `.`, or one part is longer than 63 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (kind, Some(name)),
            None => (text, None),
        };
        let kind_fits = kind.starts_with(|c: char| c.is_ascii_lowercase())
            && kind.len() <= 63
            && kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !kind_fits {
            return Err(InvalidId(
                "a kind starts with a lower-case letter and has lower-case letters, digits and `_`"
                    .to_owned(),
            ));
        }
        let name_fits = name.is_none_or(|name| {
            !name.is_empty()
                && name.len() <= 63
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        });
        if !name_fits {
            return Err(InvalidId(
                "the name after `/` has letters, digits, `_`, `-` and `.`, at most 63 of them".to_owned(),
            ));
        }
        Ok(Self { text: text.to_owned(), kind_len: kind.len() })
    }

    /// The part before `/`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.text[..self.kind_len]
    }

    /// The part after `/`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text.get(self.kind_len + 1..)
    }

    /// The whole, as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidId {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::ComponentId;

    #[test]
    fn an_id_is_a_kind_and_perhaps_a_name() {
        let id = ComponentId::parse("hostmetrics/fast").unwrap();
        assert_eq!((id.kind(), id.name(), id.as_str()), ("hostmetrics", Some("fast"), "hostmetrics/fast"));
        assert_eq!(ComponentId::parse("nvml").unwrap().name(), None);
        for bad in ["", "/x", "Nvml", "nvml/", "nv ml", "nvml/a b", "nvml/a/b", "1x"] {
            assert!(ComponentId::parse(bad).is_err(), "{bad}");
        }
    }
}
