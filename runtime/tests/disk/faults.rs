// SPDX-License-Identifier: Apache-2.0
//! Disks that are full, read-only or broken: first calls that are made to fail, so that this
//! runs everywhere; then a small file system of its own, where one may be mounted.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracecore_runtime::queue::disk::{Call, Event, Fsync, Overflow, StoreOptions, Weather};

use super::support::{Opened, assert_conserved, files, id_of, image, open, options, value};

const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const EACCES: i32 = 13;
const EIO: i32 = 5;

/// Calls that fail with an error number, after so many of their bytes.
#[derive(Default)]
struct Storm {
    calls: Mutex<Vec<(Call, i32)>>,
    bytes: AtomicU64,
    /// Calls that are let through first.
    after: AtomicI64,
}

impl Weather for Storm {
    fn storm(&self, call: Call, _: usize) -> Option<(usize, i32)> {
        let number = self.calls.lock().unwrap().iter().find(|(failing, _)| *failing == call)?.1;
        if self.after.fetch_sub(1, Ordering::Relaxed) > 0 {
            return None;
        }
        Some((usize::try_from(self.bytes.load(Ordering::Relaxed)).unwrap(), number))
    }
}

impl Storm {
    fn begin(&self, calls: &[(Call, i32)]) {
        *self.calls.lock().unwrap() = calls.to_vec();
    }

    fn end(&self) {
        self.begin(&[]);
    }
}

fn stormy(options: StoreOptions) -> (StoreOptions, Arc<Storm>) {
    let storm = Arc::new(Storm::default());
    (options.in_weather(Arc::clone(&storm) as Arc<dyn Weather>), storm)
}

fn degraded(store: &Opened) -> usize {
    store.events().iter().filter(|event| matches!(event, Event::Degraded { .. })).count()
}

fn restored(store: &Opened) -> usize {
    store.events().iter().filter(|event| matches!(event, Event::Restored { .. })).count()
}

fn until_restored(store: &Opened) {
    store.until("it writes again", |counts| value(&counts.degraded) == 0);
    store.settle();
}

#[test]
fn a_full_disk_is_told_once_and_what_comes_meanwhile_is_kept_and_written_later() {
    // The write fails after each number of bytes that may still go.
    for bytes in [0, 1, 7, 47, 48, 60, 100, 147, 148, 300, 1_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let (settings, storm) = stormy(options(1 << 20));
        storm.bytes.store(bytes, Ordering::Relaxed);
        let mut store = open(folder.path(), settings);
        for id in 0..4 {
            store.append(id, 100);
        }
        store.settle();
        storm.begin(&[(Call::Write, ENOSPC)]);
        for id in 4..10 {
            store.append(id, 100);
        }
        store.until("it is noticed", |counts| value(&counts.degraded) == 1);
        store.until("it is tried again", |counts| value(&counts.write_errors) >= 3);
        // What a crash now would leave is not damaged.
        let crashed = image(folder.path());
        let mut left = open(crashed.path(), options(1 << 20));
        let torn = left.recovered.torn_tails;
        assert!(torn <= 1 && left.recovered.corrupt_frames == 0, "{:?}", left.recovered);
        assert_eq!(left.drain(), [0, 1, 2, 3]);
        storm.end();
        until_restored(&store);
        assert_eq!((degraded(&store), restored(&store)), (1, 1), "{:?}", store.events());
        let crashed = image(folder.path());
        let mut left = open(crashed.path(), options(1 << 20));
        assert_eq!((left.recovered.torn_tails, left.recovered.corrupt_frames), (0, 0));
        assert_eq!(left.drain(), (0..10).collect::<Vec<_>>(), "all of it is on the disk now");
        assert_eq!(store.drain(), (0..10).collect::<Vec<_>>());
        assert_conserved(store.reader.counts());
    }
}

#[test]
fn what_a_failed_write_left_and_cannot_be_cut_off_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, storm) = stormy(options(1 << 20));
    storm.bytes.store(60, Ordering::Relaxed);
    let mut store = open(folder.path(), settings);
    store.append(0, 100);
    store.settle();
    storm.begin(&[(Call::Write, ENOSPC), (Call::Truncate, EIO)]);
    store.append(1, 100);
    store.until("it is noticed", |counts| value(&counts.degraded) == 1);
    storm.end();
    until_restored(&store);
    store.append(2, 100);
    store.settle();
    let crashed = image(folder.path());
    let mut left = open(crashed.path(), options(1 << 20));
    assert_eq!(left.recovered.torn_tails, 1);
    assert_eq!(left.drain(), [0, 1, 2]);
    assert_eq!(store.drain(), [0, 1, 2]);
}

