// SPDX-License-Identifier: Apache-2.0
//! One thread at a time: the library's GPM functions must not be called from two.
//!
//! A lane is one thread, but a lane that was given up may still sit in a call, and a pipeline may
//! have two receivers. So whoever is first goes; another waits for a moment, and if the first
//! does not come out, goes without values until it does.
//!
//! What the functions work on is kept here too: one request for all GPUs, since only one of them
//! is asked at a time.
#![allow(unsafe_code, reason = "the library's structure holds pointers")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use nvml_wrapper_sys::bindings::{
    NVML_GPM_METRICS_GET_VERSION, nvmlGpmMetric_t, nvmlGpmMetric_t__bindgen_ty_1, nvmlGpmMetricsGet_t,
};

/// How long to wait for whoever is inside; a call takes a few milliseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// The request that all GPUs are asked with.
pub(super) struct Request(pub(super) nvmlGpmMetricsGet_t);

// SAFETY: its pointers are set before each call and mean nothing after it; the texts that the
// library points to are never looked at.
unsafe impl Send for Request {}

const NO_METRIC: nvmlGpmMetric_t = nvmlGpmMetric_t {
    metricId: 0,
    nvmlReturn: 0,
    value: 0.0,
    metricInfo: nvmlGpmMetric_t__bindgen_ty_1 {
        shortName: std::ptr::null_mut(),
        longName: std::ptr::null_mut(),
        unit: std::ptr::null_mut(),
    },
};

static GATE: Mutex<Request> = Mutex::new(Request(nvmlGpmMetricsGet_t {
    version: NVML_GPM_METRICS_GET_VERSION,
    numMetrics: 0,
    sample1: std::ptr::null_mut(),
    sample2: std::ptr::null_mut(),
    metrics: [NO_METRIC; 210],
}));

/// Whoever is inside did not come out in time: nobody waits again until somebody has been in.
static HUNG: AtomicBool = AtomicBool::new(false);

/// The right to call the library's GPM functions, until it is dropped.
pub(super) type Inside = MutexGuard<'static, Request>;

/// Goes in, or says that somebody inside does not come out.
#[inline]
pub(super) fn enter() -> Option<Inside> {
    match GATE.try_lock() {
        Ok(inside) => {
            HUNG.store(false, Ordering::Relaxed);
            Some(inside)
        }
        Err(TryLockError::Poisoned(inside)) => {
            GATE.clear_poison();
            Some(inside.into_inner())
        }
        Err(TryLockError::WouldBlock) => wait(),
    }
}

#[cold]
fn wait() -> Option<Inside> {
    if HUNG.load(Ordering::Relaxed) {
        return None;
    }
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        std::thread::sleep(Duration::from_micros(200));
        if let Ok(inside) = GATE.try_lock() {
            return Some(inside);
        }
    }
    HUNG.store(true, Ordering::Relaxed);
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use super::{PATIENCE, enter};

    // One test: the gate is the process's.
    #[test]
    fn one_at_a_time_and_nobody_waits_twice_for_who_does_not_come_out() {
        let inside = AtomicU32::new(0);
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for _ in 0..50 {
                        let _gate = enter();
                        // A loser of a race that lasts half a second is none of those inside.
                        if _gate.is_some() {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            std::thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });

        let held = enter().unwrap();
        let late = std::thread::spawn(|| {
            let start = Instant::now();
            assert!(enter().is_none());
            assert!(start.elapsed() >= PATIENCE);
            assert!(enter().is_none(), "at once, this time");
        });
        late.join().unwrap();
        drop(held);
        assert!(enter().is_some());
    }
}
