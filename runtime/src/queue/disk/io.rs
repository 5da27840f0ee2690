// SPDX-License-Identifier: Apache-2.0
//! The calls that touch the disk, in one place, so that tests can make each of them fail.
//!
//! Must never: be called by anything but the store's own thread (and `open`).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

/// A call that can be made to fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[doc(hidden)]
pub enum Call {
    /// The folder is taken.
    Lock,
    /// A file is created.
    Create,
    /// A file is opened.
    Open,
    /// Bytes are written.
    Write,
    /// What was written is brought to the disk.
    Sync,
    /// Bytes are read.
    Read,
    /// A file is cut.
    Truncate,
    /// A file is removed.
    Remove,
}

/// Decides which calls fail; for tests.
#[doc(hidden)]
pub trait Weather: Send + Sync {
    /// How many of `bytes` bytes the call may write or read before it fails with this error
    /// number; `None` lets it through.
    fn storm(&self, call: Call, bytes: usize) -> Option<(usize, i32)>;
}

/// The disk, in the weather that a test asks for.
#[derive(Clone, Default)]
pub(super) struct Io(pub(super) Option<Arc<dyn Weather>>);

impl Io {
    fn go(&self, call: Call, bytes: usize) -> Result<(), (usize, io::Error)> {
        match self.0.as_ref().and_then(|weather| weather.storm(call, bytes)) {
            None => Ok(()),
            Some((done, number)) => Err((done.min(bytes), io::Error::from_raw_os_error(number))),
        }
    }

    pub(super) fn allow(&self, call: Call) -> io::Result<()> {
        self.go(call, 0).map_err(|(_, error)| error)
    }

    /// Creates a file that nobody else may read: readings can be confidential.
    pub(super) fn create(&self, path: &Path) -> io::Result<File> {
        self.allow(Call::Create)?;
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
    }

    /// Opens a file, creating it if `create` says so.
    pub(super) fn open(&self, path: &Path, create: bool) -> io::Result<File> {
        self.allow(Call::Open)?;
        let writable = OpenOptions::new().read(true).write(true).create(create).mode(0o600).open(path);
        match writable {
            // What cannot be written any more can still be read and delivered.
            Err(_) if !create => File::open(path),
            other => other,
        }
    }

    pub(super) fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.go(Call::Write, bytes.len()) {
            Ok(()) => file.write_all_at(bytes, offset),
            Err((done, error)) => {
                file.write_all_at(&bytes[..done], offset)?;
                Err(error)
            }
        }
    }

    /// Reads up to `bytes.len()` bytes; fewer only at the end of the file.
    pub(super) fn read(&self, file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.allow(Call::Read)?;
        let mut done = 0;
        while done < bytes.len() {
            match file.read_at(&mut bytes[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(more) => done += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    pub(super) fn sync(&self, file: &File) -> io::Result<()> {
        self.allow(Call::Sync)?;
        file.sync_data()
    }

    /// Brings the names in a folder to the disk.
    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.allow(Call::Sync)?;
        File::open(path)?.sync_all()
    }

    pub(super) fn truncate(&self, file: &File, bytes: u64) -> io::Result<()> {
        self.allow(Call::Truncate)?;
        file.set_len(bytes)
    }

    /// Removes a file; one that is not there is as good as removed.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.allow(Call::Remove)?;
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