#[test]
fn while_the_disk_is_full_frames_are_delivered_from_memory_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, storm) = stormy(options(1 << 20));
    let mut store = open(folder.path(), settings);
    for id in 0..3 {
        store.append(id, 100);
    }
    store.settle();
    storm.begin(&[(Call::Write, ENOSPC), (Call::Create, ENOSPC)]);
    for id in 3..6 {
        store.append(id, 100);
    }
    store.until("it is noticed", |counts| value(&counts.degraded) == 1);
    let mut taken = Vec::new();
    while let Some(stored) = store.take() {
        taken.push(stored);
    }
    assert_eq!(taken.iter().map(|stored| id_of(stored.record())).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    // Those given back wait in memory like the others, and are written when that works.
    store.reader.release(taken.split_off(4));
    store.reader.acknowledge(taken);
    storm.end();
    until_restored_with(&store, 2 + 3);
    assert_eq!(store.drain(), [4, 5]);
    assert_conserved(store.reader.counts());
    assert_eq!(store.close().left, (0, 0));
}

fn until_restored_with(store: &Opened, written: u64) {
    store
        .until("it writes again", |counts| value(&counts.degraded) == 0 && counts.written.get().0 == written);
}

#[test]
fn memory_stays_within_its_bound_while_the_disk_is_full_and_drops_are_counted() {
    for overflow in [Overflow::DropOldest, Overflow::Refuse] {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = options(1 << 20);
        (settings.memory, settings.overflow) = (10_000, overflow);
        let (settings, storm) = stormy(settings);
        let mut store = open(folder.path(), settings);
        storm.begin(&[(Call::Write, ENOSPC), (Call::Create, ENOSPC)]);
        let mut refused = 0;
        for id in 0..200 {
            refused += u64::from(store.writer.append(super::support::frame(id, 400)).is_err());
            assert!(value(&store.writer.counts().memory_bytes) <= 10_000);
        }
        store.until("it is noticed", |counts| value(&counts.degraded) == 1);
        let (dropped, _) = store.writer.counts().dropped_by_memory.get();
        storm.end();
        until_restored(&store);
        let left = store.drain();
        assert_eq!(left.len() as u64 + dropped + refused, 200);
        assert!(dropped + refused > 150 && (dropped == 0) == (overflow == Overflow::Refuse));
        let newest = overflow == Overflow::DropOldest;
        assert_eq!(left.contains(&199), newest);
        assert_conserved(store.reader.counts());
    }
}

#[test]
fn a_read_only_folder_starts_in_memory_and_keeps_what_is_in_it() {
    for number in [EROFS, EACCES, ENOSPC, EIO] {
        let folder = tempfile::tempdir().unwrap();
        let before = open(folder.path(), options(1 << 20));
        for id in 0..3 {
            before.append(id, 100);
        }
        before.close();
        let (settings, storm) = stormy(options(1 << 20));
        storm.begin(&[(Call::Lock, number)]);
        let mut store = open(folder.path(), settings);
        assert!(!store.recovered.complete);
        store.append(3, 100);
        store.until("it is noticed", |counts| value(&counts.degraded) == 1);
        let stored = store.take().expect("it comes from memory");
        assert_eq!(id_of(stored.record()), 3);
        store.reader.acknowledge([stored]);
        store.append(4, 100);
        storm.end();
        until_restored_with(&store, 1);
        store.until("the old ones are found", |counts| counts.recovered.get().0 == 3);
        let mut left = store.drain();
        left.sort_unstable();
        assert_eq!(left, [0, 1, 2, 4]);
        assert_eq!((degraded(&store), restored(&store)), (1, 1), "{:?}", store.events());
        let told = |event: &Event| matches!(event, Event::Recovered(found) if found.frames == 3);
        store.until("recovery is told of", |_| store.events().iter().any(told));
        assert_conserved(store.reader.counts());
    }
}

