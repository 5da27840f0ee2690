// SPDX-License-Identifier: Apache-2.0
//! The runtime half: open, discover, collect.

use tracecore_runtime::{ErrorKind, Failure, Open, Pace, Receiver, Registrar, Slot, receiver};
use tracecore_schema::Attribute;

use super::{Config, Metrics};

/// Watches the age of a file.
#[receiver(config = Config, metrics = Metrics, errors(read))]
pub struct Heartbeat {
    config: Config,
    age: Slot<f64>,
}

impl Receiver for Heartbeat {
    fn pace(config: &Config) -> Pace {
        Pace::every(config.interval)
    }

    fn open(config: Config, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self { config, age: Slot::OFF })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        if !self.age.is_on() {
            let path = Attribute::new("file.path", self.config.path.display().to_string());
            self.age = series.begin(|metrics| metrics.age, [path]);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        let modified = std::fs::metadata(&self.config.path).and_then(|file| file.modified());
        let modified = modified.map_err(|error| {
            HeartbeatKind::Read.because(format!("{}: {error}", self.config.path.display()))
        })?;
        out.set(self.age, modified.elapsed().unwrap_or_default().as_secs_f64());
        Ok(())
    }
}
