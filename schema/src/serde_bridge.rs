// SPDX-License-Identifier: Apache-2.0
//! Fields under `#[config(serde)]`: types of other crates that know serde and nothing of us.
//!
//! The node becomes a `serde_yaml::Value`, serde reads it, and the path of a failure leads
//! back to the position in the file. Such a value cannot be written as a Rust literal, so the
//! generated code carries it as JSON that [`from_json`] reads at start-up. That cannot fail
//! there: decoding has read the same JSON with the same type already.
//!
//! Invariant: no holes. A value that is read as a whole cannot be known in part.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::Segment;
use serde_yaml::{Mapping, Number, Value as Yaml};

use crate::{
    Decoded, Decoder, Invalid, Literal, Node, NodeKind, Problem, Span, Style, Template, Text, Value,
};

/// A type that serde can read and write. One trait of ours, so that a type without serde
/// support is one error and not one for each of serde's traits.
pub trait SerdeValue: Serialize + DeserializeOwned + Clone + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + 'static> SerdeValue for T {}

/// A field's value that serde reads.
#[derive(Clone, Debug)]
pub struct Serde<T>(pub T);

impl<T: SerdeValue> Value for Serde<T> {
    fn expected() -> String {
        let name = std::any::type_name::<T>();
        let name = name.split('<').next().unwrap_or(name);
        format!("what `{}` reads", name.rsplit("::").next().unwrap_or(name))
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        let yaml = match to_yaml(node) {
            Ok(yaml) => yaml,
            Err((template, span)) => {
                let message = format!(
                    "`{}` is read as a whole when the binary is built, so it takes no `{template}`",
                    cx.path()
                );
                cx.problem(
                    Problem::error(span, message, "not known when the file is compiled")
                        .help("write the value itself"),
                );
                return None;
            }
        };
        let value: T = match serde_path_to_error::deserialize(yaml) {
            Ok(value) => value,
            Err(error) => {
                let place = find(node, error.path().iter());
                let below = match error.path().to_string().as_str() {
                    "." => String::new(),
                    path => format!(".{path}"),
                };
                let message = format!("`{}{below}`: {}", cx.path(), error.inner());
                cx.problem(Problem::error(place.span, message, "does not fit"));
                return None;
            }
        };
        match literal(&value) {
            Ok(literal) => Some(Decoded { value: Some(Self(value)), literal }),
            Err(why) => {
                let message = format!("`{}`: {why}", cx.path());
                cx.problem(
                    Problem::error(node.span, message, "cannot be carried into the binary")
                        .help("the component's author has to fix the type's serde support"),
                );
                None
            }
        }
    }

    fn check_text(_: &[&str], _: &str) -> Result<(), Invalid> {
        Err(Invalid::because("not one value"))
    }

    fn json_schema() -> Json {
        Json::Object(serde_json::Map::new())
    }

    fn to_literal(&self) -> Literal {
        // Only a default is asked for without having been decoded.
        literal(&self.0).unwrap_or_else(|_| Literal::Rust("Default::default()".to_owned()))
    }

    fn show(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_else(|_| Self::expected())
    }
}

/// The call that generated code contains, after a rehearsal of what it will do.
fn literal<T: Serialize + DeserializeOwned>(value: &T) -> Result<Literal, String> {
    let json = serde_json::to_string(value).map_err(|error| format!("it has no JSON: {error}"))?;
    let again: T =
        serde_json::from_str(&json).map_err(|error| format!("it cannot read what it writes: {error}"))?;
    if serde_json::to_string(&again).ok().as_ref() != Some(&json) {
        return Err("it reads something else than it writes".to_owned());
    }
    Ok(Literal::Rust(format!("rt::from_json({json:?})")))
}

/// The value that decoding wrote into generated code.
///
/// # Panics
///
/// The type cannot read it, which decoding has excluded: it has read this very text.
#[must_use]
#[allow(clippy::panic, reason = "the compiler writes only what it has read with the same type")]
pub fn from_json<T: DeserializeOwned>(json: &str) -> T {
    match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => panic!("`{json}` in generated code: {error}"),
    }
}

