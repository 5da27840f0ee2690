// SPDX-License-Identifier: Apache-2.0
use std::time::Duration;

use tracecore_runtime::{Failure, Open, Pace, Receiver, Registrar, receiver};
use tracecore_ui_tests::{Beats, ReceiverConfig};

#[receiver(config = ReceiverConfig, metrics = Beats)]
struct Heartbeat;

impl Receiver for Heartbeat {
    fn pace(_: &ReceiverConfig) -> Pace {
        Pace::every(Duration::from_secs(1))
    }

    fn open(_: ReceiverConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }

    fn discover(&mut self, _: &mut Registrar<'_, Beats>) -> Result<(), Failure<Self>> {
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        out.logs.record(0).body("a beat");
        Ok(())
    }
}

fn main() {}
