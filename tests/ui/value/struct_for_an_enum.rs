// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::ConfigValue;

#[derive(Clone, ConfigValue)]
struct Volume {
    loud: bool,
}

fn main() {}
