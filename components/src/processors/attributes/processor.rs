// SPDX-License-Identifier: Apache-2.0
//! Changes each series as it begins, and each log record.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use tracecore_runtime::signal::{RecordDraft, SeriesDraft};
use tracecore_runtime::{Admission, ErrorKind, Failure, Logs, Metrics, Processes, Processor, processor};

use super::{Action, Config, Verb};

/// Bytes of a hash that are kept: enough that of a million values no two are likely to share
/// one, few enough to be read in a table.
const HASH_BYTES: usize = 8;

/// Sets, renames, removes and hashes attributes.
#[processor(config = Config)]
#[derive(Debug)]
pub struct Attributes {
    config: Config,
    salted: Option<Sha256>,
    /// A value on its way into a hash or to another key; kept, so that no record allocates.
    value: String,
}

impl Processor for Attributes {
    fn open(config: &Config) -> Result<Self, Failure<Self>> {
        let salt = config.salt.as_ref().map(tracecore_schema::Secret::read).transpose();
        let salt = salt.map_err(|why| AttributesKind::Init.because(format_args!("`salt`: {why}")))?;
        Ok(Self { config: config.clone(), salted: salt.map(|salt| salted(&salt)), value: String::new() })
    }
}

impl Processes<Metrics> for Attributes {
    fn admit(&mut self, series: &mut SeriesDraft) -> Admission {
        let metrics = &self.config.metrics;
        let name = series.descriptor().name;
        if metrics.is_empty() || metrics.iter().any(|pattern| pattern.matches(name)) {
            for action in &self.config.actions {
                self.apply(action, series);
            }
        }
        Admission::Keep
    }
}

impl Processes<Logs> for Attributes {
    fn admit(&mut self, record: &mut RecordDraft<'_>) -> Admission {
        let Self { config, salted, value } = self;
        let event = record.record().event_name();
        if config.events.is_empty() || config.events.iter().any(|pattern| pattern.matches(event)) {
            for action in &config.actions {
                change(action, record, salted.as_ref(), value);
            }
        }
        Admission::Keep
    }
}

/// As [`Attributes::apply`], on a record. Allocates nothing.
fn change(action: &Action, record: &mut RecordDraft<'_>, salted: Option<&Sha256>, value: &mut String) {
    let key = action.key.as_str();
    let present = record.get(key);
    match action.action {
        Verb::Insert if present.is_some() => {}
        Verb::Update if present.is_none() => {}
        Verb::Insert | Verb::Update | Verb::Upsert => {
            if let Some(value) = &action.value {
                record.insert(key, value);
            }
        }
        Verb::Delete => {
            record.remove(key);
        }
        Verb::Rename => {
            if let Some(to) = &action.to {
                record.rename(key, to);
            }
        }
        Verb::Hash => {
            if let (Some(salted), Some(present)) = (salted, present) {
                value.clear();
                // Writing to a `String` cannot fail.
                let _ = write!(value, "{present}");
                record.insert(key, text(&hash(salted, value)));
            }
        }
    }
}

impl Attributes {
    fn apply(&self, action: &Action, series: &mut SeriesDraft) {
        let key = action.key.as_str();
        let present = series.get(key).is_some();
        match action.action {
            Verb::Insert if present => {}
            Verb::Update if !present => {}
            Verb::Insert | Verb::Update | Verb::Upsert => {
                if let Some(value) = &action.value {
                    series.insert(key.to_owned(), value.as_str());
                }
            }
            Verb::Delete => {
                series.remove(key);
            }
            Verb::Rename => {
                if let (Some(to), Some(value)) = (&action.to, series.remove(key)) {
                    series.insert(to.clone(), value);
                }
            }
            Verb::Hash => {
                if let (Some(salted), Some(value)) = (&self.salted, series.remove(key)) {
                    series.insert(key.to_owned(), text(&hash(salted, &value.to_string())));
                }
            }
        }
    }
}

/// A hash that has taken the salt in. The length goes first, so that salt and value cannot trade
/// characters.
fn salted(salt: &str) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update((salt.len() as u64).to_le_bytes());
    hash.update(salt);
    hash
}

/// The first digits of a hash.
fn hash(salted: &Sha256, value: &str) -> [u8; 2 * HASH_BYTES] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = salted.clone().chain_update(value).finalize();
    let mut hex = [0; 2 * HASH_BYTES];
    for (place, byte) in hex.chunks_exact_mut(2).zip(digest.iter()) {
        place.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    hex
}

/// Digits are text.
fn text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}