#[test]
fn a_disk_that_turns_read_only_still_gives_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = options(1 << 20).segments_of(600);
    settings.memory = 1_000;
    let (settings, storm) = stormy(settings);
    let mut store = open(folder.path(), settings);
    for id in 0..30 {
        store.append(id, 100);
        store.settle();
    }
    let all = [Call::Write, Call::Create, Call::Truncate, Call::Remove, Call::Sync];
    storm.begin(&all.map(|call| (call, EROFS)));
    store.append(30, 100);
    store.until("it is noticed", |counts| value(&counts.degraded) == 1);
    assert_eq!(store.drain(), (0..31).collect::<Vec<_>>());
    assert_eq!(files(folder.path(), "seg").len(), 10, "nothing could be removed");
    // What was acknowledged meanwhile is not forgotten: it goes when that is possible.
    storm.end();
    store.append(31, 100);
    until_restored_with(&store, 31);
    store.until("what is done with goes", |counts| value(&counts.segments) == 1);
    assert_eq!(store.drain(), [31]);
    assert_eq!(store.close().left, (0, 0));
}

#[test]
fn a_sync_that_fails_costs_no_frame_and_none_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = options(1 << 20);
    settings.fsync = Fsync::Always;
    let (settings, storm) = stormy(settings);
    let mut store = open(folder.path(), settings);
    store.append(0, 100);
    store.settle();
    assert!(value(&store.writer.counts().syncs) >= 1);
    storm.begin(&[(Call::Sync, EIO)]);
    store.append(1, 100);
    store.until("it is noticed", |counts| value(&counts.degraded) == 1);
    assert_eq!(store.writer.counts().written.get().0, 1, "what is not synced does not count");
    storm.end();
    until_restored(&store);
    assert_eq!(store.drain(), [0, 1]);
    assert_conserved(store.reader.counts());
    assert_eq!(store.close().left, (0, 0));
}

#[test]
fn a_sync_that_fails_now_and_then_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = options(1 << 20);
    settings.fsync = Fsync::Interval(Duration::from_millis(5));
    let (settings, storm) = stormy(settings);
    let mut store = open(folder.path(), settings);
    storm.begin(&[(Call::Sync, EIO)]);
    store.append(0, 100);
    store.until("it is noticed", |counts| value(&counts.degraded) == 1);
    storm.end();
    store.append(1, 100);
    until_restored(&store);
    store.until("it is synced", |counts| value(&counts.syncs) >= 1);
    assert_eq!(store.drain(), [0, 1]);
}

#[test]
fn acknowledgements_that_cannot_be_written_are_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, storm) = stormy(options(1 << 20));
    let mut store = open(folder.path(), settings);
    for id in 0..4 {
        store.append(id, 100);
    }
    store.settle();
    storm.begin(&[(Call::Write, ENOSPC)]);
    let stored = store.take().unwrap();
    store.reader.acknowledge([stored]);
    store.until("it is noticed", |counts| value(&counts.degraded) == 1);
    let crashed = image(folder.path());
    assert_eq!(open(crashed.path(), options(1 << 20)).drain(), [0, 1, 2, 3], "it would come twice");
    storm.end();
    store.append(4, 100);
    until_restored(&store);
    let start = std::time::Instant::now();
    loop {
        let crashed = image(folder.path());
        let ids = open(crashed.path(), options(1 << 20)).drain();
        if ids == [1, 2, 3, 4] {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{ids:?}");
    }
}

#[test]
fn what_the_disk_does_not_give_for_a_while_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = options(1 << 20).segments_of(600);
    (settings.memory, settings.retry) = (500, Duration::from_millis(200));
    let (settings, storm) = stormy(settings);
    let mut store = open(folder.path(), settings);
    for id in 0..20 {
        store.append(id, 100);
        store.settle();
    }
    storm.begin(&[(Call::Read, EIO)]);
    let writer = store.writer.clone();
    let helper = std::thread::spawn(move || {
        while value(&writer.counts().read_errors) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        storm.end();
    });
    let ids = store.drain();
    helper.join().unwrap();
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
    assert_eq!(store.reader.counts().lost.get(), (0, 0));
}

#[test]
fn what_the_disk_never_gives_is_counted_and_stays_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = options(1 << 20).segments_of(600);
    settings.memory = 500;
    let (settings, storm) = stormy(settings);
    let mut store = open(folder.path(), settings);
    for id in 0..20 {
        store.append(id, 100);
        store.settle();
    }
    storm.begin(&[(Call::Read, EIO)]);
    let first = store.drain();
    let (lost, _) = store.reader.counts().lost.get();
    assert_eq!(first.len() as u64 + lost, 20);
    assert!(lost > 10, "{lost}");
    assert_conserved(store.reader.counts());
    storm.end();
    store.append(20, 100);
    store.settle();
    assert_eq!(store.drain(), [20], "it goes on");
    store.close();
    let mut store = open(folder.path(), options(1 << 20));
    let mut all: Vec<u64> = first.into_iter().chain(store.drain()).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_store_that_never_could_write_says_what_is_lost_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, storm) = stormy(options(1 << 20));
    storm.begin(&[(Call::Create, ENOSPC)]);
    let store = open(folder.path(), settings);
    for id in 0..3 {
        store.append(id, 100);
    }
    let closed = store.close();
    assert_eq!((closed.left, closed.lost), ((0, 0), (3, 1 + 2 + 3)));
}

