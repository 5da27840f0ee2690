// SPDX-License-Identifier: Apache-2.0
//! The folder of one queue: who may use it, and what lies in it.
//!
//! ```text
//! lock                            held (flock) by the one process that uses it; says its pid
//! 0000000000000007-1234abcd.seg   a segment: its number and salt
//! 0000000000000007-1234abcd.ack   what of it is done with
//! ```
//!
//! Must never: remove or change anything before the lock is held and every segment's version
//! and content is known.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::error::OpenError;
use super::io::{Call, Io};

const LOCK: &str = "lock";

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The lock ends with the process, however that ends.
    lock: File,
}

/// A segment's file, by its name.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: u64,
    pub(super) salt: u32,
    pub(super) bytes: u64,
}

impl Folder {
    /// Creates the folder if need be and takes it.
    pub(super) fn take(io: &Io, path: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Io { path: path.to_owned(), error };
        io.allow(Call::Lock).map_err(failed)?;
        match std::fs::metadata(path) {
            Ok(found) if !found.is_dir() => return Err(OpenError::NotAFolder(path.to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        let mut lock = io.open(&path.join(LOCK), true).map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut text = String::new();
                let _ = (&lock).take(32).read_to_string(&mut text);
                return Err(OpenError::InUse { folder: path.to_owned(), pid: text.trim().parse().ok() });
            }
            Err(errno) => return Err(failed(errno.into())),
        }
        // The pid is for people; a full disk may keep it from being written.
        let _ = lock.set_len(0).and_then(|()| lock.rewind());
        let _ = writeln!(lock, "{}", std::process::id());
        Ok(Self { path: path.to_owned(), lock })
    }

    /// The segments, by number.
    pub(super) fn segments(&self) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let Some((id, salt)) = entry.file_name().to_str().and_then(|name| parse(name, ".seg")) else {
                continue;
            };
            listed.push(Listed { id, salt, bytes: entry.metadata()?.len() });
        }
        listed.sort_unstable_by_key(|listed| (listed.id, listed.salt));
        Ok(listed)
    }

    /// Removes acknowledgements whose segment is gone. That it may fail is no matter: they are
    /// keyed with their segment's salt and so say nothing of any other.
    pub(super) fn remove_orphans(&self, io: &Io, segments: &[Listed]) {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return };
        for entry in entries.flatten() {
            let Some(key) = entry.file_name().to_str().and_then(|name| parse(name, ".ack")) else { continue };
            if !segments.iter().any(|segment| (segment.id, segment.salt) == key) {
                let _ = io.remove(&entry.path());
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn segment(&self, id: u64, salt: u32) -> PathBuf {
        self.path.join(format!("{id:016x}-{salt:08x}.seg"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Closing alone would leave it held for as long as a process that is being started has
        // a copy of the descriptor.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

fn parse(name: &str, end: &str) -> Option<(u64, u32)> {
    let (id, salt) = name.strip_suffix(end)?.split_once('-')?;
    if id.len() != 16 || salt.len() != 8 {
        return None;
    }
    Some((u64::from_str_radix(id, 16).ok()?, u32::from_str_radix(salt, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_of_others_are_left_alone() {
        assert_eq!(parse("0000000000000007-1234abcd.seg", ".seg"), Some((7, 0x1234_abcd)));
        for name in
            ["7-1234abcd.seg", "0000000000000007-1234abcd.ack", "notes.seg", "0000000000000007.seg", ".seg"]
        {
            assert_eq!(parse(name, ".seg"), None, "{name}");
        }
    }
}
