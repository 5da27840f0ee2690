// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::signal::SeriesDraft;
use tracecore_runtime::{Admission, Failure, Metrics, Processes, Processor, processor};

#[processor(config = Settings)]
struct Sieve;

/// A part of a config, as long as it declares nothing.
#[derive(Clone, tracecore_schema::Config)]
struct Settings {}

impl Processor for Sieve {
    fn open(_: &Settings) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }
}

impl Processes<Metrics> for Sieve {
    fn admit(&mut self, _: &mut SeriesDraft) -> Admission {
        Admission::Keep
    }
}

fn main() {}
