// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

use super::frames::{Ends, Frame, Frames};
use super::{Kmsg, KmsgPlace, Next, Tally};
use crate::receivers::kernelevents::lines::record::Scratch;

/// The kernel's ring, with its rules: a read gives one record; what was overwritten is `EPIPE`
/// once, then goes on with the oldest; a record larger than the buffer is `EINVAL` and gone;
/// nothing new is `EAGAIN`.
#[derive(Clone, Default)]
struct Ring(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    room: usize,
    records: VecDeque<(u64, Vec<u8>)>,
    written: u64,
    next: u64,
}

impl Ring {
    fn of(room: usize) -> Self {
        Self(Rc::new(RefCell::new(Inner { room, ..Inner::default() })))
    }

    fn write(&self, text: &str) {
        let inner = &mut *self.0.borrow_mut();
        let record = format!("4,{0},{0},-;{text}\n", inner.written).into_bytes();
        inner.records.push_back((inner.written, record));
        inner.written += 1;
        if inner.records.len() > inner.room {
            inner.records.pop_front();
        }
    }

    /// Another reader of the same ring.
    fn reader(&self) -> Reader {
        Reader(self.clone())
    }
}

struct Reader(Ring);

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let inner = &mut *self.0.0.borrow_mut();
        let oldest = inner.records.front().map_or(inner.written, |(number, _)| *number);
        if inner.next < oldest {
            inner.next = oldest;
            return Err(io::Error::from_raw_os_error(32));
        }
        let Some((number, record)) = inner.records.iter().find(|(number, _)| *number == inner.next) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        inner.next = number + 1;
        if record.len() > buffer.len() {
            return Err(io::Error::from_raw_os_error(22));
        }
        buffer[..record.len()].copy_from_slice(record);
        Ok(record.len())
    }
}

/// Everything there is now.
fn drain<R: Read>(kmsg: &mut Kmsg<R>) -> Vec<u64> {
    let mut scratch = Scratch::new();
    let mut numbers = Vec::new();
    loop {
        match kmsg.next(&mut scratch).unwrap() {
            Next::Record(record) => numbers.push(record.sequence.unwrap()),
            Next::Skipped => {}
            Next::Nothing => return numbers,
        }
    }
}

fn tally(read: u64, malformed: u64, oversized: u64, lost: u64) -> Tally {
    Tally { read, malformed, oversized, duplicate: 0, lost }
}

#[test]
fn what_the_ring_overwrote_is_counted_exactly() {
    let ring = Ring::of(10);
    let mut kmsg = Kmsg::of(ring.reader(), true, KmsgPlace::Oldest);
    for _ in 0..3 {
        ring.write("before");
    }
    assert_eq!(drain(&mut kmsg), [0, 1, 2]);
    for _ in 0..1000 {
        ring.write("a storm");
    }
    assert_eq!(drain(&mut kmsg), (993..1003).collect::<Vec<_>>());
    assert_eq!(kmsg.tally, tally(13, 0, 0, 990));
    // At any distance from the end, and again and again.
    let (mut read, mut lost) = (13, 990);
    for more in 0..40_u64 {
        (0..more).for_each(|_| ring.write("more"));
        drain(&mut kmsg);
        read += more.min(10);
        lost += more.saturating_sub(10);
        assert_eq!(kmsg.tally, tally(read, 0, 0, lost), "{more} more");
    }
}

#[test]
fn a_record_too_large_and_one_that_is_none_are_counted_and_are_no_loss() {
    let ring = Ring::of(10);
    let mut kmsg = Kmsg::of(ring.reader(), true, KmsgPlace::Oldest);
    ring.write("before");
    ring.write(&"x".repeat(20_000));
    ring.write("after");
    assert_eq!(drain(&mut kmsg), [0, 2]);
    assert_eq!(kmsg.tally, tally(2, 0, 1, 0));
    ring.0.borrow_mut().records.push_back((3, b"no record".to_vec()));
    ring.0.borrow_mut().written = 4;
    ring.write("goes on");
    assert_eq!(drain(&mut kmsg), [4]);
    assert_eq!(kmsg.tally, tally(3, 1, 1, 0));
    // Too large, and others lost after it.
    ring.write(&"x".repeat(20_000));
    assert_eq!(drain(&mut kmsg), Vec::<u64>::new());
    (0..15).for_each(|_| ring.write("more"));
    assert_eq!(drain(&mut kmsg).len(), 10);
    assert_eq!(kmsg.tally, tally(13, 1, 2, 5));
}

