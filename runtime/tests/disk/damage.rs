// SPDX-License-Identifier: Apache-2.0
//! Files cut at every byte and changed in every byte: nothing damaged is delivered, and
//! nothing is lost but what the damage touches.

use std::ops::Range;
use std::path::Path;

use super::support::{Opened, assert_conserved, files, frame, id_of, image, items, open, options, value};

const FRAMES: u64 = 5;
const HEADER: usize = 128;

fn size(id: u64) -> usize {
    // Not all are multiples of eight.
    8 + usize::try_from(id * 5 % 19).unwrap()
}

/// Where frame `id`'s record lies in the file, its padding not among it.
fn record(id: u64) -> Range<usize> {
    let start = HEADER + (0..id).map(|id| 48 + size(id).next_multiple_of(8)).sum::<usize>();
    start..start + 48 + size(id)
}

/// A folder with one segment of frames: as a crash leaves it, or ended in order.
fn folder(ended: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options(1 << 20));
    for id in 0..FRAMES {
        store.append(id, size(id));
    }
    store.settle();
    let image = (!ended).then(|| image(folder.path()));
    store.close();
    image.unwrap_or(folder)
}

/// Writes a folder that holds `bytes` as its one segment, and opens it.
fn open_with(folder: &Path, name: &std::ffi::OsStr, bytes: &[u8]) -> Opened {
    std::fs::write(folder.join(name), bytes).unwrap();
    open(folder, options(1 << 20))
}

#[test]
fn a_tail_torn_at_every_byte_costs_the_record_it_is_in() {
    let whole = folder(false);
    let segment = files(whole.path(), "seg").remove(0);
    let bytes = std::fs::read(&segment).unwrap();
    assert_eq!(bytes.len(), record(FRAMES - 1).end.next_multiple_of(8));
    for cut in 0..=bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open_with(folder.path(), segment.file_name().unwrap(), &bytes[..cut]);
        let expected: Vec<u64> = (0..FRAMES).filter(|id| record(*id).end <= cut).collect();
        let recovered = store.recovered.clone();
        assert_eq!(recovered.frames, expected.len() as u64, "cut at {cut}");
        assert_eq!(recovered.items, expected.iter().map(|id| items(*id)).sum::<u64>());
        let begun = (0..FRAMES).find(|id| record(*id).start < cut && cut < record(*id).end);
        assert_eq!(recovered.torn_tails, u64::from(begun.is_some()), "cut at {cut}");
        assert_eq!(recovered.torn_bytes, begun.map_or(0, |id| (cut - record(id).start) as u64));
        assert_eq!((recovered.corrupt_frames, recovered.corrupt_bytes), (0, 0), "cut at {cut}");
        if let Some(id) = begun.filter(|id| cut >= record(*id).start + 48) {
            assert_eq!(store.reader.counts().torn.get(), (1, items(id)), "its header says what it was");
        }
        assert_eq!(store.look(), expected, "cut at {cut}");
        assert_conserved(store.reader.counts());
    }
}

/// The frames that a change at `at` touches.
fn touched(at: usize) -> Option<u64> {
    (0..FRAMES).find(|id| record(*id).contains(&at))
}

#[test]
fn a_change_in_every_byte_costs_the_frame_it_is_in_and_that_is_known_exactly() {
    let whole = folder(true);
    let segment = files(whole.path(), "seg").remove(0);
    let bytes = std::fs::read(&segment).unwrap();
    for at in 0..bytes.len() {
        for change in [1_u8 << (at % 8), 0xff].into_iter().skip(at % 2) {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            let folder = tempfile::tempdir().unwrap();
            let mut store = open_with(folder.path(), segment.file_name().unwrap(), &bytes);
            let lost = touched(at);
            let recovered = store.recovered.clone();
            assert_eq!(recovered.corrupt_frames, u64::from(lost.is_some()), "byte {at}: {recovered:?}");
            assert_eq!(recovered.corrupt_items, lost.map_or(0, items), "byte {at}: {recovered:?}");
            assert_eq!(recovered.corrupt_bytes > 0, lost.is_some(), "byte {at}: {recovered:?}");
            let expected: Vec<u64> = (0..FRAMES).filter(|id| Some(*id) != lost).collect();
            assert_eq!(store.look(), expected, "byte {at}");
            assert_conserved(store.reader.counts());
        }
    }
}

