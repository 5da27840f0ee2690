// SPDX-License-Identifier: Apache-2.0
//! What people and counters are told of a delivery: each attempt is counted; the log and the
//! component's status say what changed, not what goes on.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::run::Remains;
use crate::Logger;
use crate::telemetry::{Balance, ExporterTelemetry, Reporter, Status};

/// What was told is told again after this long, if it is still so.
const AGAIN: Duration = Duration::from_secs(60);

/// Tells of one exporter.
pub(in crate::host) struct Voice {
    telemetry: Arc<ExporterTelemetry>,
    status: Reporter,
    logger: Logger,
    /// Since when it does not work, and how many attempts have failed since.
    failing: Option<(Instant, u64)>,
    /// What was last told of refusals, when, and how often it came since.
    refusal: Option<(String, Instant, u64)>,
}

impl Voice {
    pub(in crate::host) const fn new(
        telemetry: Arc<ExporterTelemetry>,
        status: Reporter,
        logger: Logger,
    ) -> Self {
        Self { telemetry, status, logger, failing: None, refusal: None }
    }

    /// An attempt succeeded; `refused` items of it the other side did not take.
    pub(super) fn delivered(&mut self, refused: u64, message: &str, now: Instant) {
        self.telemetry.call_ok();
        if let Some((since, attempts)) = self.failing.take() {
            self.status.report(Status::Ok, "");
            let seconds = now.saturating_duration_since(since).as_secs();
            self.logger.info(&format!("recovered after {seconds} s and {attempts} failed attempts"));
        }
        match (refused, message) {
            (0, "") => {}
            (0, message) => self.refusal(format!("the other side took everything and says: {message}"), now),
            (refused, "") => self.refusal(format!("the other side refused {refused} items for good"), now),
            (refused, message) => {
                self.refusal(format!("the other side refused {refused} items for good: {message}"), now);
            }
        }
    }

    /// An attempt failed and will be made again.
    pub(super) fn failed(&mut self, kind: usize, why: &str, wait: Duration, now: Instant) {
        self.telemetry.call_failed(kind);
        let first = self.failing.is_none();
        self.failing.get_or_insert((now, 0)).1 += 1;
        if first {
            // The first failure after a success is told; then quiet until the next recovery.
            self.status.report(Status::RecoverableError, why);
            self.logger.warn(&format!("{why}; trying again in {:.1} s", wait.as_secs_f64()));
        } else {
            self.logger.debug(why);
        }
    }

    /// Retries of so many items are exhausted.
    pub(super) fn exhausted(&mut self, items: u64, why: &str, now: Instant) {
        let told = format!("gave up on what could not be delivered for `retry.max_elapsed`: {why}");
        self.status.report(Status::RecoverableError, &told);
        self.refusal(format!("{told} ({items} items)"), now);
    }

    /// An attempt failed for good: `items` items are gone.
    pub(super) fn refused(&mut self, kind: usize, items: u64, why: &str, now: Instant) {
        self.telemetry.call_failed(kind);
        self.failing.get_or_insert((now, 0)).1 += 1;
        self.status.report(Status::RecoverableError, why);
        self.refusal(format!("{why}; {items} items dropped"), now);
    }

    /// Whoever read has gone away.
    pub(super) fn closed(&self, kind: usize, why: &str) {
        self.telemetry.call_failed(kind);
        self.status.report(Status::PermanentError, why);
    }

    /// What was left at the end.
    pub(super) fn ended(&self, left: &Remains) {
        let Remains { lost, interrupted, stored } = *left;
        if lost > 0 {
            self.logger.error(&format!("{lost} items not delivered within the drain budget; they are lost"));
        }
        if interrupted > 0 {
            let why =
                "were being delivered when the drain budget was over: nobody knows whether they arrived";
            self.logger.error(&format!("{interrupted} items {why}"));
        }
        if stored.lost > 0 {
            self.logger
                .error(&format!("{} items could not be written to storage; they are lost", stored.lost));
        }
        if stored.cut_short {
            self.logger.error("storage was still writing when the drain budget was over");
        }
        if stored.kept > 0 {
            self.logger.info(&format!("{} items stay in storage for the next start", stored.kept));
        }
        let Balance { accepted, recovered, delivered, rejected, dropped, lost, queued, in_flight, .. } =
            self.telemetry.balance();
        self.logger.info(&format!(
            "ended: accepted {accepted}, recovered {recovered}, delivered {delivered}, rejected {rejected}, \
             dropped {dropped}, lost {lost}, queued {queued}, in flight {in_flight}"
        ));
        self.status.report(Status::Stopped, "");
    }

    /// Tells a text, unless it has just been told.
    fn refusal(&mut self, text: String, now: Instant) {
        match &mut self.refusal {
            Some((told, at, times)) if alike(told, &text) && now.saturating_duration_since(*at) < AGAIN => {
                *times += 1;
                self.logger.debug(&text);
            }
            before => {
                let again = before.take().filter(|(told, _, times)| alike(told, &text) && *times > 0);
                match again {
                    Some((.., times)) => self.logger.error(&format!("{text} (and {times} times before)")),
                    None => self.logger.error(&text),
                }
                *before = Some((text, now, 0));
            }
        }
    }
}

/// Whether two texts differ in numbers only.
fn alike(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    letters(a) == letters(b)
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn texts_that_differ_in_numbers_only_are_one() {
        assert!(alike("refused 12 items", "refused 7 items"));
        assert!(!alike("refused 12 items", "refused 12 points"));
    }
}
