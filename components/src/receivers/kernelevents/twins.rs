// SPDX-License-Identifier: Apache-2.0
//! Records that came through both sources: which of two is the second.
//!
//! A record is known by the start of the machine, its microsecond and its text. Two records may
//! agree in all three and still be two, so they are counted: the n-th that comes through one
//! source is the n-th that comes through the other.
//!
//! Invariant: what is remembered is bounded. Of two sources that are further apart than
//! [`MEMORY`] records, a record may be reported twice; none is ever left out.

use std::collections::{HashMap, VecDeque};

use super::lines::record::Record;

/// Records that came through one source only and may still come through the other.
const MEMORY: usize = 16 * 1024;

/// Which source a record came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Through {
    Kmsg,
    Journal,
}

impl Through {
    /// As attributes write it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kmsg => "kmsg",
            Self::Journal => "journal",
        }
    }

    const fn step(self) -> i32 {
        match self {
            Self::Kmsg => 1,
            Self::Journal => -1,
        }
    }
}

/// Records that wait for their twins.
#[derive(Debug)]
pub(super) struct Twins {
    /// How many more came through `kmsg` than through the journal, and when the entry was made.
    waiting: HashMap<u64, (i32, u64)>,
    order: VecDeque<(u64, u64)>,
    made: u64,
}

impl Twins {
    /// Nothing came yet, but for these of an earlier run.
    pub(super) fn new(unmatched: &[(u64, i32)]) -> Self {
        let mut twins = Self {
            waiting: HashMap::with_capacity(MEMORY + 1),
            order: VecDeque::with_capacity(MEMORY + 1),
            made: 0,
        };
        for (key, ahead) in unmatched {
            twins.insert(*key, *ahead);
        }
        twins
    }

    /// Whether this record came through the other source before.
    pub(super) fn is_second(&mut self, key: u64, through: Through) -> bool {
        let step = through.step();
        match self.waiting.get_mut(&key) {
            Some((ahead, _)) => {
                let second = ahead.signum() == -step;
                *ahead += step;
                if *ahead == 0 {
                    self.waiting.remove(&key);
                }
                second
            }
            None => {
                self.insert(key, step);
                false
            }
        }
    }

    fn insert(&mut self, key: u64, ahead: i32) {
        if self.order.len() >= MEMORY
            && let Some((oldest, made)) = self.order.pop_front()
            && self.waiting.get(&oldest).is_some_and(|(_, of)| *of == made)
        {
            self.waiting.remove(&oldest);
        }
        self.made += 1;
        self.waiting.insert(key, (ahead, self.made));
        self.order.push_back((key, self.made));
    }

    /// The records that wait, to go on with after a restart.
    pub(super) fn unmatched(&self) -> impl Iterator<Item = (u64, i32)> + '_ {
        self.order.iter().filter_map(|(key, made)| {
            let (ahead, of) = self.waiting.get(key)?;
            (of == made).then_some((*key, *ahead))
        })
    }

    /// The records that waited before this one came, which has no twin yet.
    pub(super) fn unmatched_before(&self, key: u64, through: Through, into: &mut Vec<(u64, i32)>) {
        into.clear();
        into.extend(self.unmatched().filter_map(|(of, ahead)| {
            let ahead = if of == key { ahead - through.step() } else { ahead };
            (ahead != 0).then_some((of, ahead))
        }));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// What two records of the same event have in common. Kept in a file, so it may never change.
pub(super) fn key(record: &Record<'_>, boot: &str) -> u64 {
    let mut hash = Hash::new();
    hash.add(boot.as_bytes());
    hash.add(&record.monotonic_micros.unwrap_or_default().to_le_bytes());
    hash.add(said(record).as_bytes());
    hash.end()
}

/// What a record says. journald takes the writer's name off what user space wrote, so that is
/// left out here too.
fn said<'a>(record: &Record<'a>) -> &'a str {
    if record.is_kernels() {
        return record.text.trim_end();
    }
    match record.text.split_once(": ") {
        Some((writer, said)) if !writer.contains(char::is_whitespace) => said.trim_end(),
        _ => record.text.trim_end(),
    }
}

/// FNV-1a with a last stir: the same on every machine and in every version.
pub(super) struct Hash(u64);

impl Hash {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub(super) const fn end(self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::{MEMORY, Through::*, Twins};

    #[test]
    fn the_nth_of_one_source_is_the_nth_of_the_other() {
        let mut twins = Twins::new(&[]);
        assert!(!twins.is_second(1, Kmsg));
        assert!(!twins.is_second(1, Kmsg), "the same words twice are two records");
        assert!(twins.is_second(1, Journal));
        assert!(twins.is_second(1, Journal));
        assert!(!twins.is_second(1, Journal), "a third, which only the journal has");
        assert!(twins.is_second(1, Kmsg));
        assert_eq!(twins.len(), 0);
    }

    #[test]
    fn what_waits_goes_on_waiting_after_a_restart() {
        let mut twins = Twins::new(&[]);
        for key in 0..10 {
            twins.is_second(key, if key % 2 == 0 { Kmsg } else { Journal });
        }
        twins.is_second(0, Journal);
        let unmatched: Vec<_> = twins.unmatched().collect();
        assert_eq!(unmatched.len(), 9);
        let mut twins = Twins::new(&unmatched);
        assert!(!twins.is_second(0, Journal));
        assert!(twins.is_second(1, Kmsg) && twins.is_second(2, Journal));
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let mut twins = Twins::new(&[]);
        let many = MEMORY as u64 * 3;
        for key in 0..many {
            assert!(!twins.is_second(key, Kmsg));
            assert!(twins.len() <= MEMORY && twins.order.len() <= MEMORY);
        }
        assert!(!twins.is_second(0, Journal), "forgotten: reported again, not left out");
        assert!(twins.is_second(many - 1, Journal));
    }
}