#[test]
fn a_change_in_every_byte_of_what_a_crash_left() {
    let whole = folder(false);
    let segment = files(whole.path(), "seg").remove(0);
    let bytes = std::fs::read(&segment).unwrap();
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        let folder = tempfile::tempdir().unwrap();
        let mut store = open_with(folder.path(), segment.file_name().unwrap(), &bytes);
        let lost = touched(at);
        let recovered = store.recovered.clone();
        // Only the header of the very last record cannot be told from a torn tail.
        let last_header = lost == Some(FRAMES - 1) && at < record(FRAMES - 1).start + 48;
        assert_eq!(recovered.corrupt_frames, u64::from(lost.is_some() && !last_header), "byte {at}");
        assert_eq!(recovered.torn_tails, u64::from(last_header), "byte {at}");
        let expected: Vec<u64> = (0..FRAMES).filter(|id| Some(*id) != lost).collect();
        assert_eq!(store.look(), expected, "byte {at}");
    }
}

#[test]
fn a_change_in_every_byte_of_the_acknowledgements_loses_no_frame() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options(1 << 20));
    for id in 0..FRAMES {
        store.append(id, size(id));
    }
    store.settle();
    let mut kept = Vec::new();
    for id in 0..FRAMES {
        let stored = store.reader.take().unwrap();
        assert_eq!(id_of(stored.record()), id);
        // Two ranges.
        if id < 2 || id == 3 {
            store.reader.acknowledge([stored]);
        } else {
            kept.push(stored);
        }
    }
    store.close();
    let acks = files(folder.path(), "ack").remove(0);
    let bytes = std::fs::read(&acks).unwrap();
    let without: Vec<u64> = vec![2, 4];
    for at in 0..bytes.len() {
        let copy = image(folder.path());
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(copy.path().join(acks.file_name().unwrap()), &bytes).unwrap();
        let mut store = open(copy.path(), options(1 << 20));
        assert_eq!(value(&store.reader.counts().damaged_acknowledgements), 1, "byte {at}");
        let ids = store.look();
        assert!(without.iter().all(|id| ids.contains(id)), "byte {at}: {ids:?}");
        assert!(ids.len() > without.len(), "the frames of the damaged range come again");
    }
    for cut in 0..=bytes.len() {
        let copy = image(folder.path());
        std::fs::write(copy.path().join(acks.file_name().unwrap()), &bytes[..cut]).unwrap();
        let mut store = open(copy.path(), options(1 << 20));
        let ids = store.look();
        assert!(without.iter().all(|id| ids.contains(id)), "cut at {cut}: {ids:?}");
    }
}

#[test]
fn records_inside_a_payload_are_never_taken_for_records() {
    // The file of one queue as the payload of a frame of another; then that frame's own header
    // is damaged, so that a search for the next good one passes over all of it.
    let inner = folder(true);
    let inner = std::fs::read(files(inner.path(), "seg").remove(0)).unwrap();
    let outer = tempfile::tempdir().unwrap();
    let store = open(outer.path(), options(1 << 20));
    let mut record = frame(0, 8);
    record.payload = inner;
    store.writer.append(record).unwrap();
    store.append(1, 50);
    store.close();
    let segment = files(outer.path(), "seg").remove(0);
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[HEADER + 9] ^= 4;
    let copy = tempfile::tempdir().unwrap();
    let mut store = open_with(copy.path(), segment.file_name().unwrap(), &bytes);
    assert_eq!((store.recovered.frames, store.recovered.corrupt_frames), (1, 1));
    assert_eq!(store.drain(), [1]);
}

