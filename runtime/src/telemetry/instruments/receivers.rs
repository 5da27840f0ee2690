// SPDX-License-Identifier: Apache-2.0
//! What is shown of receivers, and of processors, which run in their lanes.

use super::Instruments;
use crate::telemetry::declared;

impl Instruments<'_> {
    pub(super) fn receivers(&self) {
        self.counter(declared::RECEIVER_ERRORS, |live, show| {
            for receiver in live.receivers.load().iter() {
                receiver.errors().for_each(|(kind, count)| show(receiver.id(), [kind], count));
            }
        });
        self.counter(declared::RECEIVER_EMISSIONS, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.emissions());
            }
        });
        self.seconds(declared::RECEIVER_DEGRADED, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.degraded_time().as_secs_f64());
            }
        });
        self.gauge(declared::RECEIVER_LAST_ACTIVITY, f64::max, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.last_activity_unix_seconds());
            }
        });
        // Of several instances, one that fails is what somebody should hear of.
        self.gauge(declared::RECEIVER_SCRAPE_SUCCESS, f64::min, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], f64::from(u8::from(receiver.last_success())));
            }
        });
        self.gauge(declared::RECEIVER_SCRAPE_DURATION, f64::max, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.last_duration().as_secs_f64());
            }
        });
        self.gauge(declared::RECEIVER_STUCK_SINCE, f64::max, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.stuck_since_unix_seconds());
            }
        });
        self.counter(declared::RECEIVER_SKIPPED_TICKS, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.ticks_skipped());
            }
        });
        self.gauge(declared::RECEIVER_SERIES, sum, |live, show| {
            for receiver in live.receivers.load().iter() {
                show(receiver.id(), [], receiver.series_now() as f64);
            }
        });
        self.gauge(declared::RECEIVER_ABSENT_VALUES, sum, |live, show| {
            for receiver in live.receivers.load().iter() {
                receiver
                    .absences()
                    .for_each(|(reason, values)| show(receiver.id(), [reason.name()], values as f64));
            }
        });
        self.counter(declared::PROCESSOR_ITEMS, |live, show| {
            for processor in live.processors.load().iter() {
                for (result, count) in processor.counts() {
                    show(processor.id(), [result], count);
                }
            }
        });
    }
}

pub(super) fn sum(a: f64, b: f64) -> f64 {
    a + b
}
