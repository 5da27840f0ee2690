// SPDX-License-Identifier: Apache-2.0
//! Fields and functions with the names that generated code uses for its own things, and
//! several configs in one scope.

use tracecore_schema::Config;

/// One.
#[derive(Clone, Debug, Config)]
#[config(rule(reader(reader, cx)), rule(rule_0(node)), rule(literals(value)))]
struct One {
    /// A.
    #[config(default = 1)]
    reader: u8,
    /// B.
    #[config(default = 1)]
    cx: u8,
    /// C.
    #[config(default = 1)]
    node: u8,
    /// D.
    #[config(default = 1)]
    value: u8,
    /// E.
    #[config(default = 1)]
    failed: u8,
    /// F.
    #[config(default = 1)]
    path: u8,
    /// G.
    #[config(default = 1)]
    found: u8,
    /// H.
    #[config(default = 1)]
    owner: u8,
    /// I.
    #[config(default = 1)]
    look: u8,
    /// J.
    #[config(default = 1)]
    literal: u8,
    /// K.
    #[config(default = 1)]
    text: u8,
}

fn reader(_: &u8, _: &u8) -> Result<(), String> {
    Err("reader".to_owned())
}

fn rule_0(_: &u8) -> Result<(), String> {
    Err("rule_0".to_owned())
}

fn literals(_: &u8) -> Result<(), String> {
    Err("literals".to_owned())
}

/// Two.
#[derive(Clone, Debug, Config)]
struct Two {
    /// A.
    #[config(default = 1)]
    reader: u8,
}

fn main() {
    let broken: Vec<_> = Config::check(&One::default()).into_iter().map(|found| found.message).collect();
    assert_eq!(broken, ["reader", "rule_0", "literals"]);
    assert_eq!(Two::default().reader, 1);
}
