// SPDX-License-Identifier: Apache-2.0
//! `kill -9` at random moments. A child appends numbered frames, delivers some to a file of
//! its own and says what was written durably; the parent kills it, opens the folder and looks:
//! nothing that was written and not acknowledged is missing, and what comes twice is what was
//! in flight or acknowledged a moment before.
//!
//! `TRACECORE_DISK_KILLS` sets how often (8 by itself; the soak asks for 200 and more).

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tracecore_runtime::queue::disk::{Order, Overflow, StoreOptions};

use super::support::{Seeded, frame, id_of, open, options};

/// How many frames the child has in flight at most.
const FLYING: usize = 8;

fn settings(round: u64) -> StoreOptions {
    let mut settings = options(64 << 20).segments_of(16_000);
    // Appending waits for the disk rather than drop: then the frames written are the first ones.
    (settings.memory, settings.overflow) = (30_000, Overflow::Refuse);
    settings.order = if round.is_multiple_of(2) { Order::OldestFirst } else { Order::NewestFirst };
    settings
}

/// The child: runs until it is killed.
#[test]
fn child_that_is_killed() {
    let Some(folder) = std::env::var_os("TRACECORE_DISK_KILL") else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let (round, mut next) = (number("TRACECORE_DISK_ROUND"), number("TRACECORE_DISK_NEXT"));
    let mut random = Seeded::new(round + 1);
    let store = open(Path::new(&folder), settings(round));
    let mut out = std::io::stdout().lock();
    let mut flying = Vec::new();
    let first = next;
    let mut said = next;
    loop {
        // Ends by itself should the parent be gone.
        if writeln!(out).is_err() || next - first > 200_000 {
            return;
        }
        for _ in 0..random.below(40) {
            let size = 8 + random.size(600);
            if store.writer.append_within(frame(next, size), Duration::from_secs(5)).is_ok() {
                next += 1;
            }
        }
        // Frames are written in the order in which they were appended.
        let written = first + store.writer.counts().written.get().0;
        if written > said {
            writeln!(out, "w {written}").unwrap();
            said = written;
        }
        for _ in 0..random.below(10) {
            while flying.len() < FLYING {
                let Some(stored) = store.reader.take() else { break };
                flying.push(stored);
            }
            for _ in 0..random.below(FLYING as u64 + 1).min(flying.len() as u64) {
                // "Delivered" first, then acknowledged, as an exporter does.
                let stored = flying.swap_remove(random.size(flying.len() as u64));
                writeln!(out, "d {}", id_of(stored.record())).unwrap();
                store.reader.acknowledge([stored]);
            }
        }
        out.flush().unwrap();
        if random.below(50) == 0 {
            store.settle();
        }
    }
}

fn spawn(folder: &Path, round: u64, next: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disk::kill::child_that_is_killed", "--nocapture", "--test-threads=1"])
        .env("TRACECORE_DISK_KILL", folder)
        .env("TRACECORE_DISK_ROUND", round.to_string())
        .env("TRACECORE_DISK_NEXT", next.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What one child said before it was killed.
#[derive(Default)]
struct Said {
    /// One more than the highest frame that it knew to be written.
    written: u64,
    delivered: Vec<u64>,
}

/// Kills the child so long after its first word, or after its start if `early`.
fn until_killed(mut child: Child, after: Duration, early: bool) -> Said {
    let out = child.stdout.take().unwrap();
    let (first_word, begun) = std::sync::mpsc::channel();
    let listener = std::thread::spawn(move || {
        let mut said = Said::default();
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            // A line that the kill cut short has no number to go by, or too small a one: then
            // less is demanded.
            match line.split_once(' ') {
                Some(("w", number)) => said.written = said.written.max(number.parse().unwrap_or(0)),
                Some(("d", number)) => said.delivered.extend(number.parse::<u64>()),
                _ => continue,
            }
            let _ = first_word.send(());
        }
        said
    });
    if !early {
        begun.recv_timeout(Duration::from_secs(20)).expect("the child writes or delivers");
    }
    std::thread::sleep(after);
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    listener.join().unwrap()
}

#[test]
fn nothing_written_is_lost_by_kill_9_and_what_comes_twice_is_bounded() {
    let kills: u64 = std::env::var("TRACECORE_DISK_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let seed: u64 = std::env::var("TRACECORE_DISK_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = Seeded::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut next = 0;
    // Written for certain and never delivered, as far as was said.
    let mut owed = BTreeSet::new();
    let mut delivered = BTreeSet::new();
    let (mut twice, mut most_twice, mut torn) = (0, 0, 0);
    for round in 0..kills {
        // Some die while they look at what the one before left.
        let (after, early) = (Duration::from_micros(random.below(60_000)), random.below(6) == 0);
        let said = until_killed(spawn(folder.path(), round, next), after, early);
        owed.extend(next..said.written.max(next));
        let mut again = 0;
        for id in &said.delivered {
            owed.remove(id);
            again += u64::from(!delivered.insert(*id));
        }
        (twice, most_twice) = (twice + again, most_twice.max(again));
        // Look at all that is there.
        let mut whole = settings(round);
        whole.memory = 64 << 20;
        let mut store = open(folder.path(), whole);
        assert!(store.recovered.complete);
        assert_eq!(store.recovered.corrupt_frames, 0, "round {round}: {:?}", store.recovered);
        assert!(store.recovered.torn_tails <= 1, "round {round}: {:?}", store.recovered);
        torn += store.recovered.torn_tails;
        let (mut left, mut stored) = (Vec::new(), Vec::new());
        while let Some(one) = store.take() {
            left.push(id_of(one.record()));
            stored.push(one);
        }
        let ids: BTreeSet<u64> = left.iter().copied().collect();
        assert_eq!(ids.len(), left.len(), "round {round}: no frame is there twice");
        let lost: Vec<_> = owed.difference(&ids).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        // All but some are done with, so that the next child begins with a backlog, not with all
        // there ever was.
        stored.truncate(stored.len().saturating_sub(300));
        for one in &stored {
            let id = id_of(one.record());
            owed.remove(&id);
            delivered.insert(id);
        }
        store.reader.acknowledge(stored);
        store.close();
        next = ids.last().map_or(next, |last| last + 1).max(next).max(said.written);
    }
    eprintln!(
        "{kills} kills: {next} frames, {} delivered, {} left, none lost; {twice} delivered twice, at most \
         {most_twice} after one kill; {torn} torn tails",
        delivered.len(),
        owed.len()
    );
    // Those in flight, and those acknowledged in the rounds that the thread had not finished.
    assert!(most_twice <= 10 * FLYING as u64, "{most_twice}");
}
