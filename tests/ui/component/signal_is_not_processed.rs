// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::signal::SeriesDraft;
use tracecore_runtime::{Admission, Failure, Metrics, Processes, Processor, processor};
use tracecore_ui_tests::RecordsConfig;

#[processor(config = RecordsConfig)]
struct Sieve;

impl Processor for Sieve {
    fn open(_: &RecordsConfig) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }
}

impl Processes<Metrics> for Sieve {
    fn admit(&mut self, _: &mut SeriesDraft) -> Admission {
        Admission::Keep
    }
}

fn main() {}
