// SPDX-License-Identifier: Apache-2.0
//! One answer after the other, from buffers that go round.
//!
//! Invariant: in steady state nothing is allocated per series.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use tracecore_runtime::Resource;
use tracecore_runtime::page::PageReader;

use super::format::{Exposition, TargetInfo, Writer};
use super::negotiate::Format;
use crate::exporters::gzip::Gzip;

/// Buffers that wait for the next scrape. Two clients may be slow at a time.
const KEPT: usize = 2;
/// A smaller answer would not get smaller.
const WORTH_COMPRESSING: usize = 512;

/// Renders the page for one client after the other.
#[derive(Debug)]
pub struct Scraper {
    page: PageReader<Exposition>,
    target: TargetInfo,
    /// Made at the first scrape that wants it.
    gzip: Option<Gzip>,
    plain: Vec<u8>,
    buffers: Buffers,
}

type Buffers = Arc<Mutex<Vec<Vec<u8>>>>;

/// A buffer that comes back when its last byte is sent.
struct Lent {
    bytes: Vec<u8>,
    home: Buffers,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        if home.len() < KEPT {
            self.bytes.clear();
            home.push(std::mem::take(&mut self.bytes));
        }
    }
}

/// A rendered page.
#[derive(Debug)]
pub struct Answer {
    /// The bytes.
    pub body: Bytes,
    /// Whether they are compressed.
    pub gzip: bool,
}

impl Scraper {
    /// Renders `page`; `resource` becomes `target_info`.
    #[must_use]
    pub fn new(page: PageReader<Exposition>, resource: &Resource) -> Self {
        let target = TargetInfo::new(resource);
        let buffers = Arc::new(Mutex::new(Vec::with_capacity(KEPT)));
        Self { page, target, gzip: None, plain: Vec::new(), buffers }
    }

    /// The page as it is now; compressed if that is wanted and worth it.
    pub fn scrape(&mut self, format: Format, gzip: bool) -> Answer {
        let mut lent = {
            let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
            Lent { bytes: buffers.pop().unwrap_or_default(), home: Arc::clone(&self.buffers) }
        };
        let text = if gzip { &mut self.plain } else { &mut lent.bytes };
        text.clear();
        let mut writer = Writer::begin(text, format, &self.target);
        self.page.read(&mut writer);
        writer.end();
        let packed = gzip
            && self.plain.len() >= WORTH_COMPRESSING
            && self.gzip.get_or_insert_with(|| Gzip::new(1)).write(&self.plain, &mut lent.bytes).is_some();
        if gzip && !packed {
            lent.bytes.clear();
            lent.bytes.extend_from_slice(&self.plain);
        }
        Answer { body: Bytes::from_owner(lent), gzip: packed }
    }
}
