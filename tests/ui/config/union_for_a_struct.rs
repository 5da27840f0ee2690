// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Copy, Config)]
union Heart {
    loud: u8,
}

fn main() {}
