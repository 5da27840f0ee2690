// SPDX-License-Identifier: Apache-2.0
//! `/dev/kmsg`, and files and pipes that hold what it writes.
//!
//! The kernel numbers its records, so a gap in the numbers is the exact number of records that
//! were overwritten before they were read. A read that fails with `EPIPE` says the same and
//! nothing more; one that fails with `EINVAL` has taken a record that was larger than the buffer.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::io::Errno;

use super::frames::{Ends, Frame, Frames};
use super::{Next, Tally};
use crate::receivers::kernelevents::lines::kmsg;
use crate::receivers::kernelevents::lines::record::{Record, Scratch};

/// What one record can need at most: 8 KiB in all kernels so far.
const BUFFER: usize = 16 * 1024;

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum KmsgPlace {
    /// With the oldest record there is.
    Oldest,
    /// With the next one.
    Now,
    /// With the one after this, however long ago that was.
    After(u64),
}

/// The kernel's log, record by record.
#[derive(Debug)]
pub(in super::super) struct Kmsg<R = File> {
    pub(super) device: R,
    /// One read is one record.
    one_by_one: bool,
    frames: Frames,
    /// The number that the next record is to have.
    expected: Option<u64>,
    /// Records up to the expected one were read by an earlier run.
    resuming: bool,
    /// Records that went by without a number since the last one with a number.
    unnumbered: u64,
    pub(in super::super) tally: Tally,
}

impl Kmsg {
    /// Opens the device, or a pipe or a file that holds what it writes.
    ///
    /// # Errors
    ///
    /// It cannot be opened, or not be read by us.
    pub(in super::super) fn open(path: &Path, place: KmsgPlace) -> io::Result<Self> {
        let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
        let mut file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
        let kind = file.metadata()?.file_type();
        let device = kind.is_char_device() && !rustix::termios::isatty(&file);
        if place == KmsgPlace::Now && !kind.is_fifo() {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self::of(file, device, place))
    }

    pub(in super::super) fn fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

impl<R: Read> Kmsg<R> {
    /// Reads from this, which gives one record with each read or a stream of them.
    pub(super) fn of(device: R, one_by_one: bool, place: KmsgPlace) -> Self {
        let expected = match place {
            KmsgPlace::After(last) => last.checked_add(1),
            KmsgPlace::Oldest | KmsgPlace::Now => None,
        };
        Self {
            device,
            one_by_one,
            frames: Frames::new(Ends::Record, BUFFER),
            expected,
            resuming: expected.is_some(),
            unnumbered: 0,
            tally: Tally::default(),
        }
    }

    /// The number of the last record that went by.
    pub(in super::super) fn last(&self) -> Option<u64> {
        self.expected.and_then(|expected| expected.checked_sub(1))
    }

    /// The next record, if there is one now.
    ///
    /// # Errors
    ///
    /// The device cannot be read, for another reason than those that the kernel documents.
    pub(in super::super) fn next<'a>(&mut self, scratch: &'a mut Scratch) -> io::Result<Next<Record<'a>>> {
        let frame = if self.one_by_one { self.read()? } else { self.frames.next(&mut self.device)? };
        let range = match frame {
            Frame::Whole(range) => range,
            Frame::Oversized => {
                self.tally.oversized += 1;
                self.unnumbered += 1;
                return Ok(Next::Skipped);
            }
            Frame::Nothing | Frame::End => return Ok(Next::Nothing),
        };
        let bytes = self.frames.bytes(range);
        if self.resuming
            && kmsg::sequence(bytes).is_ok_and(|number| self.expected.is_some_and(|it| number < it))
        {
            self.unnumbered = 0;
            return Ok(Next::Skipped);
        }
        let Ok(record) = kmsg::parse(bytes, scratch) else {
            self.tally.malformed += 1;
            self.unnumbered += 1;
            return Ok(Next::Skipped);
        };
        self.resuming = false;
        if let Some(number) = record.sequence {
            if let Some(expected) = self.expected {
                self.tally.lost += number.saturating_sub(expected).saturating_sub(self.unnumbered);
            }
            self.expected = number.checked_add(1);
            self.unnumbered = 0;
        }
        self.tally.read += 1;
        Ok(Next::Record(record))
    }

    /// One read of a device.
    fn read(&mut self) -> io::Result<Frame> {
        // As often as the kernel overtakes us, within reason: each time it says so it has moved
        // us to the oldest record, whose number will say how many were lost.
        for _ in 0..8 {
            let error = match self.frames.whole(&mut self.device) {
                Ok(frame) => return Ok(frame),
                Err(error) => error,
            };
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) {
                break;
            }
            match error.raw_os_error().map(Errno::from_raw_os_error) {
                Some(Errno::PIPE) => {}
                Some(Errno::INVAL) => return Ok(Frame::Oversized),
                _ => return Err(error),
            }
        }
        Ok(Frame::Nothing)
    }
}
