// SPDX-License-Identifier: Apache-2.0
//! The runtime half: waits for lines, tells and counts them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use tracecore_runtime::{ErrorKind, Failure, Open, Pace, Receiver, Registrar, Severity, Slot, receiver};
use tracecore_schema::Attribute;

use super::config::{Config, Metrics};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Words with their severities; each has a series.
const LEVELS: [(&str, Severity); 3] =
    [("error", Severity::ERROR), ("warn", Severity::WARN), ("info", Severity::INFO)];

/// Reads the lines that are appended to a file.
#[receiver(config = Config, metrics = Metrics, errors(read))]
#[derive(Debug)]
pub struct LinesReceiver {
    reader: BufReader<File>,
    line: String,
    lines: [(Slot<u64>, u64); LEVELS.len()],
    interval: Duration,
    told: Option<Instant>,
}

impl Receiver for LinesReceiver {
    fn pace(config: &Config) -> Pace {
        Pace::events(config.interval)
    }

    fn open(config: Config, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let file = File::open(&config.path).map_err(|error| {
            LinesReceiverKind::Init.because(format_args!("cannot open {}: {error}", config.path.display()))
        })?;
        let lines = [(Slot::OFF, 0); LEVELS.len()];
        let reader = BufReader::new(file);
        Ok(Self { reader, line: String::new(), lines, interval: config.interval, told: None })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        for ((slot, _), (word, _)) in self.lines.iter_mut().zip(LEVELS).filter(|((slot, _), _)| !slot.is_on())
        {
            *slot = series.begin(|metrics| metrics.lines, [Attribute::new("test.level", word)]);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        let until = Instant::now() + Pace::EVENT_WAIT;
        let mut found = false;
        while !out.logs.is_full() {
            let read = self.reader.read_line(&mut self.line);
            let read = read.map_err(|error| LinesReceiverKind::Read.because(error))?;
            if self.line.ends_with('\n') {
                found = true;
                let (word, words) =
                    self.line.trim_end().split_once(' ').unwrap_or((self.line.trim_end(), ""));
                let level = LEVELS.iter().position(|(level, _)| *level == word).unwrap_or(LEVELS.len() - 1);
                self.lines[level].1 += 1;
                let mut record = out.logs.record(0);
                record.severity(LEVELS[level].1).event_name("test.line").body(words);
                record.attribute("test.level", word).attribute("test.length", self.line.len() as u64);
                self.line.clear();
            } else if read == 0 {
                if found || Instant::now() >= until {
                    break;
                }
                std::thread::sleep(LOOK);
            }
        }
        if found || self.told.is_none_or(|told| told.elapsed() >= self.interval) {
            self.told = Some(Instant::now());
            self.lines.iter().for_each(|(slot, lines)| out.metrics.set(*slot, *lines));
        }
        Ok(())
    }
}
