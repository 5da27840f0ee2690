// SPDX-License-Identifier: Apache-2.0
//! Whose folder it is: one process at a time, one version, one exporter.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use tracecore_runtime::queue::disk::{OpenError, Store, StoreOptions};

use super::support::{files, image, open, options};

/// Every file of a folder and its bytes.
fn contents(folder: &Path) -> BTreeMap<std::ffi::OsString, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let entries = entries.filter(|entry| entry.file_name() != "lock");
    entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect()
}

fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options(1 << 20));
    for id in 0..5 {
        store.append(id, 100);
    }
    store.close();
    folder
}

fn refused(folder: &Path, options: StoreOptions) -> OpenError {
    Store::open(folder, options).map(|_| ()).expect_err("it is refused")
}

#[test]
fn a_folder_in_use_is_refused_and_its_user_named() {
    let folder = filled();
    let store = open(folder.path(), options(1 << 20));
    let error = refused(folder.path(), options(1 << 20));
    assert!(matches!(error, OpenError::InUse { pid: Some(pid), .. } if pid == std::process::id()));
    assert!(error.to_string().contains("another exporter of this process"), "{error}");
    store.close();
    open(folder.path(), options(1 << 20)).close();
}

/// Run by [`two_processes_on_one_folder`] in a process of its own.
#[test]
fn child_that_holds_a_folder() {
    let Some(folder) = std::env::var_os("TRACECORE_DISK_HOLD") else { return };
    let store = open(Path::new(&folder), options(1 << 20));
    println!("held");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    store.close();
}

#[test]
fn two_processes_on_one_folder() {
    use std::io::{BufRead, BufReader};
    let folder = filled();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disk::owners::child_that_holds_a_folder", "--nocapture"])
        .env("TRACECORE_DISK_HOLD", folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("held")), "the child holds it");
    let before = contents(folder.path());
    let error = refused(folder.path(), options(1 << 20));
    assert!(matches!(error, OpenError::InUse { pid: Some(pid), .. } if pid == child.id()), "{error}");
    assert!(error.to_string().contains(&format!("in use by process {}", child.id())), "{error}");
    assert_eq!(contents(folder.path()), before);
    // Killed, it holds nothing any more, whatever its file says.
    child.kill().unwrap();
    child.wait().unwrap();
    let mut store = open(folder.path(), options(1 << 20));
    assert_eq!(store.drain(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_newer_version_is_refused_and_nothing_is_touched() {
    let folder = filled();
    let segment = files(folder.path(), "seg").remove(0);
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[8..12].copy_from_slice(&7_u32.to_le_bytes());
    let checksum = crc32c(&bytes[..12]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    std::fs::write(&segment, &bytes).unwrap();
    let before = contents(folder.path());
    let error = refused(folder.path(), options(1 << 20));
    assert!(matches!(error, OpenError::Newer { found: 7, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("format version 7, and this build reads up to 1"), "{error}");
    assert_eq!(contents(folder.path()), before);
}

/// Bit by bit, so that the test does not lean on the library that it checks.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(sum & 1)))
    })
}

#[test]
fn frames_of_another_exporter_are_refused_and_nothing_is_touched() {
    let folder = filled();
    let before = contents(folder.path());
    let error = refused(folder.path(), StoreOptions::new("stdout/lines", 1 << 20));
    assert!(matches!(&error, OpenError::Content { found, .. } if found == "test"), "{error}");
    assert!(error.to_string().contains("holds frames of `test`, not of `stdout/lines`"), "{error}");
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_file_in_place_of_the_folder_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue");
    std::fs::write(&file, "x").unwrap();
    let error = refused(&file, options(1 << 20));
    assert!(matches!(error, OpenError::NotAFolder(_)), "{error}");
}

#[test]
fn what_is_not_ours_in_the_folder_stays() {
    let folder = filled();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let mut store = open(folder.path(), options(1 << 20));
    assert_eq!(store.drain(), [0, 1, 2, 3, 4]);
    store.close();
    assert_eq!(std::fs::read(folder.path().join("notes.txt")).unwrap(), b"mine");
}

#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/b");
    let store = open(&folder, options(1 << 20));
    store.append(0, 100);
    store.settle();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&files(&folder, "seg")[0]), 0o600);
}

#[test]
fn acknowledgements_without_their_segment_are_cleared_away() {
    let folder = filled();
    let copy = image(folder.path());
    let orphan = copy.path().join("00000000000000ff-00000001.ack");
    std::fs::write(&orphan, [0; 16]).unwrap();
    let mut store = open(copy.path(), options(1 << 20));
    assert!(!orphan.exists());
    assert_eq!(store.drain(), [0, 1, 2, 3, 4]);
}
