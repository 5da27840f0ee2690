// SPDX-License-Identifier: Apache-2.0
//! Records out of a stream of bytes: what a device hands out one by one, a file holds in a row.

use std::io::{self, Read};
use std::ops::Range;

/// How a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// With a newline: a line of the journal.
    Line,
    /// With a newline that no space follows: a record of `/dev/kmsg` and the keys after it.
    Record,
}

/// What is in the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A record, without the newline that ends it.
    Whole(Range<usize>),
    /// One that was larger than the buffer; it is gone.
    Oversized,
    /// Nothing until more can be read.
    Nothing,
    /// The stream is at its end.
    End,
}

/// A buffer between a stream and its records.
#[derive(Debug)]
pub(super) struct Frames {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// What was looked at already and holds no end.
    looked: usize,
    ends: Ends,
    skipping: bool,
}

impl Frames {
    pub(super) fn new(ends: Ends, size: usize) -> Self {
        let buffer = vec![0; size].into_boxed_slice();
        Self { buffer, start: 0, end: 0, looked: 0, ends, skipping: false }
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Forgets what was read: the stream is another one now.
    pub(super) fn clear(&mut self) {
        (self.start, self.end, self.looked, self.skipping) = (0, 0, 0, false);
    }

    /// The next record; reads at most once.
    ///
    /// # Errors
    ///
    /// The stream cannot be read. That it has nothing now is none.
    pub(super) fn next(&mut self, stream: &mut impl Read) -> io::Result<Frame> {
        if let Some(frame) = self.take(false) {
            return Ok(frame);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.looked -= self.start.min(self.looked);
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            // It does not fit. Whatever follows up to its end is part of it.
            let first = !std::mem::replace(&mut self.skipping, true);
            // The last byte may be the newline that ends it.
            self.buffer[0] = self.buffer[self.end - 1];
            (self.end, self.looked) = (1, 0);
            if first {
                return Ok(Frame::Oversized);
            }
        }
        let read = match stream.read(&mut self.buffer[self.end..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Frame::Nothing),
            // Nothing follows now: a newline at the end ends a record.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Ok(self.take(true).unwrap_or(Frame::Nothing));
            }
            Err(error) => return Err(error),
        };
        self.end += read;
        if let Some(frame) = self.take(read == 0) {
            return Ok(frame);
        }
        Ok(if read == 0 { Frame::End } else { Frame::Nothing })
    }

    /// One read that gives one record, whatever is in it.
    ///
    /// # Errors
    ///
    /// As the read has them.
    pub(super) fn whole(&mut self, device: &mut impl Read) -> io::Result<Frame> {
        let read = device.read(&mut self.buffer)?;
        Ok(if read == 0 { Frame::End } else { Frame::Whole(0..read) })
    }

    /// A record that is in the buffer as a whole.
    fn take(&mut self, last: bool) -> Option<Frame> {
        loop {
            let from = self.looked.max(self.start);
            let at = from + self.buffer[from..self.end].iter().position(|byte| *byte == b'\n')?;
            let follows = self.buffer[..self.end].get(at + 1);
            let whole = match (self.ends, follows) {
                (Ends::Line, _) => true,
                (Ends::Record, Some(follows)) => *follows != b' ',
                (Ends::Record, None) if last => true,
                // What follows is not known yet.
                (Ends::Record, None) => {
                    self.looked = at;
                    return None;
                }
            };
            self.looked = at + 1;
            if !whole {
                continue;
            }
            let record = self.start..at;
            self.start = at + 1;
            if std::mem::take(&mut self.skipping) || record.is_empty() {
                continue;
            }
            return Some(Frame::Whole(record));
        }
    }
}
