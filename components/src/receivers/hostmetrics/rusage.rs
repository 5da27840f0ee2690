// SPDX-License-Identifier: Apache-2.0
//! `getrusage`: what this process has used, all of its threads together.
//!
//! procfs cannot say: its CPU times have a resolution of 10 ms, of which an idle collector uses
//! less in a second, and its context switches are those of the main thread alone.
//!
//! Invariant: the only `unsafe` of this receiver.

#![allow(unsafe_code, reason = "rustix has no getrusage")]

use std::io;
use std::mem::MaybeUninit;

/// What this process has used since it started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    /// CPU seconds in user and in system mode.
    pub(super) cpu: [f64; 2],
    /// Major and minor page faults.
    pub(super) faults: [u64; 2],
    /// Voluntary and involuntary context switches.
    pub(super) switches: [u64; 2],
}

impl Usage {
    /// Asks the kernel.
    pub(super) fn now() -> io::Result<Self> {
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: `usage` is valid for a write of one `rusage`, which is all that the call does.
        let failed = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
        if failed != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has filled it; and zeroes, from before, are a valid `rusage` too.
        let usage = unsafe { usage.assume_init() };
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        let count = |count: libc::c_long| u64::try_from(count).unwrap_or(0);
        Ok(Self {
            cpu: [seconds(usage.ru_utime), seconds(usage.ru_stime)],
            faults: [count(usage.ru_majflt), count(usage.ru_minflt)],
            switches: [count(usage.ru_nvcsw), count(usage.ru_nivcsw)],
        })
    }
}
