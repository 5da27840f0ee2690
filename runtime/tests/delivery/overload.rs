// SPDX-License-Identifier: Apache-2.0
//! Two and a half times as much as the other side takes: memory stays small, every item is
//! accounted for.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::parent::Collector;
use super::{rounds, sink::Sink};

/// Eight GPUs as OTLP.
const FRAME: u32 = 45_000;
/// 100 frames a second.
const MICROS: u32 = 10_000;

fn overload(storage: bool) {
    let seconds = rounds(6, 60);
    let sink = Sink::start();
    // 40 frames a second.
    sink.state.micros_per_kib.store(MICROS * 5 / 2 / (FRAME / 1024), Ordering::Relaxed);
    let folder = tempfile::tempdir().unwrap();
    let mut settings = vec![
        ("CHILD_PORT", sink.port.to_string()),
        ("CHILD_FRAME", FRAME.to_string()),
        ("CHILD_MICROS", MICROS.to_string()),
    ];
    if storage {
        settings.push(("CHILD_STORAGE", folder.path().join("queue").display().to_string()));
    }
    let collector = Collector::start(1, &settings);
    let start = Instant::now();
    let mut most = 0;
    while start.elapsed() < Duration::from_secs(seconds.into()) {
        std::thread::sleep(Duration::from_millis(50));
        most = most.max(collector.status("VmRSS"));
    }
    most = most.max(collector.status("VmHWM"));
    collector.terminate();
    let account = collector.end();
    account.holds();
    let (accepted, delivered, dropped) =
        (account.of("accepted"), account.of("delivered"), account.of("dropped"));
    println!(
        "{seconds} s of 2.5 times overload{}: at most {} MiB resident; {accepted} items accepted, {delivered} \
         delivered, {dropped} dropped",
        if storage { " with storage" } else { "" },
        most >> 20
    );
    assert!(most <= 64 << 20, "{} MiB", most >> 20);
    assert!(delivered * 2 < accepted, "{delivered} of {accepted}: that was no overload");
    assert_eq!(dropped > 0, !storage, "8 MiB are full after some three seconds, 256 MiB are not");
}

#[test]
fn memory_stays_small() {
    overload(false);
}

#[test]
fn memory_stays_small_with_storage() {
    overload(true);
}
