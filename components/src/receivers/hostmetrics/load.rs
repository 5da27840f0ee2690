// SPDX-License-Identifier: Apache-2.0
//! `/proc/loadavg` and the boot clock: how busy the machine is, and for how long it has been up.
//!
//! Read by hand: `procfs` reads the averages as `f32`, which turns 0.26 into
//! 0.25999999046325684.

use tracecore_runtime::{Batch, Registrar, Slot};

use super::Metrics;
use super::scrape::{Fault, Host, Scrape, seconds_since_boot};
use super::source::Source;

/// Reads `/proc/loadavg`.
#[derive(Debug)]
pub(super) struct Load {
    loadavg: Source,
    averages: [Slot<f64>; 3],
    uptime: Slot<f64>,
    begun: bool,
}

impl Scrape for Load {
    fn open(host: &Host<'_>) -> Option<Self> {
        let loadavg = Source::find(host.path("proc/loadavg"))?;
        Some(Self { loadavg, averages: [Slot::OFF; 3], uptime: Slot::OFF, begun: false })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault> {
        if !std::mem::replace(&mut self.begun, true) {
            self.averages = [
                series.begin(|m| m.load_1m, []),
                series.begin(|m| m.load_5m, []),
                series.begin(|m| m.load_15m, []),
            ];
            self.uptime = series.begin(|m| m.uptime, []);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault> {
        out.set(self.uptime, seconds_since_boot());
        self.loadavg.read()?;
        let mut numbers = self.loadavg.text()?.split_ascii_whitespace();
        for slot in self.averages {
            let number = numbers.next().and_then(|number| number.parse().ok());
            let Some(number) = number else {
                return Err(self.loadavg.malformed("it does not start with three numbers"));
            };
            out.set(slot, number);
        }
        Ok(())
    }
}
