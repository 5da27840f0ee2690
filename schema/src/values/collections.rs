// SPDX-License-Identifier: Apache-2.0
//! `Option`, `Vec` and maps from text.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::{Decoded, Decoder, Field, Invalid, Literal, Node, NodeKind, Span, Value, Violation};

impl<T: Value> Value for Option<T> {
    fn expected() -> String {
        T::expected()
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        if node.kind == NodeKind::Null {
            return Some(Decoded { value: Some(None), literal: Literal::Rust("None".to_owned()) });
        }
        let decoded = T::decode(node, cx)?;
        Some(Decoded { value: decoded.value.map(Some), literal: Literal::Some(Box::new(decoded.literal)) })
    }

    fn check_text(path: &[&str], text: &str) -> Result<(), Invalid> {
        T::check_text(path, text)
    }

    fn from_text(text: &str) -> Option<Self> {
        T::from_text(text).map(Some)
    }

    fn nested() -> Vec<Field> {
        T::nested()
    }

    fn violations(&self, path: &str, found: &mut Vec<Violation>) {
        if let Some(value) = self {
            value.violations(path, found);
        }
    }

    fn json_schema() -> Json {
        json!({"anyOf": [T::json_schema(), {"type": "null"}]})
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Value::show)
    }

    fn to_literal(&self) -> Literal {
        match self {
            Some(value) => Literal::Some(Box::new(value.to_literal())),
            None => Literal::Rust("None".to_owned()),
        }
    }

    fn tell_default(&self, place: Span, cx: &mut Decoder<'_>) {
        self.iter().for_each(|value| value.tell_default(place, cx));
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Value> Value for Vec<T> {
    fn expected() -> String {
        format!("a list, each item {}", T::expected())
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        let NodeKind::List(items) = &node.kind else {
            let mut invalid = Invalid::because("not a list");
            if matches!(node.kind, NodeKind::Scalar(_) | NodeKind::Template(_)) {
                invalid = invalid.help("write it in brackets: `[..]`");
            }
            cx.unexpected(node, &Self::expected(), invalid);
            return None;
        };
        // Every item is decoded, so that each of them can show its mistake.
        let decoded: Vec<Option<Decoded<T>>> =
            items.iter().enumerate().map(|(i, item)| cx.within(i, |cx| T::decode(item, cx))).collect();
        let decoded: Vec<Decoded<T>> = decoded.into_iter().collect::<Option<_>>()?;
        let (values, literals): (Vec<_>, Vec<_>) = decoded.into_iter().map(|d| (d.value, d.literal)).unzip();
        Some(Decoded { value: values.into_iter().collect(), literal: Literal::List(literals) })
    }

    fn check_text(path: &[&str], text: &str) -> Result<(), Invalid> {
        T::check_text(path.get(1..).unwrap_or_default(), text)
    }

    fn nested() -> Vec<Field> {
        T::nested()
    }

    fn violations(&self, path: &str, found: &mut Vec<Violation>) {
        for (i, item) in self.iter().enumerate() {
            item.violations(&format!("{path}.{i}"), found);
        }
    }

    fn json_schema() -> Json {
        json!({"type": "array", "items": T::json_schema()})
    }

    fn show(&self) -> String {
        let items: Vec<_> = self.iter().map(Value::show).collect();
        format!("[{}]", items.join(", "))
    }

    fn to_literal(&self) -> Literal {
        Literal::List(self.iter().map(Value::to_literal).collect())
    }

    fn tell_default(&self, place: Span, cx: &mut Decoder<'_>) {
        self.iter().for_each(|value| value.tell_default(place, cx));
    }
}

impl<T: Value> Value for BTreeMap<String, T> {
    fn expected() -> String {
        format!("a map, each value {}", T::expected())
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        let NodeKind::Map(entries) = &node.kind else {
            cx.unexpected(node, &Self::expected(), Invalid::because("not a map"));
            return None;
        };
        let decoded: Vec<Option<(String, Decoded<T>)>> = entries
            .iter()
            .map(|(key, item)| {
                let decoded = cx.within(&key.text, |cx| T::decode(item, cx));
                decoded.map(|decoded| (key.text.clone(), decoded))
            })
            .collect();
        let decoded: Vec<(String, Decoded<T>)> = decoded.into_iter().collect::<Option<_>>()?;
        let literal = Literal::Map(decoded.iter().map(|(k, d)| (k.clone(), d.literal.clone())).collect());
        let value = decoded.into_iter().map(|(key, decoded)| Some((key, decoded.value?))).collect();
        Some(Decoded { value, literal })
    }

    fn check_text(path: &[&str], text: &str) -> Result<(), Invalid> {
        T::check_text(path.get(1..).unwrap_or_default(), text)
    }

    fn nested() -> Vec<Field> {
        T::nested()
    }

    fn violations(&self, path: &str, found: &mut Vec<Violation>) {
        for (key, item) in self {
            item.violations(&format!("{path}.{key}"), found);
        }
    }

    fn json_schema() -> Json {
        json!({"type": "object", "additionalProperties": T::json_schema()})
    }

    fn show(&self) -> String {
        let items: Vec<_> = self.iter().map(|(key, value)| format!("{key}: {}", value.show())).collect();
        format!("{{{}}}", items.join(", "))
    }

    fn to_literal(&self) -> Literal {
        Literal::Map(self.iter().map(|(key, value)| (key.clone(), value.to_literal())).collect())
    }

    fn tell_default(&self, place: Span, cx: &mut Decoder<'_>) {
        self.values().for_each(|value| value.tell_default(place, cx));
    }
}
