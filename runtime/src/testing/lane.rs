// SPDX-License-Identifier: Apache-2.0
//! A whole lane without a thread: the very tick that runs in production, called by hand. For
//! benchmarks, allocation tests and whoever looks at the machine code.

use std::sync::Arc;
use std::time::Duration;

use super::settings;
use crate::lane::{Admitting, Beat, Branch, Branches, Chain, Encoders, SeriesTable, tick};
use crate::signal::{Has, Metrics, Output};
use crate::telemetry::ReceiverTelemetry;
use crate::{ErrorKind, Failure, LaneInfo, Open, Receiver, Registrar};

/// What an encoder is told about the branch it belongs to.
#[must_use]
pub fn lane_info(receiver: &str) -> LaneInfo {
    let settings = settings(receiver);
    LaneInfo {
        receiver: Arc::clone(&settings.id),
        pipeline: "metrics/test".into(),
        interval: Duration::from_secs(1),
        resource: settings.resource,
    }
}

/// A branch without telemetry for its processors.
pub fn branch<P: Chain, E: Encoders>(receiver: &str, processors: P, encoders: E) -> Branch<P, E> {
    Branch::new(lane_info(receiver), processors, encoders, Vec::new())
}

/// A lane without a thread.
pub struct Lane<R: Receiver, B> {
    receiver: R,
    out: R::Out,
    branches: B,
    table: SeriesTable,
    beat: Beat,
    telemetry: Arc<ReceiverTelemetry>,
    time: u64,
}

impl<R, B> Lane<R, B>
where
    R: Receiver,
    R::Out: Has<Metrics>,
    B: Branches,
{
    /// Opens the receiver and lets it discover.
    ///
    /// # Errors
    ///
    /// Whatever `open` or `discover` fails with.
    pub fn open(config: R::Config, branches: B) -> Result<Self, Failure<R>> {
        let settings = settings("test");
        let beat = Beat::new(Vec::new());
        let receiver = R::open(config, &mut Open::new(&settings, &[], beat.probe.clone()))?;
        let mut lane = Self {
            receiver,
            out: R::Out::new(beat.probe.clone()),
            branches,
            table: SeriesTable::new(),
            beat,
            telemetry: ReceiverTelemetry::new(settings.id, <R::Kind as ErrorKind>::NAMES, false),
            time: 1_700_000_000_000_000_000,
        };
        let mut admitting = Admitting {
            table: &mut lane.table,
            batch: lane.out.batch_mut(),
            branches: &mut lane.branches,
            now_unix_nanos: lane.time,
        };
        lane.receiver.discover(&mut Registrar::new(&mut admitting, &lane.beat.probe))?;
        Ok(lane)
    }

    /// One tick, one second after the last.
    ///
    /// # Errors
    ///
    /// Whatever `collect` fails with.
    pub fn tick(&mut self) -> Result<(), Failure<R>> {
        self.time += 1_000_000_000;
        let ticked = tick(
            &mut self.receiver,
            &mut self.out,
            &mut self.branches,
            &self.beat,
            &self.telemetry,
            self.time,
        );
        // Nobody gives this lane up.
        ticked.map_or(Ok(()), |ticked| ticked.result)
    }

    /// How many points the last tick had.
    #[must_use]
    pub fn points(&self) -> usize {
        self.out.batch().len()
    }

    /// What was counted.
    #[must_use]
    pub fn telemetry(&self) -> &ReceiverTelemetry {
        &self.telemetry
    }
}

impl<R: Receiver, B> std::fmt::Debug for Lane<R, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("telemetry", &self.telemetry).finish_non_exhaustive()
    }
}
