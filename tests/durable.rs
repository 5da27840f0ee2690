// SPDX-License-Identifier: Apache-2.0
//! The whole collector with a queue on disk, killed (`kill -9`) at random moments, against a
//! server that counts what arrives.
//!
//! A clock counts its ticks: 1, 2, 3, .. for each process. What the server has and what the
//! folder holds after a kill must together be all numbers up to the highest, without a gap,
//! and once everything is drained the server alone must have them.
//!
//! `TRACECORE_KILLS` sets how often (6 by itself; the soak asks for 200 and more),
//! `TRACECORE_SEED` the sequence of moments and moods.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may end here, and says what it saw"
)]

#[path = "durable/server.rs"]
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use server::{Mood, Series, Server};
use tracecore_runtime::queue::disk::{OpenError, Store, StoreOptions};

/// A limit that only a hang exceeds.
const LIMIT: Duration = Duration::from_secs(60);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// xorshift64: a seed decides.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

/// Killed when it goes out of scope.
struct Collector(Child);

impl Collector {
    fn start(folder: &Path, server: &Server) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_collector"))
            .args(["collect", "--pipeline", "durable"])
            .env("TEST_STORAGE", folder)
            .env("TEST_ENDPOINT", format!("http://{}", server.address))
            .env("TEST_INTERVAL", "2ms")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// SIGKILL; nothing it could do about it.
    fn kill(mut self) {
        let early = self.0.try_wait().unwrap();
        if early.is_some() {
            let mut log = String::new();
            std::io::Read::read_to_string(self.0.stderr.as_mut().unwrap(), &mut log).unwrap();
            panic!("it ended by itself: {early:?}\n{log}");
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What waits in the folder, seen in a copy of it.
fn waiting(folder: &Path) -> Series {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let open = |content: String| {
        let mut options = StoreOptions::new(content, 1 << 30);
        (options.memory, options.recovery_budget) = (256 << 20, LIMIT);
        Store::open(copy.path(), options)
    };
    // The folder says itself whose frames these are.
    let opened = match open("?".to_owned()) {
        Err(OpenError::Content { found, .. }) => open(found),
        other => other,
    };
    let (_writer, reader, recovered) = opened.unwrap();
    assert!(recovered.complete && recovered.corrupt_frames == 0, "{recovered:?}");
    let (mut series, start) = (Series::new(), Instant::now());
    while reader.counts().queued.get().0 > 0 {
        assert!(start.elapsed() < LIMIT, "{:?}", reader.counts());
        match reader.take() {
            Some(stored) => server::read(&stored.record().payload, &mut series),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    series
}

fn duplicates(series: &Series) -> u64 {
    series.values().flat_map(BTreeMap::values).map(|times| times - 1).sum()
}

/// Adds what is in the folder to what the server has: the numbers that must all arrive.
fn owed(server: &Server, folder: &Path) -> BTreeMap<String, BTreeSet<u64>> {
    let mut all: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    // The folder first: what is delivered between the two looks is then seen in both.
    for series in [waiting(folder), server.counted()] {
        for (name, values) in series {
            all.entry(name).or_default().extend(values.keys());
        }
    }
    all
}

#[test]
fn no_tick_is_lost_by_kill_9_and_what_comes_twice_is_bounded() {
    let (kills, mut random) = (number("TRACECORE_KILLS", 6), Seeded(number("TRACECORE_SEED", 1) * 7919 + 1));
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("queue");
    let (mut before, mut most_twice, mut must) = (0, 0, BTreeMap::new());
    for round in 0..kills {
        server.be([Mood::Takes, Mood::Slow, Mood::Takes, Mood::Busy, Mood::Gone]
            [usize::try_from(random.below(5)).unwrap()]);
        let collector = Collector::start(&folder, &server);
        // Some live long enough to deliver, some hardly begin.
        std::thread::sleep(Duration::from_millis(60 + random.below(500)));
        if random.below(3) == 0 {
            server.be(Mood::Takes);
            std::thread::sleep(Duration::from_millis(random.below(200)));
        }
        collector.kill();
        let twice = duplicates(&server.counted());
        (most_twice, before) = (most_twice.max(twice - before), twice);
        if !folder.exists() {
            continue;
        }
        let now = owed(&server, &folder);
        for (series, values) in &now {
            let highest = *values.last().unwrap();
            let gaps: Vec<u64> = (1..=highest).filter(|value| !values.contains(value)).collect();
            assert!(gaps.is_empty(), "round {round}: {series} up to {highest} lacks {gaps:?}");
        }
        for (series, values) in &must {
            assert!(now.get(series).is_some_and(|now| now.is_superset(values)), "round {round}: {series}");
        }
        must = now;
    }
    // Everything that was ever in the folder arrives.
    server.be(Mood::Takes);
    let collector = Collector::start(&folder, &server);
    let start = Instant::now();
    let arrived = loop {
        let counted = server.counted();
        let all = must.iter().all(|(series, values)| {
            counted.get(series).is_some_and(|counted| values.iter().all(|value| counted.contains_key(value)))
        });
        if all {
            break counted;
        }
        assert!(start.elapsed() < LIMIT, "not all of it arrives: {} left", waiting(&folder).len());
        std::thread::sleep(Duration::from_millis(20));
    };
    collector.kill();
    for (series, values) in &must {
        let sum: u64 = arrived[series].keys().take(values.len()).sum();
        let highest = *values.last().unwrap();
        assert_eq!(sum, highest * (highest + 1) / 2, "the sum of {series}");
    }
    let (points, twice) = (must.values().map(BTreeSet::len).sum::<usize>(), duplicates(&arrived));
    let batch = server.most_in_a_request() as u64;
    eprintln!(
        "{kills} kills: {points} points of {} processes, none lost; {twice} arrived twice, at most \
         {most_twice} after one kill (a request has up to {batch})",
        must.len()
    );
    assert!(points as u64 > 5 * kills, "the test has something to lose: {points}");
    // One request was under way, and the acknowledgement of the one before it perhaps.
    assert!(most_twice <= 2 * batch, "{most_twice} with requests of {batch}");
}
