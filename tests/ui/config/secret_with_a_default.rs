// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
struct Heart {
    /// Who may hear it.
    #[config(default = "hunter2")]
    token: tracecore_schema::Secret,
}

fn main() {}
