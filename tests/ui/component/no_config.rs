// SPDX-License-Identifier: Apache-2.0
use std::time::Duration;

use tracecore_runtime::{Batch, ErrorKind, Failure, Open, Pace, Receiver, Registrar, receiver};
use tracecore_ui_tests::{Beats, ReceiverConfig};

#[receiver(metrics = Beats, errors(read))]
struct Heartbeat;

impl Receiver for Heartbeat {
    fn pace(_: &ReceiverConfig) -> Pace {
        Pace::every(Duration::from_secs(1))
    }

    fn open(_: ReceiverConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Err(HeartbeatKind::Read.because("no heart"))
    }

    fn discover(&mut self, _: &mut Registrar<'_, Beats>) -> Result<(), Failure<Self>> {
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Failure<Self>> {
        let _ = out;
        Ok(())
    }
}

fn main() {}
