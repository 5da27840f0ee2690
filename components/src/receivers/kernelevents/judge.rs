// SPDX-License-Identifier: Apache-2.0
//! What records mean, and what follows: counted, held back until the rest of an event has come, or
//! given on. Never reads a source and never waits.

use std::time::Instant;

use tracecore_runtime::signal::MetricsAndLogs;

use super::clock::Offset;
use super::config::Records;
use super::emit::{self, Context};
use super::gpus::Gpus;
use super::lines::event::{Event, understand};
use super::lines::general::Kind;
use super::lines::gpu::Gpu;
use super::lines::record::Record;
use super::policy::Severities;
use super::tallies::Tallies;
use super::twins::Through;
use super::window::{Seen, Window};

/// What records mean, and what follows from that.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) severities: Severities,
    pub(super) gpus: Gpus,
    pub(super) tallies: Tallies,
    pub(super) own: Vec<u32>,
    pub(super) boot: String,
    pub(super) trust_user_space: bool,
    pub(super) records: Records,
}

impl Judge {
    /// Counts a record and gives it on, or holds it back; says whether something was counted that
    /// should be seen at once.
    pub(super) fn take(
        &mut self,
        out: &mut MetricsAndLogs,
        window: &mut Window,
        record: &Record<'_>,
        through: Through,
        offset: Offset,
        now: Instant,
    ) -> bool {
        let elsewhen = record.boot.is_some_and(|boot| boot != self.boot);
        let unix_nanos = match (record.realtime_micros, record.monotonic_micros) {
            (Some(micros), None) => micros.saturating_mul(1000),
            (Some(micros), Some(_)) if elsewhen => micros.saturating_mul(1000),
            (_, Some(micros)) => offset.unix_nanos(micros),
            (None, None) => offset.now_unix_nanos(),
        };
        let event = self.meaning(record);
        let seen = Seen { record: *record, through, unix_nanos, more: "" };
        if !window.is_empty() {
            if window.is_past(record) {
                self.hand_on(window, out);
            } else if let Some(Event::SxidDetail(sxid)) = &event
                && window.fold(sxid.address, sxid.code, record.text)
            {
                return false;
            }
        }
        let counted = event.as_ref().is_some_and(|event| self.count(event, unix_nanos));
        let sxid = match &event {
            Some(Event::Sxid(sxid)) => Some((sxid.address, sxid.code)),
            _ => None,
        };
        if sxid.is_some() || !window.is_empty() {
            window.hold(&seen, sxid, now);
        } else {
            self.write(out, &seen, event.as_ref());
        }
        counted
    }

    /// What a record means, if it is the kernel's own and known.
    fn meaning<'a>(&self, record: &Record<'a>) -> Option<Event<'a>> {
        (record.is_kernels() || self.trust_user_space).then(|| understand(record.text)).flatten()
    }

    fn count(&mut self, event: &Event<'_>, unix_nanos: u64) -> bool {
        match event {
            Event::Xid(xid) => self.gpus.count(xid, unix_nanos),
            Event::Sxid(sxid) => self.tallies.sxid(sxid),
            Event::SxidDetail(_) => return false,
            Event::Gpu(Gpu::Name { address, uuid }) => self.gpus.name(*address, uuid),
            Event::Gpu(Gpu::RateLimited { address }) => self.gpus.rate_limited(*address),
            Event::Gpu(Gpu::Lost { .. }) => self.tallies.event(Kind::GpuLost, unix_nanos),
            Event::General(general) => self.tallies.event(general.kind, unix_nanos),
        }
        true
    }

    /// Gives on what was held back, as far as there is room.
    pub(super) fn hand_on(&self, window: &mut Window, out: &mut MetricsAndLogs) {
        window.hand_on(|held| {
            if out.logs.is_full() {
                return false;
            }
            self.write(out, held, self.meaning(&held.record).as_ref());
            true
        });
    }

    fn write(&self, out: &mut MetricsAndLogs, seen: &Seen<'_>, event: Option<&Event<'_>>) {
        if event.is_none() && self.records == Records::Events {
            return;
        }
        let Self { severities, gpus, own, boot, .. } = self;
        emit::write(&mut out.logs, seen, event, &Context { severities, gpus, own, boot });
    }
}
