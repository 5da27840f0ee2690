// SPDX-License-Identifier: Apache-2.0
//! What stands in the place of a config that an attribute macro was not given.
//!
//! The macro writes `Missing<{ compile_error!("..") }>`: a type with an error in it, so that
//! the missing config is one error and rustc is silent about everything that follows from it.
//! Nothing here ever runs.

use serde_json::Value as Json;

use crate::{
    Config, Declaration, Decoded, Decoder, Descriptor, Field, Invalid, Literal, Node, Role, Value, signals,
};

/// No config.
#[derive(Clone, Debug)]
pub struct Missing<const ERROR: bool>;

impl<const ERROR: bool> Value for Missing<ERROR> {
    fn expected() -> String {
        String::new()
    }

    fn decode(_: &Node, _: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        None
    }

    fn check_text(_: &[&str], _: &str) -> Result<(), Invalid> {
        Err(Invalid::default())
    }

    fn json_schema() -> Json {
        Json::Null
    }

    fn show(&self) -> String {
        String::new()
    }

    fn to_literal(&self) -> Literal {
        Literal::Rust(String::new())
    }
}

impl<const ERROR: bool> Config for Missing<ERROR> {
    fn fields() -> Vec<Field> {
        Vec::new()
    }
}

impl<const ERROR: bool> Declaration for Missing<ERROR> {
    type Signals = signals::Metrics;
    const KIND: &'static str = "";
    const ROLE: Role = Role::Receiver;
    const HELP: &'static str = "";
    const METRICS: &'static [Descriptor] = &[];
}
