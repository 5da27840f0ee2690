// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::ConfigValue;

#[derive(Clone, ConfigValue)]
enum Volume {
    Loud,
    #[config(name = "loud")]
    Louder,
}

fn main() {}
