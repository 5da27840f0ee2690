// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::expect_used, reason = "a test may end here")]
use std::time::{Duration, Instant};

use tracecore_schema::delivery::{Order, Overflow};

use super::{ItemOutcome, Rules, queue, ticks_at, with_rules};

fn frame(bytes: usize) -> Vec<u8> {
    vec![7; bytes]
}

fn rules(overflow: Overflow) -> Rules {
    Rules { capacity: 100, overflow, order: Order::OldestFirst }
}

#[tokio::test(flavor = "current_thread")]
async fn the_oldest_frames_go_first_and_every_item_is_accounted_for() {
    let (mut frames, mut receiver) = queue(100);
    for items in 1..=5 {
        frames.send(frame(40), items);
    }
    let balance = frames.balance();
    assert_eq!((balance.accepted, balance.queued, balance.gap()), (15, 9, 0));
    assert_eq!(frames.ended(ItemOutcome::DroppedOldest), 6, "frames 1, 2 and 3 made room");
    receiver.closer().close();
    let mut delivered = 0;
    while let Some(frame) = receiver.next().await {
        delivered += frame.items();
        receiver.recycle(frame);
    }
    assert_eq!(delivered, 9);
    let balance = frames.balance();
    assert_eq!((balance.delivered, balance.queued, balance.in_flight, frames.bytes()), (9, 0, 0, 0));
    frames.send(frame(1), 3);
    assert_eq!(frames.ended(ItemOutcome::LostShutdown), 3, "a closed queue takes nothing more");
    assert_eq!(frames.balance().gap(), 0);
}

#[tokio::test(flavor = "current_thread")]
async fn a_frame_larger_than_the_bound_still_passes_alone() {
    let (mut frames, mut receiver) = queue(10);
    frames.send(frame(5), 1);
    frames.send(frame(50), 1);
    assert_eq!(receiver.next().await.map(|frame| frame.bytes().len()), Some(50));
}

#[tokio::test(flavor = "current_thread")]
async fn buffers_go_round() {
    let (mut frames, mut receiver) = queue(1000);
    let mut places = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let mut buffer = frames.buffer();
        assert!(buffer.is_empty());
        buffer.extend([1; 100]);
        places.insert(buffer.as_ptr());
        frames.send(buffer, 1);
        let frame = receiver.next().await;
        receiver.recycle(frame.expect("it was sent"));
    }
    assert_eq!(places.len(), 2, "one is filled while the other is delivered");
}

#[test]
fn what_is_in_an_attempt_counts_within_the_bound_and_is_never_dropped() {
    let (mut frames, receiver) = queue(100);
    frames.send(frame(60), 1);
    let batch = receiver.take(1000).expect("it was sent");
    frames.send(frame(60), 2);
    let balance = frames.balance();
    assert_eq!((balance.in_flight, balance.queued, balance.dropped), (1, 0, 2));
    frames.send(frame(40), 4);
    receiver.put_back(batch, |_| false);
    assert_eq!(frames.bytes(), 100);
    frames.send(frame(60), 8);
    let balance = frames.balance();
    assert_eq!((balance.queued, balance.dropped), (4 + 8, 2 + 1), "now it is the oldest that waits");
    assert_eq!((balance.gap(), frames.bytes()), (0, 100));
}

#[test]
fn drop_newest_keeps_what_waits() {
    let (mut frames, mut receiver) = with_rules(rules(Overflow::DropNewest));
    for items in 1..=4 {
        frames.send(frame(40), items);
    }
    assert_eq!(frames.ended(ItemOutcome::DroppedNewest), 3 + 4);
    assert_eq!(receiver.try_next().map(|frame| frame.items()), Some(1));
    assert_eq!(frames.balance().gap(), 0);
}

#[test]
fn block_waits_for_room_and_goes_on_at_once() {
    let (mut frames, mut receiver) = with_rules(rules(Overflow::Block));
    frames.send(frame(80), 1);
    let waits = std::thread::spawn(move || {
        let start = Instant::now();
        ticks_at(start + Duration::from_secs(20));
        frames.send(frame(80), 2);
        (start.elapsed(), frames.balance())
    });
    std::thread::sleep(Duration::from_millis(50));
    let first = receiver.try_next().expect("it was sent");
    receiver.recycle(first);
    let (waited, balance) = waits.join().expect("it does not panic");
    assert!(waited >= Duration::from_millis(10) && waited < Duration::from_secs(10), "{waited:?}");
    assert_eq!((balance.queued, balance.dropped, balance.gap()), (2, 0, 0));
}

#[test]
fn block_ends_before_the_next_tick_with_a_drop_that_is_counted() {
    let (mut frames, _receiver) = with_rules(rules(Overflow::Block));
    frames.send(frame(80), 1);
    let next = Instant::now() + Duration::from_millis(60);
    ticks_at(next);
    frames.send(frame(80), 2);
    assert!(Instant::now() + Duration::from_millis(30) > next, "it waited");
    assert_eq!(frames.ended(ItemOutcome::DroppedBlocked), 2);
    frames.send(frame(80), 4);
    assert_eq!(frames.ended(ItemOutcome::DroppedBlocked), 6, "a second exporter does not wait again");
    assert_eq!(frames.balance().gap(), 0);
}

#[test]
fn nobody_waits_for_room_at_the_end() {
    let (mut frames, receiver) = with_rules(rules(Overflow::Block));
    frames.send(frame(80), 1);
    let waits = std::thread::spawn(move || {
        ticks_at(Instant::now() + Duration::from_secs(20));
        frames.send(frame(80), 2);
        frames.ended(ItemOutcome::DroppedBlocked)
    });
    std::thread::sleep(Duration::from_millis(20));
    receiver.closer().hurry();
    assert_eq!(waits.join().expect("it does not panic"), 2);
}

#[test]
fn a_server_that_refuses_more_than_it_got_refused_all_of_it() {
    let (mut frames, receiver) = queue(100);
    frames.send(frame(10), 5);
    let batch = receiver.take(100).expect("it was sent");
    receiver.settle_partly(batch, 9);
    let balance = frames.balance();
    assert_eq!((balance.delivered, balance.rejected, balance.gap()), (0, 5, 0));
}

#[test]
fn what_is_shed_is_the_oldest_that_waits() {
    let (mut frames, receiver) = queue(100);
    frames.send(frame(10), 1);
    frames.send(frame(20), 2);
    let closer = receiver.closer();
    assert_eq!(closer.shed_oldest(), Some(10));
    let batch = receiver.take(100);
    assert_eq!(closer.shed_oldest(), None, "what is in an attempt is not ours to end");
    assert!(batch.is_some());
    assert_eq!(frames.ended(ItemOutcome::DroppedMemory), 1);
    assert_eq!(frames.balance().gap(), 0);
}
