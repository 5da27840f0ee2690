// SPDX-License-Identifier: Apache-2.0
//! SIGTERM under load, again and again: conservation holds to the point.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::child::ITEMS;
use super::parent::Collector;
use super::{rounds, sink::Sink};

/// When in the life of round `round` the signal comes: different each time.
fn moment(round: u32) -> Duration {
    Duration::from_millis(50 + u64::from(round.wrapping_mul(0x9e37_79b9) >> 24))
}

#[test]
fn from_memory_what_is_not_delivered_is_counted() {
    for round in 0..rounds(3, 50) {
        let sink = Sink::start();
        sink.state.moody.store(true, Ordering::Relaxed);
        // Too slow for all of it, so that much waits when the signal comes.
        sink.state.micros_per_kib.store(800, Ordering::Relaxed);
        let collector = Collector::start(1, &[("CHILD_PORT", sink.port.to_string())]);
        std::thread::sleep(moment(round));
        while sink.frames().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        collector.terminate();
        let account = collector.end();
        account.holds();
        assert_eq!(account.of("queued"), 0);
        let acknowledged = sink.state.acknowledged.load(Ordering::SeqCst) * ITEMS;
        let (delivered, lost) = (account.of("delivered"), account.of("lost"));
        assert!(
            delivered <= acknowledged && acknowledged - delivered <= lost,
            "round {round}: {acknowledged} acknowledged, {delivered} delivered, {lost} lost"
        );
    }
}

#[test]
fn from_storage_nothing_is_lost_over_all_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start();
    sink.state.moody.store(true, Ordering::Relaxed);
    sink.state.micros_per_kib.store(800, Ordering::Relaxed);
    let settings = [
        ("CHILD_PORT", sink.port.to_string()),
        ("CHILD_STORAGE", folder.path().join("queue").display().to_string()),
    ];
    let (mut left, mut accepted) = (0, Vec::new());
    let rounds = rounds(3, 50);
    for round in 0..rounds {
        let collector = Collector::start(u64::from(round), &settings);
        std::thread::sleep(moment(round));
        collector.terminate();
        let account = collector.end();
        account.holds();
        assert_eq!(account.of("recovered"), left, "round {round}: what the last one left\n{}", account.1);
        assert_eq!(account.of("lost") + account.of("dropped"), 0, "round {round}\n{}", account.1);
        left = account.of("queued");
        accepted.push(account.of("accepted") / ITEMS);
    }
    // The last one has all the time it needs.
    sink.state.moody.store(false, Ordering::Relaxed);
    sink.state.micros_per_kib.store(0, Ordering::Relaxed);
    let patient = [settings.as_slice(), &[("CHILD_DRAIN", "9000".to_owned())]].concat();
    let collector = Collector::start(u64::from(rounds), &patient);
    std::thread::sleep(Duration::from_millis(300));
    collector.terminate();
    let account = collector.end();
    account.holds();
    assert_eq!((account.of("recovered"), account.of("queued")), (left, 0), "{}", account.1);
    accepted.push(account.of("accepted") / ITEMS);
    let frames = sink.frames();
    for (generation, accepted) in (0_u64..).zip(&accepted) {
        let missing: Vec<_> =
            (0..*accepted).filter(|frame| !frames.contains_key(&(generation << 32 | frame))).collect();
        assert!(
            missing.is_empty(),
            "round {generation}: of {accepted} frames the sink never got {missing:?}"
        );
    }
    let (sent, twice) = (frames.len(), frames.values().filter(|times| **times > 1).count());
    assert_eq!(sent as u64, accepted.iter().sum::<u64>());
    println!("{rounds} rounds, {sent} frames, none lost, {twice} came more than once");
}
