// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::ConfigValue;

#[derive(Clone, ConfigValue)]
enum Volume {
    Loud,
    Exactly(u8),
}

fn main() {}