#[test]
fn reading_goes_on_after_a_number_and_counts_what_was_lost_meanwhile() {
    let ring = Ring::of(10);
    (0..8).for_each(|_| ring.write("x"));
    let mut kmsg = Kmsg::of(ring.reader(), true, KmsgPlace::After(4));
    assert_eq!(drain(&mut kmsg), [5, 6, 7]);
    assert_eq!(kmsg.tally, tally(3, 0, 0, 0));
    (0..20).for_each(|_| ring.write("x"));
    ring.0.borrow_mut().next = 0;
    let mut kmsg = Kmsg::of(ring.reader(), true, KmsgPlace::After(7));
    assert_eq!(drain(&mut kmsg).first(), Some(&18));
    assert_eq!(kmsg.tally, tally(10, 0, 0, 10), "8 to 17 were written and overwritten meanwhile");
    assert_eq!(kmsg.last(), Some(27));
}

/// A stream that gives so many bytes at once, then has nothing now, then goes on.
struct Drip {
    content: Vec<u8>,
    at: usize,
    step: usize,
    pause: bool,
}

impl Read for Drip {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = (self.at + self.step.min(buffer.len())).min(self.content.len());
        // Nothing now, but only where whoever writes whole records may pause.
        let (before, after) = self.content.split_at(self.at);
        self.pause = !self.pause && before.ends_with(b"\n") && !after.starts_with(b" ");
        if self.pause {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let piece = &self.content[self.at..end];
        buffer[..piece.len()].copy_from_slice(piece);
        self.at = end;
        Ok(piece.len())
    }
}

#[test]
fn a_stream_gives_the_same_records_however_it_is_cut() {
    let mut content = Vec::new();
    for number in 0..50 {
        content.extend_from_slice(format!("6,{number},0,-;text {number}\n").as_bytes());
        if number % 3 == 0 {
            content.extend_from_slice(b" SUBSYSTEM=pci\n DEVICE=+pci:0000:9b:00.0\n");
        }
    }
    for step in [1, 2, 3, 7, 20, 64, 1000, 100_000] {
        let drip = Drip { content: content.clone(), at: 0, step, pause: false };
        let mut kmsg = Kmsg::of(drip, false, KmsgPlace::Oldest);
        let mut scratch = Scratch::new();
        let (mut seen, mut nothing) = (Vec::new(), 0);
        while nothing < 3 {
            match kmsg.next(&mut scratch).unwrap() {
                Next::Record(record) => {
                    let number = record.sequence.unwrap();
                    assert_eq!(record.subsystem.is_some(), number % 3 == 0, "{number} in steps of {step}");
                    seen.push(number);
                    nothing = 0;
                }
                Next::Skipped => panic!("something was skipped in steps of {step}"),
                Next::Nothing if kmsg_is_at_end(&kmsg, content.len()) => nothing += 1,
                Next::Nothing => {}
            }
        }
        assert_eq!(seen, (0..50).collect::<Vec<_>>(), "in steps of {step}");
        assert_eq!(kmsg.tally.lost, 0);
    }
}

fn kmsg_is_at_end(kmsg: &Kmsg<Drip>, length: usize) -> bool {
    kmsg.device.at == length
}

#[test]
fn a_line_larger_than_the_buffer_is_one_that_is_left_out() {
    for ends in [Ends::Line, Ends::Record] {
        for length in 60..70 {
            let mut content = b"first\n".to_vec();
            content.extend(std::iter::repeat_n(b'x', length));
            content.extend_from_slice(b"\nlast\n");
            let mut stream = io::Cursor::new(content);
            let mut frames = Frames::new(ends, 64);
            let (mut whole, mut oversized) = (Vec::new(), 0);
            loop {
                match frames.next(&mut stream).unwrap() {
                    Frame::Whole(range) => whole.push(frames.bytes(range).to_vec()),
                    Frame::Oversized => oversized += 1,
                    Frame::Nothing => {}
                    Frame::End => break,
                }
            }
            // A record fits if what ends it, and tells that it ends, fits as well.
            let fits = whole.len() == 3;
            assert_eq!(
                (whole.first().unwrap().as_slice(), whole.last().unwrap().as_slice()),
                (&b"first"[..], &b"last"[..])
            );
            assert_eq!(oversized, usize::from(!fits), "{ends:?} of {length}");
            assert!(fits || length >= 62, "{ends:?} of {length}");
            assert!(!fits || length <= 64, "{ends:?} of {length}");
        }
    }
}