/// The node as serde knows YAML; an error is the first hole in it.
fn to_yaml(node: &Node) -> Result<Yaml, (&Template, Span)> {
    Ok(match &node.kind {
        NodeKind::Null => Yaml::Null,
        NodeKind::Scalar(text) => scalar(text),
        NodeKind::Template(template) => return Err((template, node.span)),
        NodeKind::List(items) => Yaml::Sequence(items.iter().map(to_yaml).collect::<Result<_, _>>()?),
        NodeKind::Map(entries) => {
            let mut map = Mapping::new();
            for (key, value) in entries {
                map.insert(Yaml::String(key.text.clone()), to_yaml(value)?);
            }
            Yaml::Mapping(map)
        }
    })
}

/// What YAML's core schema reads a scalar as.
fn scalar(text: &Text) -> Yaml {
    if text.style != Style::Plain {
        return Yaml::String(text.text.clone());
    }
    match text.text.as_str() {
        "true" => return Yaml::Bool(true),
        "false" => return Yaml::Bool(false),
        _ => {}
    }
    if text.is_number()
        && let Ok(number) = text.text.parse::<Number>()
    {
        return Yaml::Number(number);
    }
    Yaml::String(text.text.clone())
}

/// The node at a path, or the last one on the way that exists.
fn find<'n, 'p>(mut node: &'n Node, path: impl Iterator<Item = &'p Segment>) -> &'n Node {
    for segment in path {
        let next = match (segment, &node.kind) {
            (Segment::Seq { index }, NodeKind::List(items)) => items.get(*index),
            (Segment::Map { key }, _) => node.get(key).map(|(_, value)| value),
            (Segment::Enum { variant }, _) => node.get(variant).map(|(_, value)| value),
            _ => None,
        };
        let Some(next) = next else { break };
        node = next;
    }
    node
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::collections::BTreeMap;

    use super::{Serde, from_json};
    use crate::{Decoder, FileId, Key, Literal, Node, NodeKind, Span, Style, Template, Text, Value};

    type Ports = BTreeMap<String, Vec<u16>>;

    fn node(start: u32, kind: NodeKind) -> Node {
        Node { span: Span::new(FileId(0), start, start + 1), kind }
    }

    fn text(start: u32, text: &str) -> Node {
        node(start, NodeKind::Scalar(Text { text: text.to_owned(), style: Style::Plain }))
    }

    fn ports(items: Vec<Node>) -> Node {
        let key = Key { text: "web".to_owned(), span: Span::default() };
        node(1, NodeKind::Map(vec![(key, node(2, NodeKind::List(items)))]))
    }

    #[test]
    fn a_value_reaches_the_binary_as_the_json_that_was_rehearsed() {
        let mut problems = Vec::new();
        let decoded =
            Serde::<Ports>::decode(&ports(vec![text(3, "80")]), &mut Decoder::new("r", &mut problems))
                .unwrap();
        assert_eq!(decoded.literal, Literal::Rust(r#"rt::from_json("{\"web\":[80]}")"#.to_owned()));
        assert_eq!(from_json::<Ports>(r#"{"web":[80]}"#), decoded.value.unwrap().0);
    }

    #[test]
    fn a_mistake_is_shown_where_it_stands() {
        let mut problems = Vec::new();
        let wrong = ports(vec![text(3, "80"), text(7, "99999")]);
        assert!(Serde::<Ports>::decode(&wrong, &mut Decoder::new("r", &mut problems)).is_none());
        assert_eq!((problems.len(), problems[0].span.start), (1, 7));
        assert!(problems[0].message.starts_with("`r.web[1]`: invalid value"), "{}", problems[0].message);
    }

    #[test]
    fn a_hole_is_refused_where_it_stands() {
        let template = Template::parse("${env:PORT}").unwrap().unwrap_err();
        let mut problems = Vec::new();
        let wrong = ports(vec![node(5, NodeKind::Template(template))]);
        assert!(Serde::<Ports>::decode(&wrong, &mut Decoder::new("r", &mut problems)).is_none());
        assert_eq!((problems.len(), problems[0].span.start), (1, 5));
    }
}
