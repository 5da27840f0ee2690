// SPDX-License-Identifier: Apache-2.0
//! The types of which the macro knows, by their last segment, what may be written: so a wrong
//! default is an error of the component's compilation instead of a panic in somebody's build.
//!
//! A type of another name, or another type of the same name, is left to the schema, which
//! checks again with the real type.

use syn::Type;

use super::model::{last_segment, option_of};

#[path = "../../../schema/src/grammar.rs"]
#[allow(dead_code, unreachable_pub, reason = "the schema uses all of it")]
mod grammar;

/// A type whose texts the macro can read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Duration,
    Size,
    Listen,
    Bool,
    Integer {
        min: i128,
        max: i128,
    },
    Float,
    /// Any text that is not empty.
    Text,
    /// Any text.
    String,
    /// Never written in a file.
    Secret,
    /// Not written as one scalar.
    Collection,
}

/// A value that the macro has read, in a form that can be compared within its type.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) enum Value {
    Whole(i128),
    Real(f64),
    Unordered,
}

impl Known {
    /// The type, or the one within an `Option`, if the macro knows it.
    pub(super) fn of(ty: &Type) -> Option<Self> {
        if let Some(inner) = option_of(ty) {
            return Self::of(inner);
        }
        let segment = last_segment(ty)?;
        if segment.ident == "Vec" || segment.ident == "BTreeMap" {
            return Some(Self::Collection);
        }
        if !segment.arguments.is_empty() {
            return None;
        }
        let integer = |min: i128, max: i128| Some(Self::Integer { min, max });
        match segment.ident.to_string().as_str() {
            "Duration" => Some(Self::Duration),
            "ByteSize" => Some(Self::Size),
            "Listen" => Some(Self::Listen),
            "bool" => Some(Self::Bool),
            "u8" => integer(0, u8::MAX.into()),
            "u16" => integer(0, u16::MAX.into()),
            "u32" => integer(0, u32::MAX.into()),
            "u64" | "usize" => integer(0, u64::MAX.into()),
            "i32" => integer(i32::MIN.into(), i32::MAX.into()),
            "i64" => integer(i64::MIN.into(), i64::MAX.into()),
            "f64" => Some(Self::Float),
            "PathBuf" | "Glob" => Some(Self::Text),
            "String" => Some(Self::String),
            "Secret" => Some(Self::Secret),
            _ => None,
        }
    }

    /// What to write, with an article.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Duration => "a duration such as \"10s\", \"250ms\" or \"1m30s\"".to_owned(),
            Self::Size => "a size such as \"64MiB\" or \"4KB\"".to_owned(),
            Self::Listen => "a host and a port such as \"localhost:9464\"".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Float => "a number".to_owned(),
            Self::Text => "a text that is not empty".to_owned(),
            Self::String => "a text".to_owned(),
            Self::Secret | Self::Collection => "nothing".to_owned(),
        }
    }

    /// Whether a least and a greatest value make sense.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Duration | Self::Size | Self::Integer { .. } | Self::Float)
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// A few words that say what is wrong with it.
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Duration => grammar::parse_duration(text)
                .and_then(|duration| i128::try_from(duration.as_nanos()).map_err(|_| "too long".to_owned()))
                .map(Value::Whole),
            Self::Size => grammar::parse_size(text).map(|size| Value::Whole(size.into())),
            Self::Listen => grammar::parse_listen(text).map(|_| Value::Unordered),
            Self::Bool => {
                text.parse::<bool>().map(|_| Value::Unordered).map_err(|_| "not a boolean".to_owned())
            }
            Self::Integer { min, max } => match text.parse::<i128>() {
                Ok(number) if (min..=max).contains(&number) => Ok(Value::Whole(number)),
                Ok(_) => Err("out of range".to_owned()),
                Err(_) => Err("not a whole number".to_owned()),
            },
            Self::Float => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Real(number)),
                _ => Err("not a number".to_owned()),
            },
            Self::Text if text.is_empty() => Err("empty".to_owned()),
            Self::Text | Self::String => Ok(Value::Unordered),
            Self::Secret => Err("a secret does not stand in source".to_owned()),
            Self::Collection => Err("not written as one scalar".to_owned()),
        }
    }
}
