// SPDX-License-Identifier: Apache-2.0
//! Counts its own ticks.

use tracecore_runtime::{Batch, Failure, Open, Pace, Receiver, Registrar, Slot, receiver};

use super::{Config, Metrics};

/// Emits one data point per tick.
#[receiver(config = Config, metrics = Metrics)]
#[derive(Debug)]
pub struct ClockReceiver {
    count: u64,
    ticks: Slot<u64>,
}

impl Receiver for ClockReceiver {
    fn pace(config: &Config) -> Pace {
        Pace::every(config.interval)
    }

    fn open(_: Config, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self { count: 0, ticks: Slot::OFF })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        // Called again from time to time: a series begins once.
        if !self.ticks.is_on() {
            self.ticks = series.begin(|metrics| metrics.ticks, []);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Failure<Self>> {
        self.count += 1;
        out.set(self.ticks, self.count);
        Ok(())
    }
}
