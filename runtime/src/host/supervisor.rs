// SPDX-License-Identifier: Apache-2.0
//! The supervisor: starts lanes, and watches for one that hangs in its driver.
//!
//! A lane whose call into the receiver is older than the limit is given up: what it shows
//! becomes invisible, and a new thread opens the receiver again without the device that the
//! call went to. When the old call returns after all, its result is dropped unseen and the
//! device is taken in again. There is at most one thread given up per device: a device with a
//! hanging call is on the list of those left alone, and of calls that name no device only one
//! is given up at a time.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::LaneSpec;
use crate::lane::Beat;
use crate::telemetry::{RecordReceiver, Status};

/// Stack of a lane's thread. Drivers' libraries are the reason that it is not smaller; what is
/// not touched costs nothing.
const STACK: usize = 1 << 20;

struct Lane {
    spec: LaneSpec,
    beat: Arc<Beat>,
    given_up: Vec<GivenUp>,
}

struct GivenUp {
    beat: Arc<Beat>,
    device: Option<String>,
}

/// The lanes of a running collector.
pub(super) struct Supervisor {
    lanes: Vec<Lane>,
    stuck_after: Duration,
}

impl Supervisor {
    /// Starts every lane.
    pub(super) fn start(specs: Vec<LaneSpec>, stuck_after: Duration) -> io::Result<Self> {
        let lanes = specs
            .into_iter()
            .map(|spec| {
                let beat = spawn(&spec, Vec::new())?;
                Ok(Lane { spec, beat, given_up: Vec::new() })
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { lanes, stuck_after })
    }

    /// Whether the first open of every receiver has returned, failed or not.
    pub(super) fn opened(&self) -> bool {
        self.lanes.iter().all(|lane| lane.beat.opened.load(Ordering::Acquire) || !lane.given_up.is_empty())
    }

    /// Whether every lane's thread has ended by itself.
    pub(super) fn done(&self) -> bool {
        self.lanes.iter().all(|lane| lane.beat.done.load(Ordering::Acquire))
    }

    /// Whether every lane has done its one round.
    pub(super) fn round_done(&self) -> bool {
        let done =
            |lane: &Lane| lane.beat.round.load(Ordering::Acquire) || lane.beat.done.load(Ordering::Acquire);
        self.lanes.iter().all(done)
    }

    /// Looks after every lane.
    pub(super) fn watch(&mut self) {
        for lane in &mut self.lanes {
            lane.take_back();
            lane.give_up(self.stuck_after);
        }
    }

    /// Waits for the lanes that were told to stop; says which are stuck.
    pub(super) fn join(&mut self, budget: Duration) -> Vec<&'static str> {
        let deadline = Instant::now() + budget;
        while !self.done() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        let stuck = self
            .lanes
            .iter()
            .filter(|lane| !lane.beat.done.load(Ordering::Acquire) || !lane.given_up.is_empty());
        stuck.map(|lane| lane.spec.id).collect()
    }
}

impl Lane {
    /// Devices whose call has returned after all.
    fn take_back(&mut self) {
        let before = self.given_up.len();
        self.given_up.retain(|old| !old.beat.done.load(Ordering::Acquire));
        if self.given_up.len() == before {
            return;
        }
        *self.beat.skipped.lock().unwrap_or_else(PoisonError::into_inner) = self.skipped();
        self.beat.reopen.store(true, Ordering::Release);
        if self.given_up.is_empty() {
            self.spec.telemetry.stuck_since(None);
        }
        tracing::info!(
            component_id = self.spec.id,
            "a call that hung has returned; opening again with its device"
        );
    }

    fn give_up(&mut self, limit: Duration) {
        let Some(busy) = self.beat.busy_for().filter(|busy| *busy >= limit) else { return };
        let device = self.beat.probe.current();
        if device.is_none() && self.given_up.iter().any(|old| old.device.is_none()) {
            return;
        }
        let Some(device) = self.beat.give_up(limit) else { return };
        let since = SystemTime::now().checked_sub(busy);
        self.spec.telemetry.stuck_since(since.or(Some(SystemTime::UNIX_EPOCH)));
        self.spec.telemetry.degraded(true);
        self.spec.telemetry.scraped(false);
        self.spec.telemetry.restarted();
        let at = device.as_deref().map(|device| format!(" to {device}")).unwrap_or_default();
        let why = format!("a call{at} has not returned for {} s", busy.as_secs());
        self.spec.status.report(Status::RecoverableError, &why);
        tracing::error!(
            component_id = self.spec.id,
            device = device.as_deref().unwrap_or("unknown"),
            "a call has not returned for {} s; opening again without the device",
            busy.as_secs()
        );
        self.given_up.push(GivenUp { beat: Arc::clone(&self.beat), device });
        match spawn(&self.spec, self.skipped()) {
            Ok(beat) => self.beat = beat,
            // The old beat stays in place as done-to-be; the next look tries again.
            Err(error) => tracing::error!(component_id = self.spec.id, "cannot start a thread: {error}"),
        }
    }

    fn skipped(&self) -> Vec<String> {
        let devices: BTreeSet<_> = self.given_up.iter().filter_map(|old| old.device.clone()).collect();
        devices.into_iter().collect()
    }
}

/// Tells that the thread has left the lane, however it left.
struct Done(Arc<Beat>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.opened.store(true, Ordering::Release);
        self.0.done.store(true, Ordering::Release);
    }
}

fn spawn(spec: &LaneSpec, skipped: Vec<String>) -> io::Result<Arc<Beat>> {
    let beat = Arc::new(Beat::new(skipped));
    let (run, done) = (Arc::clone(&spec.run), Done(Arc::clone(&beat)));
    std::thread::Builder::new().name(format!("lane-{}", spec.id)).stack_size(STACK).spawn(move || {
        let done = done;
        run(&done.0);
    })?;
    Ok(beat)
}
