// SPDX-License-Identifier: Apache-2.0
//! Changes each series as it begins.

use sha2::{Digest, Sha256};
use tracecore_runtime::signal::SeriesDraft;
use tracecore_runtime::{Admission, ErrorKind, Failure, Metrics, Processes, Processor, processor};

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
}

impl Processor for Attributes {
    fn open(config: &Config) -> Result<Self, Failure<Self>> {
        let salt = config.salt.as_ref().map(tracecore_schema::Secret::read).transpose();
        let salt = salt.map_err(|why| AttributesKind::Init.because(format_args!("`salt`: {why}")))?;
        Ok(Self { config: config.clone(), salted: salt.map(|salt| salted(&salt)) })
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
                    series.insert(key.to_owned(), hash(salted, &value.to_string()));
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

fn hash(salted: &Sha256, value: &str) -> String {
    let digest = salted.clone().chain_update(value).finalize();
    let mut hex = String::with_capacity(2 * HASH_BYTES);
    for byte in digest.iter().take(HASH_BYTES) {
        for digit in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    hex
}
