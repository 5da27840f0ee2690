// SPDX-License-Identifier: Apache-2.0
//! A receiver whose readings cost nothing, so that what is measured is everything else.

use std::time::Duration;

use tracecore_runtime::{Failure, Open, Pace, Receiver, Registrar, Slot, receiver};
use tracecore_schema::{Attribute, Counter, Gauge};

/// A number of devices with a number of series each.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(receiver = "synthetic", signal = metrics, metrics = Metrics, rust = Synthetic)]
pub struct Config {
    /// How many devices.
    #[config(default = 8)]
    pub devices: u32,
    /// How many series a device has.
    #[config(default = 64)]
    pub series: u32,
}

/// What it emits: as many numbers of one kind as of the other.
#[derive(tracecore_schema::MetricSet)]
pub struct Metrics {
    /// A number that changes.
    #[metric(name = "synthetic.level", unit = "1", attributes("hw.id", "n"))]
    pub level: Gauge<f64>,
    /// A number that grows.
    #[metric(name = "synthetic.total", unit = "By", attributes("hw.id", "n"))]
    pub total: Counter<u64>,
}

/// Emits numbers that cost nothing to read.
#[receiver(config = Config, metrics = Metrics)]
pub struct Synthetic {
    config: Config,
    levels: Vec<Slot<f64>>,
    totals: Vec<Slot<u64>>,
    tick: u32,
}

impl Receiver for Synthetic {
    fn pace(_: &Config) -> Pace {
        Pace::every(Duration::from_secs(1))
    }

    fn open(config: Config, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self { config, levels: Vec::new(), totals: Vec::new(), tick: 0 })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        for device in 0..self.config.devices {
            let scope = series.scope([Attribute::new("hw.id", format!("GPU-{device:08}-0000-0000"))]);
            for n in 0..self.config.series / 2 {
                let n = [Attribute::new("n", n)];
                self.levels.push(series.begin_in(scope, |m| m.level, n.clone()));
                self.totals.push(series.begin_in(scope, |m| m.total, n));
            }
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        self.tick = self.tick.wrapping_add(1);
        for (n, slot) in (0_u32..).zip(&self.levels) {
            out.set(*slot, f64::from(self.tick.wrapping_mul(31).wrapping_add(n) % 1000) / 1000.0);
        }
        for (n, slot) in (0_u64..).zip(&self.totals) {
            out.set(*slot, u64::from(self.tick) * 1_000_003 + n);
        }
        Ok(())
    }
}
