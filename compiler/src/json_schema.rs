// SPDX-License-Identifier: Apache-2.0
//! The JSON Schema of a whole pipeline file, from the catalog, for editors:
//! `# yaml-language-server: $schema=..`.

use serde_json::{Map, Value as Json, json};
use tracecore_schema::{Catalog, Config as _, Field, Role, SignalKind, Value as _, telemetry};

/// The schema of every file that a compilation with this catalog takes.
#[must_use]
pub fn json_schema(catalog: &Catalog) -> Json {
    let mut sections = Map::new();
    let telemetry = open(telemetry::Config::json_schema(), &telemetry::Config::fields());
    sections.insert("telemetry".to_owned(), required(telemetry, "enabled"));
    for role in Role::ALL {
        let entries = catalog.entries().iter().filter(|entry| entry.role == role);
        let kinds: Map<String, Json> = entries
            .map(|entry| {
                let config = open((entry.json_schema)(), &(entry.fields)());
                let any = json!({"description": entry.help, "anyOf": [config, {"type": "null"}]});
                (format!("^{}(/[A-Za-z0-9_.-]{{1,63}})?$", entry.kind), any)
            })
            .collect();
        let section =
            json!({"type": ["object", "null"], "patternProperties": kinds, "additionalProperties": false});
        sections.insert(role.section().to_owned(), section);
    }
    sections.insert("pipelines".to_owned(), pipelines());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "TraceCore pipeline file",
        "type": "object",
        "properties": sections,
        "required": ["pipelines"],
        "additionalProperties": false,
        "$defs": {"substitution": {"type": "string", "pattern": "\\$\\{"}},
    })
}

fn pipelines() -> Json {
    let signals = SignalKind::ALL.map(SignalKind::name).join("|");
    let ids = |least: u32| json!({"type": "array", "items": {"type": "string"}, "minItems": least, "uniqueItems": true});
    let pipeline = json!({
        "type": "object",
        "properties": {"receivers": ids(1), "processors": ids(0), "exporters": ids(1)},
        "required": ["receivers", "exporters"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "patternProperties": {format!("^({signals})(/[A-Za-z0-9_.-]{{1,63}})?$"): pipeline},
        "additionalProperties": false,
        "minProperties": 1,
    })
}

fn required(mut schema: Json, field: &str) -> Json {
    if let Json::Object(keys) = &mut schema {
        keys.insert("required".to_owned(), json!([field]));
    }
    schema
}

/// Lets fields that are not fixed take a `${..}`.
fn open(mut schema: Json, fields: &[Field]) -> Json {
    let Some(Json::Object(properties)) = schema.get_mut("properties") else { return schema };
    for field in fields.iter().filter(|field| !field.fixed) {
        let Some(property) = properties.get_mut(field.name) else { continue };
        *property = match field.nested.as_slice() {
            [] => holes(property.take()),
            nested => open(property.take(), nested),
        };
    }
    schema
}

/// Lets each scalar below take a `${..}`.
fn holes(mut schema: Json) -> Json {
    let Json::Object(keys) = &mut schema else { return schema };
    for below in ["items", "additionalProperties"] {
        if let Some(inner) = keys.get_mut(below).filter(|inner| inner.is_object()) {
            *inner = holes(inner.take());
        }
    }
    if let Some(Json::Array(any)) = keys.get_mut("anyOf") {
        *any = any.drain(..).map(holes).collect();
        return schema;
    }
    let scalar = match keys.get("type").and_then(Json::as_str) {
        Some("string" | "integer" | "number" | "boolean") => true,
        _ => keys.contains_key("enum"),
    };
    if !scalar {
        return schema;
    }
    let mut outer = Map::new();
    for shown in ["description", "default"] {
        outer.extend(keys.remove_entry(shown));
    }
    outer.insert("anyOf".to_owned(), json!([schema, {"$ref": "#/$defs/substitution"}]));
    Json::Object(outer)
}
