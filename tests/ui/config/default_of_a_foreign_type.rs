// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// The rest of it.
    #[config(default = "loud")]
    nested: Nested,
}

/// The rest of it.
#[derive(Clone, Config)]
struct Nested {}

fn main() {}
