// SPDX-License-Identifier: Apache-2.0
//! The tick: the path that every reading takes. Nothing else belongs in this file.

use std::time::Instant;

use super::beat::{Abandoned, Beat};
use super::branch::Branches;
use crate::signal::{Absence, Output};
use crate::telemetry::{ReceiverTelemetry, RecordReceiver};
use crate::{Failure, Receiver};

/// What a tick had to say.
pub(crate) struct Ticked<R: Receiver> {
    pub(crate) result: Result<(), Failure<R>>,
    /// Items that exporters did not take.
    pub(crate) refused: u64,
    /// Whether the receiver wants to look for devices again.
    pub(crate) rediscover: bool,
}

/// Reads once and hands what was read to every branch. `events` says that the receiver waits for
/// events, so that a call may have found nothing.
///
/// Kept out of line so that its machine code can be found and looked at: see
/// `benches/check-tick`.
#[inline(never)]
pub(crate) fn tick<R, B>(
    receiver: &mut R,
    out: &mut R::Out,
    branches: &mut B,
    beat: &Beat,
    telemetry: &ReceiverTelemetry,
    time_unix_nanos: u64,
    events: bool,
) -> Result<Ticked<R>, Abandoned>
where
    R: Receiver,
    B: Branches<R::Out>,
{
    out.begin(time_unix_nanos);
    let start = Instant::now();
    let result = beat.call(|| receiver.collect(out))?;
    let elapsed = start.elapsed();
    telemetry.scraped(result.is_ok());

    let rediscover = out.take_rediscover();
    let points = out.points();
    let items = (points + out.records()) as u64;
    if !events || items > 0 || result.is_err() {
        // Of an event receiver's calls those that found nothing have only waited.
        telemetry.collected(elapsed);
    }
    let refused = branches.run(out, !events || points > 0) as u64 + out.refused();
    telemetry.emitted(items);
    let absences = out.absences();
    for reason in Absence::ALL {
        telemetry.absent(reason, absences[reason as usize]);
    }
    Ok(Ticked { result, refused, rediscover })
}
