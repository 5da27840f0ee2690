// SPDX-License-Identifier: Apache-2.0
//! What an operator wants sent with each request, secrets among it.
//!
//! A secret in a file is read again when the file changes; while it cannot be read, the last one
//! is used, and a server that has had enough of it says so. Looking costs one `stat` per request.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tracecore_schema::{Secret, SecretSource};

use crate::exporters::otlp::config::{Config, HeaderText};

/// Headers.
#[derive(Debug)]
pub(super) struct Headers {
    fixed: HeaderMap,
    /// Those from secrets.
    kept: Mutex<Vec<Kept>>,
}

impl Headers {
    /// Reads all secrets.
    ///
    /// # Errors
    ///
    /// One cannot be read, or cannot stand in a header.
    pub(super) fn open(config: &Config) -> Result<Self, String> {
        let mut fixed = HeaderMap::new();
        let mut kept = Vec::new();
        for (name, value) in &config.headers {
            let header: HeaderName =
                name.parse().map_err(|_| format!("`headers`: {name:?} is no name of a header"))?;
            match value {
                HeaderText::Text(text) => {
                    let value = HeaderValue::from_str(text)
                        .map_err(|_| format!("`headers.{name}` has characters that no header may have"))?;
                    fixed.insert(header, value);
                }
                HeaderText::Secret(secret) => {
                    kept.push(
                        Kept::open(header, "", secret).map_err(|why| format!("`headers.{name}`: {why}"))?,
                    );
                }
            }
        }
        if let Some(token) = &config.token {
            kept.push(Kept::open(AUTHORIZATION, "Bearer ", token).map_err(|why| format!("`token`: {why}"))?);
        }
        Ok(Self { fixed, kept: Mutex::new(kept) })
    }

    /// Adds them to a request.
    pub(super) fn add(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.fixed {
            headers.insert(name, value.clone());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in kept.iter_mut() {
            secret.look();
            headers.insert(&secret.name, secret.value.clone());
        }
    }
}

/// A header whose value is a secret.
struct Kept {
    name: HeaderName,
    before: &'static str,
    secret: Secret,
    value: HeaderValue,
    stamp: Option<Stamp>,
}

/// What differs between two states of a file. A file that is replaced by renaming has another
/// inode even if its size and time are the same.
type Stamp = (u64, u64, i64, i64);

impl Kept {
    fn open(name: HeaderName, before: &'static str, secret: &Secret) -> Result<Self, String> {
        let stamp = stamp(secret);
        let value = read(before, secret)?;
        Ok(Self { name, before, secret: secret.clone(), value, stamp })
    }

    fn look(&mut self) {
        let now = stamp(&self.secret);
        if now.is_some()
            && now != self.stamp
            && let Ok(value) = read(self.before, &self.secret)
        {
            self.value = value;
            self.stamp = now;
        }
    }
}

/// Without the value, which `HeaderValue` would hide, and without what else could tell of it.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("name", &self.name).field("secret", &self.secret).finish_non_exhaustive()
    }
}

fn stamp(secret: &Secret) -> Option<Stamp> {
    let SecretSource::File(path) = secret.source() else { return None };
    let file = std::fs::metadata(path).ok()?;
    Some((file.ino(), file.size(), file.mtime(), file.mtime_nsec()))
}

fn read(before: &str, secret: &Secret) -> Result<HeaderValue, String> {
    let text = secret.read()?;
    let mut value = HeaderValue::try_from(format!("{before}{text}"))
        .map_err(|_| format!("what is in {secret:?} has characters that no header may have"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use hyper::HeaderMap;
    use hyper::header::AUTHORIZATION;
    use tracecore_schema::Secret;

    use super::Kept;

    fn sent(kept: &mut Kept) -> String {
        kept.look();
        kept.value.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_token_is_read_again_when_its_file_changes_and_kept_while_it_is_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "one\n").unwrap();
        let mut kept = Kept::open(AUTHORIZATION, "Bearer ", &Secret::file(&path)).unwrap();
        assert_eq!(sent(&mut kept), "Bearer one");
        // As Kubernetes does it: a new file in the place of the old one, of the same size.
        let next = folder.path().join("next");
        std::fs::write(&next, "two\n").unwrap();
        std::fs::rename(&next, &path).unwrap();
        assert_eq!(sent(&mut kept), "Bearer two");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(sent(&mut kept), "Bearer two");
        std::fs::write(&path, "line\nbreak").unwrap();
        assert_eq!(sent(&mut kept), "Bearer two", "of no use in a header");
        std::fs::write(&path, "three").unwrap();
        assert_eq!(sent(&mut kept), "Bearer three");
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, kept.value.clone());
        assert!(!format!("{kept:?}{headers:?}").contains("three"), "a secret is not shown");
    }
}
