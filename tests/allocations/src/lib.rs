// SPDX-License-Identifier: Apache-2.0
//! Counts allocations, for tests that must not make any. A binary that uses this crate has its
//! allocator: the system's, and a number for each thread. Never a dependency of what ships.
#![allow(unsafe_code, reason = "an allocator is a foreign interface")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    /// Of each thread: tests run beside each other, and what runs them allocates as well.
    static MADE: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it came. Counting neither allocates
// nor unwinds: the number is there from the thread's start.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MADE.set(MADE.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and what it gives is the system's.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        MADE.set(MADE.get() + 1);
        // SAFETY: the caller keeps the contract of `realloc`, and what it gives is the system's.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations this thread has made so far; one that grows counts once more.
#[must_use]
pub fn made() -> u64 {
    MADE.get()
}

/// Does some work that does not count.
pub fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    let before = MADE.get();
    let done = work();
    MADE.set(before);
    done
}

#[cfg(test)]
mod tests {
    use super::{made, uncounted};

    #[test]
    fn what_is_made_counts_unless_it_is_not_to() {
        let before = made();
        let mut bytes = std::hint::black_box(Vec::<u8>::with_capacity(1));
        assert_eq!(made(), before + 1);
        bytes.reserve_exact(100);
        assert_eq!(made(), before + 2, "it grew");
        uncounted(|| drop(std::hint::black_box(vec![0_u8; 10])));
        assert_eq!(made(), before + 2);
        std::thread::spawn(|| drop(vec![0_u8; 10])).join().unwrap_or_default();
        assert!(made() < before + 20, "the other thread counts for itself");
    }
}
