// SPDX-License-Identifier: Apache-2.0
//! A field of a config struct as a type, and everything that follows from it.
//!
//! `#[derive(Config)]` writes one [`Member`] per field and calls the functions here, so that
//! generated code is data and calls. It also gives a field whose type is no config value one
//! error instead of six: the bound stands on [`Member::Type`], everything else follows from
//! the trait.

use serde_json::{Map, Value as Json};

use crate::decode::{FieldReader, Slot};
use crate::field_type::FieldType;
use crate::{Decoder, Field, Invalid, Literal, Scalar, Span, Text, Value, Violation};

/// One field of a config struct.
pub trait Member: 'static {
    /// The struct.
    type Owner;
    /// The type by which the field is read.
    type Type: FieldType;
    /// The key.
    const NAME: &'static str;
    /// The doc comment.
    const HELP: &'static str;
    /// Whether holes are refused.
    const FIXED: bool = false;
    /// Gives the value of an absent field.
    const DEFAULT: Option<fn() -> Self::Type> = None;
    /// The least and the greatest value.
    const BOUNDS: Bounds = Bounds { min: None, max: None };

    /// Looks at the field.
    fn with<R>(owner: &Self::Owner, look: impl FnOnce(&Self::Type) -> R) -> R;

    /// Checks a complete value against the bounds.
    ///
    /// # Errors
    ///
    /// The value is out of bounds.
    fn limit(value: &Self::Type) -> Result<(), Invalid> {
        let _ = value;
        Ok(())
    }
}

/// The least and the greatest value of a field, as the author wrote them.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The least.
    pub min: Option<&'static str>,
    /// The greatest.
    pub max: Option<&'static str>,
}

impl Bounds {
    fn words(self) -> Vec<String> {
        let least = self.min.map(|min| format!("at least `{min}`"));
        let most = self.max.map(|max| format!("at most `{max}`"));
        least.into_iter().chain(most).collect()
    }
}

