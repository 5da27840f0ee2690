// SPDX-License-Identifier: Apache-2.0
//! What a scraper is, and what all of them share.

use std::path::{Path, PathBuf};

use tracecore_runtime::{Batch, Registrar};
use tracecore_schema::Attribute;

use super::{Config, HostMetricsKind, Metrics};

/// A failure of this receiver.
pub(super) type Fault = tracecore_runtime::Fault<HostMetricsKind>;

/// One part of what the receiver reads. The receiver calls each one and goes on after a failure.
pub(super) trait Scrape: Sized {
    /// `None` if this kernel does not have what it reads.
    fn open(host: &Host<'_>) -> Option<Self>;

    /// Begins the series of things that came, retires those of things that went.
    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault>;

    /// Sets values; asks for `discover` if things came or went.
    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault>;
}

/// Where the host is to be found.
#[derive(Debug)]
pub(super) struct Host<'a> {
    /// The receiver's config.
    pub(super) config: &'a Config,
    /// Mount points that are to be left alone: an earlier call to one has not returned.
    pub(super) skipped: &'a [String],
}

impl Host<'_> {
    /// A file of the host: `proc/stat`.
    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.config.root_path.join(below)
    }

    /// A file of procfs that depends on the process that reads it. Seen from a container, what
    /// the host's first process sees is what the host sees.
    pub(super) fn namespaced(&self, below: &str) -> PathBuf {
        let process = if self.config.root_path == Path::new("/") { "self" } else { "1" };
        self.path("proc").join(process).join(below)
    }
}

/// One attribute, as a list.
pub(super) fn attribute(key: &'static str, value: &str) -> [Attribute; 1] {
    [Attribute::new(key, value)]
}

/// As the signed number that a sum which may shrink has.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// `part` of `whole`, or nothing of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Time since the machine started, time asleep included.
pub(super) fn seconds_since_boot() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
