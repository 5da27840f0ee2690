// SPDX-License-Identifier: Apache-2.0
//! Who is shown one by one: pure choice, under a limit.
//!
//! Whoever has a place keeps it for as long as it runs, so that two processes of the same size
//! do not take turns; free places go to those that hold the most memory.

use super::lists::{Id, Running};

/// Which of the processes that run come in, given who is in already.
pub(super) fn newcomers(running: &[Running], is_in: impl Fn(Id) -> bool, limit: usize) -> Vec<&Running> {
    let taken = running.iter().filter(|process| is_in(process.id)).count();
    let mut outside: Vec<_> = running.iter().filter(|process| !is_in(process.id)).collect();
    // The pid decides between equals, so that two looks choose alike.
    outside.sort_by_key(|process| (std::cmp::Reverse(process.memory), process.id));
    outside.truncate(limit.saturating_sub(taken));
    outside
}

#[cfg(test)]
mod tests {
    use super::super::lists::{Does, Id, Running};
    use super::newcomers;

    fn running(of: &[(u32, u64)]) -> Vec<Running> {
        of.iter()
            .map(|(pid, memory)| Running {
                id: Id { pid: *pid, instance: None },
                does: Does::Compute,
                memory: Some(*memory),
            })
            .collect()
    }

    fn pids(of: &[&Running]) -> Vec<u32> {
        of.iter().map(|process| process.id.pid).collect()
    }

    #[test]
    fn places_go_to_the_biggest() {
        let all = running(&[(1, 10), (2, 30), (3, 20)]);
        assert_eq!(pids(&newcomers(&all, |_| false, 2)), [2, 3]);
        assert_eq!(pids(&newcomers(&all, |_| false, 9)), [2, 3, 1]);
    }

    #[test]
    fn who_is_in_stays_in_whoever_comes() {
        let all = running(&[(1, 10), (2, 30), (3, 20)]);
        assert_eq!(pids(&newcomers(&all, |id| id.pid == 1, 2)), [2]);
        assert!(newcomers(&all, |id| id.pid == 1, 1).is_empty());
    }

    #[test]
    fn equals_are_told_apart_the_same_way_each_time() {
        let all = running(&[(9, 10), (4, 10), (7, 10)]);
        assert_eq!(pids(&newcomers(&all, |_| false, 2)), [4, 7]);
    }
}
