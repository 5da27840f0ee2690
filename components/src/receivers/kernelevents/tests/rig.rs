// SPDX-License-Identifier: Apache-2.0
//! A kernel log in a file, and a receiver that reads it.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tracecore_runtime::signal::Record;
use tracecore_runtime::testing::Harness;

use super::super::{Config, KernelEvents, StartAt};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(20);

/// Where a GPU sits, and what it is called.
pub(super) const GPU: &str = "PCI:0000:9b:00";
pub(super) const UUID: &str = "GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3301";
pub(super) const OFF_THE_BUS: &str =
    "NVRM: Xid (PCI:0000:9b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";

/// A log that a test writes.
pub(super) struct Log {
    pub(super) folder: TempDir,
    file: File,
    pub(super) written: u64,
}

impl Log {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = OpenOptions::new().append(true).create(true).open(folder.path().join("kmsg")).unwrap();
        Self { folder, file, written: 0 }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The kernel says something.
    pub(super) fn say(&mut self, text: &str) -> u64 {
        self.say_as(4, text)
    }

    /// Somebody says something.
    pub(super) fn say_as(&mut self, priority: u32, text: &str) -> u64 {
        let number = self.written;
        writeln!(self.file, "{priority},{number},{},-;{text}", 1_000_000 + number * 1000).unwrap();
        self.written += 1;
        number
    }

    /// Bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.file.write_all(bytes).unwrap();
    }

    pub(super) fn config(&self) -> Config {
        Config { kmsg: self.path("kmsg"), start_at: StartAt::Boot, ..Config::default() }
    }

    pub(super) fn with_state(&self) -> Config {
        Config { state_file: Some(self.path("state")), ..self.config() }
    }
}

/// A log record with a life of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) severity: u8,
    pub(super) severity_text: String,
    pub(super) event: String,
    pub(super) body: String,
    pub(super) unix_nanos: u64,
    pub(super) attributes: Vec<(String, String)>,
}

impl Told {
    fn of(record: Record<'_>) -> Self {
        Self {
            severity: record.severity().number(),
            severity_text: record.severity_text().to_owned(),
            event: record.event_name().to_owned(),
            body: record.body().to_owned(),
            unix_nanos: record.time_unix_nanos(),
            attributes: record.attributes().map(|(key, value)| (key.to_owned(), value.to_string())).collect(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(super) fn has(&self, expected: &[(&str, &str)]) {
        for (key, value) in expected {
            assert_eq!(self.get(key), Some(*value), "{key} of {self:#?}");
        }
    }
}

/// A receiver with the runtime's part played by hand.
pub(super) struct Rig {
    pub(super) harness: Harness<KernelEvents>,
    pub(super) told: Vec<Told>,
}

impl Rig {
    pub(super) fn open(config: Config) -> Self {
        let harness = Harness::open(config).map_err(|fault| fault.to_string()).unwrap();
        Self { harness, told: Vec::new() }
    }

    /// One call, as the lane makes it; what was told is added.
    pub(super) fn call(&mut self) -> Result<(), String> {
        if self.harness.wants_discovery() {
            self.harness.discover().map_err(|fault| fault.to_string())?;
        }
        let result = self.harness.tick();
        self.told.extend(self.harness.out().logs.records().map(Told::of));
        result.map_err(|fault| fault.to_string())
    }

    /// Calls until this holds.
    #[track_caller]
    pub(super) fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            let _ = self.call();
            if holds(self) {
                return;
            }
        }
        let told: Vec<_> = self.told.iter().take(20).collect();
        panic!("not within {LIMIT:?}: {what}; told {told:#?}");
    }

    /// Calls until one fails; says why.
    #[track_caller]
    pub(super) fn fails(&mut self) -> String {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Err(why) = self.call() {
                return why;
            }
        }
        panic!("nothing failed within {LIMIT:?}");
    }

    /// Calls until so many records were told.
    #[track_caller]
    pub(super) fn tell(&mut self, records: usize) -> &[Told] {
        self.until(&format!("{records} records"), |rig| rig.told.len() >= records);
        assert_eq!(self.told.len(), records, "{:#?}", self.told.last());
        &self.told
    }

    /// The value of a series, the next time that it is set.
    #[track_caller]
    pub(super) fn value(&mut self, name: &str, attributes: &[(&str, &str)]) -> f64 {
        let mut value = None;
        self.until(&format!("a value of {name} {attributes:?}"), |rig| {
            value = rig.harness.value(name, attributes);
            value.is_some()
        });
        value.unwrap()
    }

    /// Calls until a series has this value.
    #[track_caller]
    pub(super) fn becomes(&mut self, name: &str, attributes: &[(&str, &str)], wanted: f64) {
        let mut last = None;
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            let _ = self.call();
            let value = self.harness.value(name, attributes);
            if value == Some(wanted) {
                return;
            }
            last = value.or(last);
        }
        panic!("{name} {attributes:?} is {last:?}, not {wanted}; {:#?}", self.harness.points());
    }
}

pub(super) fn numbers(told: &[Told]) -> Vec<u64> {
    told.iter().filter_map(|told| told.get("tracecore.kernel.sequence")?.parse().ok()).collect()
}

/// Makes a program of these lines of shell.
pub(super) fn script(path: &Path, lines: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let beside = path.with_extension("new");
    std::fs::write(&beside, format!("#!/bin/sh\n{lines}")).unwrap();
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(&beside, path).unwrap();
}
