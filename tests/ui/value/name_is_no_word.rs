// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::ConfigValue;

#[derive(Clone, ConfigValue)]
enum Volume {
    #[config(name = "Very Loud")]
    Loud,
}

fn main() {}
