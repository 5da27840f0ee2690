// SPDX-License-Identifier: Apache-2.0
//! Frames that can be recognised, seeded numbers, and waiting with a deadline.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracecore_runtime::queue::disk::{
    Counts, Event, Fsync, Reader, Record, Recovered, Store, StoreOptions, Stored, Writer,
};

/// A deadline for what should take milliseconds.
const DEADLINE: Duration = Duration::from_secs(20);

/// Numbers that a seed decides.
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn size(&mut self, bound: u64) -> usize {
        usize::try_from(self.below(bound)).unwrap()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

/// How many items frame `id` has.
pub(crate) fn items(id: u64) -> u64 {
    id % 7 + 1
}

/// The frame numbered `id`, of about `size` bytes.
pub(crate) fn frame(id: u64, size: usize) -> Record {
    let mut payload = id.to_le_bytes().to_vec();
    let mut bytes = Seeded::new(id + 1);
    payload.resize_with(size.max(8), || bytes.byte());
    Record { payload, signal: u8::from(id % 2 == 1), items: items(id), unix_nanos: 1_000 + id }
}

/// The number of a frame, all of whose bytes must be those that were appended.
pub(crate) fn id_of(record: &Record) -> u64 {
    let id = u64::from_le_bytes(record.payload[..8].try_into().unwrap());
    assert_eq!(*record, frame(id, record.payload.len()), "the frame is not what was appended");
    id
}

/// A store that tells what it was told.
pub(crate) struct Opened {
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    pub(crate) recovered: Recovered,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Opened {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn append(&self, id: u64, size: usize) {
        self.writer.append(frame(id, size)).expect("it is taken");
    }

    /// The next frame; `None` once nothing waits any more.
    pub(crate) fn take(&mut self) -> Option<Stored> {
        let start = Instant::now();
        loop {
            if let Some(stored) = self.reader.take() {
                return Some(stored);
            }
            if self.reader.counts().queued.get().0 == 0 {
                return None;
            }
            assert!(start.elapsed() < DEADLINE, "frames wait and none comes: {:?}", self.reader.counts());
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// The numbers of all frames that wait, in the order in which they come; each is done with.
    pub(crate) fn drain(&mut self) -> Vec<u64> {
        let mut ids = Vec::new();
        while let Some(stored) = self.take() {
            ids.push(id_of(stored.record()));
            self.reader.acknowledge([stored]);
        }
        ids
    }

    /// The numbers of all frames that wait, all of which stay.
    pub(crate) fn look(&mut self) -> Vec<u64> {
        let mut ids = Vec::new();
        while let Some(stored) = self.take() {
            ids.push(id_of(stored.record()));
        }
        ids
    }

    /// Waits until `done` holds.
    pub(crate) fn until(&self, what: &str, done: impl Fn(&Counts) -> bool) {
        let start = Instant::now();
        while !done(self.writer.counts()) {
            assert!(start.elapsed() < DEADLINE, "not in time: {what}: {:?}", self.writer.counts());
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Waits until all that was handed over is on the disk or gone.
    pub(crate) fn settle(&self) {
        self.until("all is written", |counts| {
            counts.accepted.get().0 == counts.written.get().0 + counts.dropped_by_memory.get().0
        });
    }

    pub(crate) fn close(self) -> tracecore_runtime::queue::disk::Closed {
        let closed = self.reader.close(DEADLINE);
        assert!(closed.finished);
        closed
    }
}

/// accepted + recovered = acknowledged + dropped + lost + queued + in flight, in frames and in
/// items.
pub(crate) fn assert_conserved(counts: &Counts) {
    let sum = |tallies: &[&tracecore_runtime::queue::disk::Tally]| {
        tallies
            .iter()
            .map(|tally| tally.get())
            .fold((0, 0), |sum, (frames, items)| (sum.0 + frames, sum.1 + items))
    };
    assert_eq!(
        sum(&[&counts.accepted, &counts.recovered]),
        sum(&[
            &counts.acknowledged,
            &counts.dropped_by_size,
            &counts.dropped_by_memory,
            &counts.lost,
            &counts.queued,
            &counts.in_flight,
        ]),
        "{counts:?}"
    );
}

pub(crate) fn options(size: u64) -> StoreOptions {
    let mut options = StoreOptions::new("test", size);
    options.fsync = Fsync::Never;
    options.recovery_budget = Duration::from_secs(10);
    options.retry = Duration::from_millis(20);
    options
}

pub(crate) fn open(path: impl AsRef<Path>, options: StoreOptions) -> Opened {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let options = options.on_event(move |event| seen.lock().unwrap().push(event));
    let (writer, reader, recovered) = Store::open(path, options).expect("it opens");
    Opened { writer, reader, recovered, events }
}

/// A copy of a folder as it is now: what a crash at this moment leaves.
pub(crate) fn image(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // A file may go while the folder is read.
        let _ = std::fs::copy(entry.path(), to.path().join(entry.file_name()));
    }
    to
}

/// The files of a folder with this end, by name.
pub(crate) fn files(folder: &Path, end: &str) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == end))
        .collect();
    files.sort();
    files
}

pub(crate) fn value(counter: &std::sync::atomic::AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