/// What can be written as one scalar in an attribute: a scalar, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no `default = ..`, `min` or `max`: it is not written as one scalar",
    label = "not a scalar",
    note = "a bare `default` calls `Default::default()`; a rule across fields can check anything: `rule(check(field))`"
)]
pub trait Written: Value {
    /// The scalar.
    type Inner: Scalar;
    /// The value that is this scalar.
    fn wrap(inner: Self::Inner) -> Self;
    /// The scalar, if there is one.
    fn inner(&self) -> Option<&Self::Inner>;
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Written for T {
    type Inner = T;

    fn wrap(inner: T) -> Self {
        inner
    }

    fn inner(&self) -> Option<&T> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Written for Option<T> {
    type Inner = T;

    fn wrap(inner: T) -> Self {
        Some(inner)
    }

    fn inner(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// The default that an author wrote.
///
/// # Panics
///
/// The text is not such a value. The derive has checked it for the types it knows; for an
/// author's own enum this is where the mistake shows, in the first test or build that looks at
/// the config's fields.
#[must_use]
#[allow(clippy::panic, reason = "an author's mistake that a build shows, never an operator's")]
pub fn written<T: Written>(field: &str, text: &str) -> T {
    match T::Inner::parse(&Text::filled(text)) {
        Ok(inner) => T::wrap(inner),
        Err(invalid) => panic!(
            "#[config] of the field `{field}`: expected {}, found `{text}`: {}",
            <T::Inner as Scalar>::expected(),
            invalid.label
        ),
    }
}

/// The Rust text of the field `M`.
#[must_use]
pub fn literal<M: Member>(owner: &M::Owner) -> Literal {
    M::with(owner, M::Type::OPS.to_literal)
}

/// Tells the compiler what it compares across components of a default.
pub fn tell_default<M: Member>(owner: &M::Owner, place: Span, cx: &mut Decoder<'_>) {
    M::with(owner, |value| (M::Type::OPS.tell_default)(value, place, cx));
}

/// The default of the field `M`, of which the derive knows that there is one.
///
/// # Panics
///
/// There is none.
#[must_use]
#[allow(clippy::panic, reason = "the derive calls it for fields with a default only")]
pub fn default<M: Member>() -> M::Type {
    match absent::<M>() {
        Some(value) => value,
        None => panic!("the field `{}` has no default", M::NAME),
    }
}

/// Checks a value against its field's bounds.
///
/// # Errors
///
/// It is out of bounds; the error says what would have been right.
pub fn bounded<M: Member>(value: &M::Type) -> Result<(), Invalid>
where
    M::Type: Written<Inner: PartialOrd>,
{
    let Some(inner) = value.inner() else { return Ok(()) };
    let bound = |text: &str| written::<M::Type>(M::NAME, text);
    let below = M::BOUNDS.min.filter(|min| bound(min).inner().is_some_and(|min| inner < min));
    let above = M::BOUNDS.max.filter(|max| bound(max).inner().is_some_and(|max| inner > max));
    let label = match (below, above) {
        (Some(min), _) => format!("less than `{min}`"),
        (None, Some(max)) => format!("more than `{max}`"),
        (None, None) => return Ok(()),
    };
    let expected = expected_within(&<<M::Type as Written>::Inner as Scalar>::expected(), M::BOUNDS);
    Err(Invalid { expected: Some(expected), ..Invalid::because(label) })
}

/// "a duration such as `10s`" and at least `1ms` -> "a duration of at least `1ms`".
fn expected_within(expected: &str, bounds: Bounds) -> String {
    let noun = [" such as ", " from "].iter().find_map(|word| expected.split_once(word));
    let noun = noun.map_or(expected, |(noun, _)| noun);
    format!("{noun} of {}", bounds.words().join(" and "))
}

impl FieldReader<'_, '_, '_> {
    /// Reads the field `M`.
    pub fn member<M: Member>(&mut self) -> Slot<M::Type> {
        (M::Type::OPS.read)(self, M::NAME, M::FIXED, M::DEFAULT, M::limit)
    }
}

/// Checks a text that fills the hole at `path` below the field `M`.
///
/// # Errors
///
/// The text is not what the place accepts, or is out of the field's bounds.
pub fn check_text<M: Member>(path: &[&str], text: &str) -> Result<(), Invalid> {
    (M::Type::OPS.check_text)(path, text)?;
    if path.is_empty()
        && (M::BOUNDS.min.is_some() || M::BOUNDS.max.is_some())
        && let Some(value) = (M::Type::OPS.from_text)(text)
    {
        return M::limit(&value);
    }
    Ok(())
}

/// What is wrong with the field `M` of a complete value.
pub fn violations<M: Member>(owner: &M::Owner, path: &str, found: &mut Vec<Violation>) {
    let path = if path.is_empty() { M::NAME.to_owned() } else { format!("{path}.{}", M::NAME) };
    M::with(owner, |value| {
        if let Err(invalid) = M::limit(value) {
            let expected = invalid.expected.unwrap_or_else(M::Type::OPS.expected);
            let message = format!("expected {expected}, found `{}`", (M::Type::OPS.show)(value));
            found.push(Violation { path: path.clone(), message });
        }
        (M::Type::OPS.violations)(value, &path, found);
    });
}

/// Applies a rule across fields of a complete value.
pub fn broken(rule: Result<(), String>, path: &str, found: &mut Vec<Violation>) {
    if let Err(message) = rule {
        found.push(Violation { path: path.to_owned(), message });
    }
}

/// The field `M` for help and reference docs.
#[must_use]
pub fn describe<M: Member>() -> Field {
    Field {
        name: M::NAME,
        help: M::HELP,
        expected: (M::Type::OPS.expected)(),
        default: absent::<M>().as_ref().map(M::Type::OPS.show),
        limits: M::BOUNDS.words(),
        fixed: M::FIXED,
        nested: (M::Type::OPS.nested)(),
    }
}

/// The field `M` as somebody would write it.
#[must_use]
pub fn show<M: Member>(owner: &M::Owner) -> String {
    format!("{}: {}", M::NAME, M::with(owner, M::Type::OPS.show))
}

fn absent<M: Member>() -> Option<M::Type> {
    M::DEFAULT.map(|make| make()).or_else(M::Type::OPS.absent)
}

/// The JSON Schema of a struct, assembled field by field.
#[derive(Debug, Default)]
pub struct ObjectSchema {
    properties: Map<String, Json>,
    required: Vec<Json>,
}

impl ObjectSchema {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the field `M`.
    #[must_use]
    pub fn member<M: Member>(mut self) -> Self {
        let mut schema = (M::Type::OPS.json_schema)();
        if let Json::Object(keys) = &mut schema {
            keys.insert("description".to_owned(), M::HELP.into());
            for (key, bound) in [("minimum", M::BOUNDS.min), ("maximum", M::BOUNDS.max)] {
                let numeric = keys.get("type").is_some_and(|kind| kind == "integer" || kind == "number");
                if let (true, Some(Ok(number))) = (numeric, bound.map(serde_json::from_str::<Json>)) {
                    keys.insert(key.to_owned(), number);
                }
            }
            let default = M::DEFAULT.and_then(|make| as_json(&(M::Type::OPS.show)(&make()), keys));
            if let Some(default) = default {
                keys.insert("default".to_owned(), default);
            }
        }
        if absent::<M>().is_none() {
            self.required.push(M::NAME.into());
        }
        self.properties.insert(M::NAME.to_owned(), schema);
        self
    }

    /// The schema.
    #[must_use]
    pub fn finish(self, help: &str) -> Json {
        let mut schema = serde_json::json!({
            "type": "object",
            "properties": self.properties,
            "additionalProperties": false,
        });
        if let Json::Object(keys) = &mut schema {
            if !help.is_empty() {
                keys.insert("description".to_owned(), help.into());
            }
            if !self.required.is_empty() {
                keys.insert("required".to_owned(), self.required.into());
            }
        }
        schema
    }
}

/// A shown scalar as JSON of the type that its schema names; collections have none.
fn as_json(shown: &str, schema: &Map<String, Json>) -> Option<Json> {
    match schema.get("type").and_then(Json::as_str) {
        Some("integer" | "number" | "boolean") => serde_json::from_str(shown).ok(),
        Some("string") if shown.starts_with('"') => serde_json::from_str(shown).ok(),
        Some("string") => Some(shown.into()),
        None if schema.contains_key("oneOf") => Some(shown.into()),
        _ => None,
    }
}
