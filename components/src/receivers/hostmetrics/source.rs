// SPDX-License-Identifier: Apache-2.0
//! A file of procfs, kept open and read from its start at each tick into a buffer that is kept.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use tracecore_runtime::{Absence, ErrorKind};

use super::HostMetricsKind;
use super::scrape::Fault;

/// First size of a buffer; it doubles until the file fits and stays.
const FIRST: usize = 4096;

/// A file that is read again and again.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
    len: usize,
}

impl Source {
    /// The file, or `None` if there is no such file here. One that is there and cannot be
    /// opened fails at each reading, so that somebody hears of it.
    pub(super) fn find(path: PathBuf) -> Option<Self> {
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(Self { path, file: opened.ok(), buffer: Vec::new(), len: 0 }),
        }
    }

    /// The file, or why there is nothing to read: a kernel or a hardened system may withhold it,
    /// and that is no failure of ours.
    pub(super) fn offered(path: PathBuf) -> Result<Self, Absence> {
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(Absence::Permission),
            _ => Self::find(path).ok_or(Absence::Unsupported),
        }
    }

    /// Reads the file as it is now. After a failure it is opened anew.
    pub(super) fn read(&mut self) -> Result<(), Fault> {
        self.fill().map_err(|error| {
            self.file = None;
            self.len = 0;
            HostMetricsKind::Read.because(format_args!("cannot read {}: {error}", self.path.display()))
        })
    }

    /// What was read last.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// What was read last, as text.
    pub(super) fn text(&self) -> Result<&str, Fault> {
        std::str::from_utf8(self.bytes()).map_err(|error| self.malformed(error))
    }

    /// That the file is not what the kernel documents.
    #[cold]
    pub(super) fn malformed(&self, why: impl std::fmt::Display) -> Fault {
        HostMetricsKind::Parse.because(format_args!("{} is not as expected: {why}", self.path.display()))
    }

    fn fill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(File::open(&self.path)?),
        };
        self.len = 0;
        loop {
            if self.len == self.buffer.len() {
                self.buffer.resize((self.buffer.len() * 2).max(FIRST), 0);
            }
            match file.read_at(&mut self.buffer[self.len..], self.len as u64) {
                Ok(0) => return Ok(()),
                Ok(read) => self.len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The number after `key` at the start of a line: `field("a 1\nb: 2", "b:")` is `Some(2)`.
pub(super) fn field(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(key)?;
        if !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
            return None;
        }
        rest.split_ascii_whitespace().next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]
    use super::{FIRST, Source, field};
    use crate::receivers::hostmetrics::HostMetricsKind;

    #[test]
    fn a_file_is_read_whole_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stat");
        let long = "x".repeat(3 * FIRST);
        std::fs::write(&path, &long).unwrap();
        let mut source = Source::find(path.clone()).unwrap();
        source.read().unwrap();
        assert_eq!(source.text().unwrap(), long);
        std::fs::write(&path, "short").unwrap();
        source.read().unwrap();
        assert_eq!(source.text().unwrap(), "short");
    }

    #[test]
    fn a_missing_file_is_none_and_a_folder_fails_to_be_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Source::find(folder.path().join("nothing")).is_none());
        let fault = Source::find(folder.path().into()).unwrap().read().unwrap_err();
        assert!(matches!(fault.kind(), HostMetricsKind::Read));
        assert!(fault.to_string().contains(&folder.path().display().to_string()), "{fault}");
    }

    #[test]
    fn bytes_that_are_no_text_are_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stat");
        std::fs::write(&path, b"cpu \xff").unwrap();
        let mut source = Source::find(path).unwrap();
        source.read().unwrap();
        let fault = source.text().unwrap_err();
        assert!(matches!(fault.kind(), HostMetricsKind::Parse));
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "pgfault_extra 1\npgfault 7\nprocs: 3 kB\n";
        assert_eq!(field(text, "pgfault"), Some(7));
        assert_eq!(field(text, "procs:"), Some(3));
        assert_eq!(field(text, "pg"), None);
    }
}
