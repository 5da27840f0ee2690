// SPDX-License-Identifier: Apache-2.0
//! `names: dcgm` or `names: [otel, dcgm]`: one convention, or a list of them.

use serde_json::{Value as Json, json};
use tracecore_schema::{ConfigValue, Decoded, Decoder, Invalid, Literal, Node, NodeKind, Value};

/// Whose names series have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Convention {
    /// OpenTelemetry's, translated as its Collector does it.
    Otel,
    /// Those of DCGM, as dcgm-exporter shows them.
    Dcgm,
}

/// One convention or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Each of them once, in any order.
    pub list: Vec<Convention>,
}

impl Default for Names {
    fn default() -> Self {
        Self { list: vec![Convention::Otel] }
    }
}

impl Names {
    /// Whether series have names of this convention.
    #[must_use]
    pub fn has(&self, convention: Convention) -> bool {
        self.list.contains(&convention)
    }

    fn literal(list: Literal) -> Literal {
        Literal::Struct { name: "Names", fields: vec![("list", list)], defaults: false }
    }
}

impl Value for Names {
    fn expected() -> String {
        format!("{}, or a list of them", Convention::expected())
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        let NodeKind::List(items) = &node.kind else {
            let one = Convention::decode(node, cx)?;
            let list = one.value.map(|one| Self { list: vec![one] });
            return Some(Decoded { value: list, literal: Self::literal(Literal::List(vec![one.literal])) });
        };
        let all = Vec::<Convention>::decode(node, cx)?;
        let list = all.value.unwrap_or_default();
        let twice = (1..list.len()).find(|at| list[..*at].contains(&list[*at]));
        match (items.as_slice(), twice) {
            ([], _) => cx.unexpected(node, &Self::expected(), Invalid::because("no names at all")),
            (_, Some(at)) => cx.unexpected(&items[at], "each once", Invalid::because("listed twice")),
            _ => return Some(Decoded { value: Some(Self { list }), literal: Self::literal(all.literal) }),
        }
        None
    }

    fn check_text(_: &[&str], _: &str) -> Result<(), Invalid> {
        // The field is fixed: a text never fills it.
        Err(Invalid::because("fixed when the binary is built"))
    }

    fn json_schema() -> Json {
        let one = Convention::json_schema();
        let list = json!({"type": "array", "items": one, "minItems": 1, "uniqueItems": true});
        json!({"anyOf": [one, list]})
    }

    fn show(&self) -> String {
        match self.list.as_slice() {
            [only] => only.show(),
            list => format!("[{}]", list.iter().map(Value::show).collect::<Vec<_>>().join(", ")),
        }
    }

    fn to_literal(&self) -> Literal {
        Self::literal(self.list.to_literal())
    }
}
