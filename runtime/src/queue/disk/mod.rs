// SPDX-License-Identifier: Apache-2.0
//! Frames in checksummed segment files: the durable half of a queue.
//!
//! [`Store::open`] takes a folder and gives a [`Writer`] for lanes, a [`Reader`] for the I/O
//! thread and what was found. One thread per folder does everything that may wait for a disk:
//! it takes appended frames from memory and writes them, reads them back when memory does not
//! hold them any more, writes acknowledgements down and removes what is done with. Neither
//! half ever waits for it.
//!
//! # What is promised
//!
//! - A frame is *accepted durably* when the write call has returned ([`Counts::written`]).
//!   From then on it survives the end of the process by whatever means; what a loss of power
//!   takes is a setting ([`Fsync`]). The reader is given what has been written, nothing else,
//!   unless the folder does not take anything.
//! - A frame leaves only by being acknowledged, by the folder's size (oldest first, a segment
//!   at a time) or by damage; each is counted in frames and items ([`Counts`]).
//! - Damaged bytes are never delivered: headers and payloads have checksums, and damage costs
//!   the records that it touches, no others.
//! - After a crash some frames come twice, never more than: those in flight, and those whose
//!   acknowledgement the thread had not yet written. Acknowledgements are written as soon as
//!   the thread sees them, all that wait in one call.
//! - While the folder cannot be written to (full, read-only), frames stay in memory up to its
//!   bound and can be delivered from there; one [`Event`] says so, writing is tried again, and
//!   when it works what is still in memory is written.
//! - One process at a time; a folder of a newer version or of another exporter is refused and
//!   left as it is.
//!
//! Must never: block a caller on the disk, deliver what a checksum does not fit, remove what
//! was neither acknowledged nor over the size, or know of tokio.

mod acks;
mod counts;
mod error;
mod files;
mod folder;
mod format;
mod handing;
mod io;
mod load;
mod options;
mod reader;
mod recover;
mod scan;
mod segment;
mod state;
mod taking;
mod thread;
mod writer;

use std::path::Path;
use std::time::Instant;

pub use counts::{Counts, Tally};
pub use error::OpenError;
#[doc(hidden)]
pub use io::{Call, Weather};
pub use options::{Event, Fsync, Order, Overflow, StoreOptions};
pub use reader::{Closed, Closer, Reader, Stored};
pub use writer::{Refused, Why, Writer};

/// A frame as the store sees it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// The bytes.
    pub payload: Vec<u8>,
    /// The caller's number for what they are, given back as it was.
    pub signal: u8,
    /// How many data points or log records are in it.
    pub items: u64,
    /// When it was accepted, in nanoseconds since 1970.
    pub unix_nanos: u64,
}

/// Where a frame is: a segment and its number in it; or in memory only.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
struct Place {
    segment: u64,
    ordinal: u64,
}

impl Place {
    /// Of frames that are on no disk, numbered as they came: after all others.
    const MEMORY: u64 = u64::MAX;

    const fn on_disk(self) -> bool {
        self.segment != Self::MEMORY
    }
}

/// What an earlier process left behind.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Recovered {
    /// Segment files.
    pub segments: u64,
    /// Frames that wait to be delivered.
    pub frames: u64,
    /// Their items.
    pub items: u64,
    /// Frames that were found damaged, as far as known.
    pub corrupt_frames: u64,
    /// Their items, as far as known.
    pub corrupt_items: u64,
    /// Bytes without meaning.
    pub corrupt_bytes: u64,
    /// Bytes of segments that the disk did not give; they stay for the next process.
    pub unreadable_bytes: u64,
    /// Segments that end in the middle of a record: a crash during a write. Those records had
    /// not been accepted durably.
    pub torn_tails: u64,
    /// The bytes of those.
    pub torn_bytes: u64,
    /// Whether all of it has been looked through; else the rest is done beside the work, and
    /// [`Event::Recovered`] says when.
    pub complete: bool,
}

/// A folder of frames. See [`open`](Self::open).
#[derive(Debug)]
pub struct Store;

impl Store {
    /// Takes the folder at `path`, creating it if need be, and starts its thread.
    ///
    /// A folder that cannot be written to now (full, read-only, not permitted) is no error:
    /// the store starts in memory, says so ([`Event::Degraded`]) and tries again.
    ///
    /// # Errors
    ///
    /// The folder is in use, of a newer version or of another exporter; the path is no folder;
    /// or the thread cannot be started.
    pub fn open(
        path: impl AsRef<Path>,
        options: StoreOptions,
    ) -> Result<(Writer, Reader, Recovered), OpenError> {
        let path = path.as_ref();
        let started = Instant::now();
        let shared = state::Shared::new(options);
        let disk = match files::Disk::open(path, &shared.options) {
            Ok(mut disk) => {
                while started.elapsed() < shared.options.recovery_budget && disk.recover_next(&shared.counts)
                {
                }
                Ok(disk)
            }
            Err(OpenError::Io { path, error }) if error::may_pass(&error) => {
                Err(format!("{}: {error}", path.display()))
            }
            Err(refused) => return Err(refused),
        };
        let recovered = thread::start(path, &shared, disk)
            .map_err(|error| OpenError::Io { path: path.to_owned(), error })?;
        Ok((Writer::new(&shared), Reader::new(shared), recovered))
    }
}
