// SPDX-License-Identifier: Apache-2.0
//! A backend that stays away for an hour: the folder never has more than it may, and what did
//! not fit is counted to the item.

use super::support::{assert_conserved, open, options};

/// One frame a second, as large as one of eight GPUs with forty series each.
const SECONDS: u64 = 3_600;
const FRAME: usize = 45_000;
/// Room for a fifth of it.
const SIZE: u64 = 32 << 20;

/// The bytes of all files of a folder.
fn on_disk(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.filter_map(|file| file.ok()?.metadata().ok()).map(|file| file.len()).sum()
}

#[test]
fn an_hour_of_frames_that_nobody_takes_stays_within_the_folders_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path(), options(SIZE));
    let mut most = 0;
    for id in 0..SECONDS {
        store.append(id, FRAME);
        if id % 16 == 0 {
            store.settle();
            most = most.max(on_disk(folder.path()));
        }
    }
    store.settle();
    most = most.max(on_disk(folder.path()));
    let (dropped, _) = store.reader.counts().dropped_by_size.get();
    println!("{SECONDS} frames of {FRAME} bytes: at most {most} bytes of {SIZE} on disk, {dropped} dropped");
    assert!(most <= SIZE && most > SIZE / 2, "{most} bytes");
    assert_conserved(store.reader.counts());
    // What is left are the newest, whole and in order.
    let left = store.drain();
    assert_eq!(left, (dropped..SECONDS).collect::<Vec<_>>());
}