#[test]
fn damage_that_comes_after_recovery_is_found_when_the_frame_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = options(1 << 20).segments_of(600);
    settings.memory = 300;
    let mut store = open(folder.path(), settings);
    for id in 0..40 {
        store.append(id, 100);
        store.settle();
    }
    // Frames of the third segment, none of which are in memory.
    let segment = files(folder.path(), "seg").remove(2);
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[HEADER + 48 + 50] ^= 1;
    std::fs::write(&segment, &bytes).unwrap();
    let ids = store.drain();
    assert_eq!(ids.len(), 39, "{ids:?}");
    let lost = (0..40).find(|id| !ids.contains(id)).unwrap();
    assert_eq!(store.reader.counts().lost.get(), (1, items(lost)));
    assert_eq!(store.reader.counts().corrupt.get(), (1, items(lost)));
    assert_conserved(store.reader.counts());
    let damaged = tracecore_runtime::queue::disk::Event::Damaged { frames: 1, items: items(lost) };
    assert_eq!(store.events(), [damaged]);
    // The segment goes all the same, once the rest of it is done with.
    assert_eq!(store.close().left, (0, 0));
    assert_eq!(files(folder.path(), "seg"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn zeros_at_the_end_as_a_loss_of_power_leaves_them() {
    let whole = folder(false);
    let segment = files(whole.path(), "seg").remove(0);
    let mut bytes = std::fs::read(&segment).unwrap();
    let end = bytes.len();
    bytes.resize(end + 4096, 0);
    let folder = tempfile::tempdir().unwrap();
    let mut store = open_with(folder.path(), segment.file_name().unwrap(), &bytes);
    assert_eq!((store.recovered.torn_tails, store.recovered.torn_bytes), (1, 4096));
    assert_eq!(store.drain(), (0..FRAMES).collect::<Vec<_>>());
}

#[test]
fn bytes_without_meaning_do_no_harm() {
    let mut random = super::support::Seeded::new(3);
    for length in [0, 1, 15, 16, 127, 128, 129, 1000, 5000] {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
        let name = std::ffi::OsString::from("0000000000000001-00000001.seg");
        let mut store = open_with(folder.path(), &name, &bytes);
        assert_eq!(store.recovered.frames, 0);
        store.append(1, 50);
        store.settle();
        assert_eq!(store.drain(), [1]);
    }
}

#[test]
fn whatever_is_done_to_the_files_nothing_damaged_comes_out() {
    let whole = folder(true);
    let good = std::fs::read(files(whole.path(), "seg").remove(0)).unwrap();
    let name = files(whole.path(), "seg").remove(0).file_name().unwrap().to_owned();
    for seed in 0..100 {
        let mut random = super::support::Seeded::new(seed);
        let mut bytes = good.clone();
        for _ in 0..=random.below(4) {
            let (at, length) = (random.size(bytes.len() as u64), 1 + random.size(100));
            let end = (at + length).min(bytes.len());
            match random.below(6) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at..end].fill(0),
                2 => bytes[at..end].fill_with(|| random.byte()),
                // Bytes go missing, appear, or come from another place of the file.
                3 => drop(bytes.drain(at..end)),
                4 => drop(bytes.splice(at..at, good[..length.min(good.len())].iter().copied())),
                _ => {
                    let from = random.size((good.len() - (end - at)) as u64);
                    bytes[at..end].copy_from_slice(&good[from..from + (end - at)]);
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        // Every frame that comes is compared with what was appended.
        let mut store = open_with(folder.path(), &name, &bytes);
        store.append(100, 20);
        store.settle();
        let ids = store.drain();
        assert!(ids.is_sorted() && ids.last() == Some(&100), "seed {seed}: {ids:?}");
        assert!(ids.iter().all(|id| *id < FRAMES || *id == 100), "seed {seed}: {ids:?}");
        assert_conserved(store.reader.counts());
        assert_eq!(store.close().left, (0, 0), "seed {seed}");
    }
}
