// SPDX-License-Identifier: Apache-2.0
//! Where the kernel's log is read: one record at a time, without waiting.
//!
//! | file | for |
//! |---|---|
//! | `kmsg.rs` | `/dev/kmsg`, and files and pipes that hold what it writes |
//! | `frames.rs` | records and lines out of a stream of bytes |
//! | `journal.rs`, `child.rs` | `journalctl` as a child |
//!
//! Invariants: `next` never waits; waiting is done in one place, for all sources at once. What
//! cannot be read as a record is counted and skipped.

mod child;
mod frames;
mod journal;
mod kmsg;
#[cfg(test)]
mod tests;

pub(super) use journal::{Journal, JournalCrash};
pub(super) use kmsg::{Kmsg, KmsgPlace};

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What became of the records of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) read: u64,
    pub(super) malformed: u64,
    pub(super) oversized: u64,
    pub(super) duplicate: u64,
    pub(super) lost: u64,
}

/// What a source has when asked for the next record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<R> {
    /// A record.
    Record(R),
    /// Something that is no record, or not one to be read again. There may be more.
    Skipped,
    /// Nothing now.
    Nothing,
}

/// Waits until one of these can be read, for at most so long. A file and a pipe without a writer
/// can always be "read", so for them it does not wait.
pub(super) fn wait(fds: &[BorrowedFd<'_>], timeout: Duration) {
    let span = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(timeout.subsec_nanos()),
    };
    fn polled<'a>(fd: &BorrowedFd<'a>) -> PollFd<'a> {
        PollFd::from_borrowed_fd(*fd, PollFlags::IN)
    }
    // An interrupted wait is a short one.
    let _ = match fds {
        [] => {
            std::thread::sleep(timeout);
            return;
        }
        [one] => poll(&mut [polled(one)], Some(&span)),
        [one, two, ..] => poll(&mut [polled(one), polled(two)], Some(&span)),
    };
}
