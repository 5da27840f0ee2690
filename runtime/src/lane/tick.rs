// SPDX-License-Identifier: Apache-2.0
//! The tick: the path that every reading takes. Nothing else belongs in this file.

use std::time::Instant;

use super::beat::{Abandoned, Beat};
use super::branch::Branches;
use crate::signal::{Absence, Batch, Has, Metrics};
use crate::telemetry::{ReceiverTelemetry, RecordReceiver};
use crate::{Failure, Receiver};

/// What a tick had to say.
pub(crate) struct Ticked<R: Receiver> {
    pub(crate) result: Result<(), Failure<R>>,
    /// Items that exporters did not take.
    pub(crate) refused: usize,
    /// Whether the receiver wants to look for devices again.
    pub(crate) rediscover: bool,
}

/// Reads once and hands what was read to every branch.
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
) -> Result<Ticked<R>, Abandoned>
where
    R: Receiver,
    R::Out: Has<Metrics>,
    B: Branches,
{
    out.batch_mut().begin(time_unix_nanos);
    let start = Instant::now();
    let result = beat.call(|| receiver.collect(out))?;
    telemetry.collected(start.elapsed());
    telemetry.scraped(result.is_ok());

    let batch: &mut Batch = out.batch_mut();
    let rediscover = batch.take_rediscover();
    let refused = branches.run(batch);
    telemetry.emitted(batch.len() as u64);
    for reason in Absence::ALL {
        let count = batch.absences()[reason as usize];
        telemetry.absent(reason, count);
    }
    Ok(Ticked { result, refused, rediscover })
}
