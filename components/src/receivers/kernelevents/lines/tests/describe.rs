// SPDX-License-Identifier: Apache-2.0
//! Events and records in words: what the corpus expects.

use std::fmt::Write as _;

use super::super::event::{Event, understand};
use super::super::gpu::Gpu;
use super::super::record::{Malformed, Record};
use super::super::sxid::Sxid;
use super::super::xid::Xid;

/// A message, by what it means.
pub(super) fn message(text: &str) -> String {
    match understand(text) {
        None => "nothing".to_owned(),
        Some(Event::Xid(event)) => xid(&event),
        Some(Event::Sxid(event)) => sxid("sxid", &event),
        Some(Event::SxidDetail(event)) => sxid("more of sxid", &event),
        Some(Event::Gpu(Gpu::Name { address, uuid })) => format!("name at {address} is {uuid}"),
        Some(Event::Gpu(Gpu::Lost { address })) => match address {
            Some(address) => format!("lost at {address}"),
            None => "lost".to_owned(),
        },
        Some(Event::Gpu(Gpu::RateLimited { address })) => format!("rate limited at {address}"),
        Some(Event::General(event)) => {
            let mut words = event.kind.name().to_owned();
            option(&mut words, "pid", event.pid);
            option(&mut words, "process", event.process.map(|name| format!("{name:?}")));
            option(&mut words, "on", event.device);
            words
        }
    }
}

fn xid(event: &Xid<'_>) -> String {
    let mut words = format!("xid {} at {}", event.code, event.address);
    option(&mut words, "gi", event.gpu_instance);
    option(&mut words, "ci", event.compute_instance);
    option(&mut words, "pid", event.pid);
    option(&mut words, "process", event.process.map(|name| format!("{name:?}")));
    option(&mut words, "after xid", event.previous);
    if let Some(recovery) = event.recovery {
        let _ = write!(words, " reset={} drain={}", recovery.reset, recovery.drain_and_reset);
    }
    if let Some(link) = event.nvlink {
        let _ = write!(words, " {} {}", link.unit, link.severity);
        let _ = write!(words, " cross={} injected={}", link.cross_contained, link.injected);
        option(&mut words, "link", link.link);
        option(&mut words, "status", link.status);
    }
    if let Some((before, now)) = event.recovery_action {
        let _ = write!(words, " from {before:?} to {now:?}");
    }
    let _ = write!(words, " | {:?}", event.detail);
    words
}

fn sxid(what: &str, event: &Sxid<'_>) -> String {
    let Sxid { switch, address, code, severity, link, detail } = event;
    let mut words = format!("{what} {code} at {address} switch {switch} {}", severity.name());
    option(&mut words, "link", *link);
    let _ = write!(words, " | {detail:?}");
    words
}

/// A record, by what it holds and what its message means.
pub(super) fn record(record: Result<Record<'_>, Malformed>) -> String {
    let record = match record {
        Ok(record) => record,
        Err(why) => return format!("malformed: {why}"),
    };
    let mut words = format!("{}.{}", record.facility, record.level);
    option(&mut words, "seq", record.sequence);
    option(&mut words, "at", record.monotonic_micros);
    option(&mut words, "utc", record.realtime_micros);
    option(&mut words, "boot", record.boot);
    option(&mut words, "cursor", record.cursor);
    if record.fragment {
        words.push_str(" fragment");
    }
    option(&mut words, "subsystem", record.subsystem);
    option(&mut words, "device", record.device.map(|device| format!("{device:?}")));
    let meaning = message(record.text);
    let _ = write!(words, " {:?} {meaning}", record.text);
    words
}

fn option(words: &mut String, name: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        let _ = write!(words, " {name} {value}");
    }
}