/// A file system of its own, as long as this lives.
struct Mounted(tempfile::TempDir);

impl Mounted {
    /// `None` where this process may not mount, which is said.
    fn tmpfs(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(folder)),
            other => {
                eprintln!(
                    "skipped: no file system can be mounted here ({other:?}); the tests with calls that fail cover it"
                );
                None
            }
        }
    }

    fn remount(&self, options: &str) {
        let status =
            Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0.path()).status();
        assert!(status.unwrap().success());
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_small_file_system_that_is_full_by_the_doing_of_others() {
    let Some(disk) = Mounted::tmpfs("256k") else { return };
    let folder = disk.path().join("queue");
    let mut store = open(&folder, options(10 << 20));
    for id in 0..10 {
        store.append(id, 4_000);
    }
    store.settle();
    // Somebody else takes all there is.
    let other = disk.path().join("other");
    let mut bytes = vec![1; 1 << 20];
    while std::fs::write(&other, &bytes).is_err() && bytes.len() > 1 {
        bytes.truncate(bytes.len() / 2);
    }
    let mut more = std::fs::OpenOptions::new().append(true).open(&other).unwrap();
    while std::io::Write::write(&mut more, &[1; 4096]).is_ok() {}
    for id in 10..40 {
        store.append(id, 4_000);
    }
    store.until("it is noticed", |counts| value(&counts.degraded) == 1);
    let reason = store.events().iter().find_map(|event| match event {
        Event::Degraded { reason } => Some(reason.clone()),
        _ => None,
    });
    assert!(reason.as_ref().is_some_and(|reason| reason.contains("No space left")), "{reason:?}");
    drop(more);
    std::fs::remove_file(&other).unwrap();
    until_restored(&store);
    assert_eq!((degraded(&store), restored(&store)), (1, 1));
    let copy = image(&folder);
    assert_eq!(open(copy.path(), options(10 << 20)).drain(), (0..40).collect::<Vec<_>>());
    assert_eq!(store.drain(), (0..40).collect::<Vec<_>>());
    assert_conserved(store.reader.counts());
}

#[test]
fn a_file_system_that_is_full_of_the_queue_itself() {
    // The folder may have more than there is: memory is what is left, and its oldest go.
    let Some(disk) = Mounted::tmpfs("128k") else { return };
    let mut settings = options(10 << 20);
    settings.memory = 40_000;
    let mut store = open(disk.path().join("queue"), settings);
    for id in 0..100 {
        store.append(id, 4_000);
        store.until("the thread keeps up", |counts| {
            counts.accepted.get().0 - counts.written.get().0 < 5 || value(&counts.degraded) == 1
        });
    }
    assert_eq!(value(&store.writer.counts().degraded), 1);
    let (dropped, _) = store.writer.counts().dropped_by_memory.get();
    assert!(dropped > 30, "{dropped}");
    assert_eq!(store.drain().len() as u64 + dropped, 100);
    assert_conserved(store.reader.counts());
    // Delivering made room.
    store.append(100, 4_000);
    store.until("it writes again", |counts| value(&counts.degraded) == 0);
    assert_eq!(store.drain(), [100]);
}

#[test]
fn a_file_system_that_is_mounted_read_only() {
    let Some(disk) = Mounted::tmpfs("1m") else { return };
    let folder = disk.path().join("queue");
    let store = open(&folder, options(1 << 20));
    for id in 0..3 {
        store.append(id, 100);
    }
    store.close();
    disk.remount("ro");
    let mut store = open(&folder, options(1 << 20));
    store.append(3, 100);
    assert_eq!(store.drain(), [3], "from memory");
    assert_eq!(degraded(&store), 1, "{:?}", store.events());
    disk.remount("rw");
    store.append(4, 100);
    until_restored_with(&store, 1);
    store.until("the old ones are found", |counts| counts.recovered.get().0 == 3);
    let mut left = store.drain();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 4]);
    store.close();
}
