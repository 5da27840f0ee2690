// SPDX-License-Identifier: Apache-2.0
//! The page's sequence under loom, which tries every interleaving that the memory model allows.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

/// What the sequence is built from here.
mod atomic {
    pub(super) use loom::sync::atomic::{AtomicU64, Ordering, fence};
}

#[path = "../src/page/sequence.rs"]
mod sequence;

use atomic::{AtomicU64, Ordering};
use loom::sync::Arc;
use sequence::Sequence;

/// Two copies of two numbers, which are the same within a tick.
struct Segment {
    sequence: Sequence,
    copies: [[AtomicU64; 2]; 2],
}

impl Segment {
    fn write(&self, tick: u64) {
        self.sequence.write(|copy| {
            for cell in &self.copies[copy] {
                cell.store(tick, Ordering::Relaxed);
            }
        });
    }

    fn read(&self) -> Option<(u64, [u64; 2])> {
        self.sequence.read(|copy| {
            let [first, second] = &self.copies[copy];
            [first.load(Ordering::Relaxed), second.load(Ordering::Relaxed)]
        })
    }
}

#[test]
fn a_read_is_of_one_tick_whatever_happens_meanwhile() {
    loom::model(|| {
        let copies = [[AtomicU64::new(0), AtomicU64::new(0)], [AtomicU64::new(0), AtomicU64::new(0)]];
        let segment = Arc::new(Segment { sequence: Sequence::new(), copies });
        segment.write(1);
        let writer = {
            let segment = Arc::clone(&segment);
            loom::thread::spawn(move || {
                // The third tick goes where the first one is.
                segment.write(2);
                segment.write(3);
            })
        };
        let (published, [first, second]) = segment.read().unwrap();
        assert_eq!((first, second), (published, published));
        writer.join().unwrap();
        assert_eq!(segment.read(), Some((3, [3, 3])));
        assert_eq!(segment.sequence.published(), 3);
    });
}
