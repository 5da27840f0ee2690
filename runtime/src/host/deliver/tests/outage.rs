// SPDX-License-Identifier: Apache-2.0
//! An hour without a backend, as a node with eight GPUs sees it.

use std::time::Duration;

use tracecore_schema::ByteSize;
use tracecore_schema::delivery::{Order, QueueConfig, RetryConfig};

use super::super::Delivery;
use super::server::{Attempt, Weather};
use super::world::{Sent, Story, Told, run};
use crate::queue::ItemOutcome;

/// Eight GPUs as OTLP, uncompressed: data points of one tick, and their bytes.
const ITEMS: u64 = 320;
const BYTES: usize = 45_000;
const HOUR: Duration = Duration::from_secs(3600);

/// A tick each second for three hours; the backend is away during the second.
fn hour(queue: QueueConfig, after: Weather) -> Told {
    let frames = (0..3 * 3600)
        .map(|tick| Sent { at: Duration::from_secs(tick), bytes: BYTES, items: ITEMS })
        .collect();
    let weather = vec![
        (Duration::ZERO, Weather::Up(Duration::from_millis(20))),
        (HOUR, Weather::Down(Duration::from_millis(5))),
        (HOUR * 2, after),
    ];
    let delivery = Delivery::new(queue, RetryConfig::default());
    let (closes, drain) = (HOUR * 3 + Duration::from_secs(1), Duration::from_secs(5));
    let told = run(&Story { seed: 8, delivery, weather, frames, closes, drain, planted: None });
    assert_eq!(told.wrong, None);
    told
}

fn since_return(told: &Told) -> Vec<Attempt> {
    told.attempts.iter().copied().filter(|attempt| attempt.at >= HOUR * 2).collect()
}

/// How long after the return nothing waited any more.
fn caught_up(told: &Told) -> Duration {
    *told.empty_at.iter().find(|at| **at > HOUR * 2 + Duration::from_secs(1)).expect("it catches up")
        - HOUR * 2
}

#[test]
fn memory_stays_within_the_bound_and_what_was_dropped_is_the_oldest() {
    let told = hour(QueueConfig::default(), Weather::Up(Duration::from_millis(20)));
    assert!(told.most_bytes <= 8 << 20, "{} bytes", told.most_bytes);
    let kept = (8 << 20) / BYTES as u64;
    let dropped = told.ended(ItemOutcome::DroppedOldest) / ITEMS;
    // Nobody asks more often than each half minute: so long the queue fills on.
    assert!((3600 - kept..3600 - kept + 45).contains(&dropped), "{dropped} frames dropped, {kept} have room");
    assert_eq!(told.balance.delivered, told.balance.accepted - dropped * ITEMS);
    println!(
        "8 GPUs, one tick a second, default queue: {kept} s are kept, {dropped} frames dropped of {}, caught up \
         {:?} after the backend answered again",
        told.balance.accepted / ITEMS,
        caught_up(&told)
    );
}

#[test]
fn an_hour_that_has_room_is_delivered_whole_and_soon() {
    let queue = QueueConfig { size: ByteSize(200 << 20), ..QueueConfig::default() };
    let told = hour(queue, Weather::Up(Duration::from_millis(50)));
    assert_eq!(told.balance.delivered, told.balance.accepted);
    let (after, away) =
        (since_return(&told), told.attempts.iter().filter(|a| (HOUR..HOUR * 2).contains(&a.at)));
    // 5 s to 30 s with jitter: never fewer than one in 38 s, never more than one in 22 s.
    let away = away.count();
    assert!((90..180).contains(&away), "{away} attempts in an hour");
    let caught_up = caught_up(&told);
    assert!(caught_up < Duration::from_secs(90), "{caught_up:?}");
    assert!(after.iter().all(|attempt| attempt.bytes <= 1 << 20), "no request is larger than one batch");
    println!(
        "an hour of 8 GPUs ({} MB) was delivered {caught_up:?} after the backend was back; {away} attempts meanwhile",
        3600 * BYTES / 1_000_000
    );
}

#[test]
fn nobody_is_met_by_a_burst() {
    // It takes five requests a second and asks the others to come back in two seconds.
    let after = Weather::Throttled { per_second: 5, wait: Duration::from_secs(2) };
    let queue = QueueConfig { size: ByteSize(200 << 20), concurrency: 4, ..QueueConfig::default() };
    let told = hour(queue, after);
    assert_eq!(told.balance.delivered, told.balance.accepted);
    let after = since_return(&told);
    let first: Vec<_> = after.iter().take_while(|a| a.at < after[0].at + Duration::from_secs(1)).collect();
    assert!(first.len() <= 2, "{} requests in the first second", first.len());
    let refused = after.iter().filter(|attempt| !attempt.taken).count();
    let taken = after.len() - refused;
    assert!(refused * 10 < taken, "{refused} refused, {taken} taken");
    println!(
        "five requests a second allowed: caught up after {:?}, {refused} refused of {}",
        caught_up(&told),
        after.len()
    );
}

#[test]
fn the_newest_do_not_wait_for_an_hour_of_old_ones_if_asked_for() {
    let slow = Weather::Up(Duration::from_millis(900));
    let queue = |order| QueueConfig { size: ByteSize(200 << 20), order, ..QueueConfig::default() };
    let first_of =
        |told: &Told| since_return(told).iter().find(|attempt| attempt.taken).map(|attempt| attempt.first);
    let newest = first_of(&hour(queue(Order::NewestFirst), slow)).expect("it was back");
    assert!(newest >= 7200 - 25, "frame {newest} of the second before came first");
    let oldest = first_of(&hour(queue(Order::OldestFirst), slow)).expect("it was back");
    assert!((3600..3602).contains(&oldest), "frame {oldest}");
}
