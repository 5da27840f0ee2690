// SPDX-License-Identifier: Apache-2.0
//! Every [`Value`] again, as a table of its functions.
//!
//! A field's type is asked for this trait and not for `Value` itself: rustc shows with a missing
//! trait a list of the types that have it, which for `Value` is long, says little and changes
//! whenever anybody adds a config. The one impl here is not shown, so that an author reads what
//! a field may be and nothing else.

use serde_json::Value as Json;

use crate::decode::{FieldReader, Limit, Slot};
use crate::{Decoder, Field, Invalid, Literal, Span, Value, Violation};

/// A type that a config field may have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a config field",
    label = "not a config value",
    note = "a config field is a scalar (bool, integers, f64, String, Duration, ByteSize, Listen, Glob, Secret, PathBuf), an Option, Vec or BTreeMap<String, _> of one, a struct with #[derive(Config)], an enum with #[derive(ConfigValue)], or, under #[config(serde)], any type with serde's Serialize and Deserialize"
)]
pub trait FieldType: Sized + 'static {
    /// What it does as a value.
    const OPS: Ops<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Value> FieldType for T {
    const OPS: Ops<Self> = Ops {
        expected: T::expected,
        nested: T::nested,
        json_schema: T::json_schema,
        check_text: T::check_text,
        from_text: T::from_text,
        absent: T::absent,
        violations: T::violations,
        show: T::show,
        to_literal: T::to_literal,
        tell_default: T::tell_default,
        read: |reader, name, fixed, default, limit| reader.field(name, fixed, default, Some(limit)),
    };
}

/// The functions of [`Value`].
#[allow(missing_docs, reason = "each is called what it is called there")]
#[derive(Debug)]
pub struct Ops<T> {
    pub expected: fn() -> String,
    pub nested: fn() -> Vec<Field>,
    pub json_schema: fn() -> Json,
    pub check_text: fn(&[&str], &str) -> Result<(), Invalid>,
    pub from_text: fn(&str) -> Option<T>,
    pub absent: fn() -> Option<T>,
    pub violations: fn(&T, &str, &mut Vec<Violation>),
    pub show: fn(&T) -> String,
    pub to_literal: fn(&T) -> Literal,
    pub tell_default: fn(&T, Span, &mut Decoder<'_>),
    pub read: Read<T>,
}

/// Reads one field: its name, whether it is fixed, its default and its limit.
type Read<T> = fn(&mut FieldReader<'_, '_, '_>, &'static str, bool, Option<fn() -> T>, Limit<T>) -> Slot<T>;
