// SPDX-License-Identifier: Apache-2.0
//! A record of the kernel's log as a log record.
//!
//! Names: OpenTelemetry's semantic conventions where they have one (`hw.*`, `process.*`,
//! `log.record.uid`), `tracecore.*` in the same style where they have none.

use std::fmt;

use tracecore_runtime::signal::RecordWriter;
use tracecore_runtime::{LogBatch, Severity};

use super::gpus::Gpus;
use super::lines::address::Address;
use super::lines::event::Event;
use super::lines::general::General;
use super::lines::gpu::Gpu;
use super::lines::sxid::Sxid;
use super::lines::xid::Xid;
use super::policy::{Severities, name_of_level, of_level};
use super::window::Seen;
use crate::receivers::xid::{ACTION, CATALOGUE_VERSION, CODE, action};

/// What a record is told by besides itself.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) severities: &'a Severities,
    pub(super) gpus: &'a Gpus,
    /// The collector's process, as each namespace that it lives in counts.
    pub(super) own: &'a [u32],
    /// This start of the machine.
    pub(super) boot: &'a str,
}

/// What makes a record unique, on all machines and for ever: the start of the machine and its
/// number; in the journal, what the journal numbers by.
struct Uid<'a>(&'a Seen<'a>, &'a str);

impl fmt::Display for Uid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(seen, boot) = self;
        match (seen.record.sequence, seen.record.cursor) {
            (Some(sequence), _) => write!(f, "{boot}-{sequence}"),
            (None, Some(cursor)) => {
                let item = |name| cursor.split(';').find_map(|item| item.strip_prefix(name));
                match (item("s="), item("i=")) {
                    (Some(journal), Some(number)) => write!(f, "{journal}-{number}"),
                    _ => f.write_str(cursor),
                }
            }
            (None, None) => f.write_str(boot),
        }
    }
}

/// Writes a record.
pub(super) fn write(out: &mut LogBatch, seen: &Seen<'_>, event: Option<&Event<'_>>, cx: &Context<'_>) {
    let record = &seen.record;
    let mut log = out.record(seen.unix_nanos);
    let log = &mut log;
    log.severity(of_level(record.level)).severity_text(name_of_level(record.level));
    if seen.more.is_empty() {
        log.body(record.text);
    } else {
        log.body_display(format_args!("{}{}", record.text, seen.more));
    }
    log.attribute_display("log.record.uid", Uid(seen, cx.boot));
    log.attribute("source", seen.through.name());
    match facility(record.facility) {
        Some(name) => log.attribute("tracecore.kernel.facility", name),
        None => log.attribute_display("tracecore.kernel.facility", record.facility),
    };
    number(log, "tracecore.kernel.sequence", record.sequence);
    if let Some(micros) = record.monotonic_micros {
        #[allow(clippy::cast_precision_loss, reason = "a double of seconds of uptime has microseconds")]
        log.attribute("tracecore.kernel.uptime", micros as f64 / 1e6);
    }
    text(log, "tracecore.kernel.subsystem", record.subsystem);
    text(log, "tracecore.kernel.device", record.device);
    if record.fragment {
        log.attribute("tracecore.kernel.fragment", true);
    }
    match event {
        None => {}
        Some(Event::Xid(event)) => xid(log, event, cx),
        Some(Event::Sxid(event)) => {
            log.event_name("tracecore.nvswitch.sxid").severity(cx.severities.of_sxid(event.severity));
            sxid(log, event);
        }
        Some(Event::SxidDetail(event)) => {
            log.event_name("tracecore.nvswitch.sxid.detail");
            sxid(log, event);
        }
        Some(Event::Gpu(event)) => gpu(log, event, cx),
        Some(Event::General(event)) => general(log, event, record.level, cx),
    }
}

/// Says that records were lost.
pub(super) fn lost(out: &mut LogBatch, source: &'static str, records: u64, unix_nanos: u64) {
    out.record(unix_nanos)
        .severity(Severity::WARN)
        .event_name("tracecore.kernel.records.lost")
        .body_display(format_args!(
            "{records} records of the kernel's log were overwritten before they were read"
        ))
        .attribute("source", source)
        .attribute("tracecore.kernel.records.lost", records);
}

fn xid(log: &mut RecordWriter<'_>, event: &Xid<'_>, cx: &Context<'_>) {
    log.event_name("tracecore.gpu.xid").severity(cx.severities.of_xid(event.code));
    log.attribute(CODE, event.code).attribute(ACTION, action(event.code).name());
    log.attribute("tracecore.gpu.xid.catalogue", CATALOGUE_VERSION);
    named(log, event.address, cx);
    number(log, "tracecore.gpu.mig.gpu_instance.id", event.gpu_instance.map(u64::from));
    number(log, "tracecore.gpu.mig.compute_instance.id", event.compute_instance.map(u64::from));
    process(log, event.pid, event.process, cx);
    text(log, "tracecore.gpu.xid.detail", Some(event.detail).filter(|detail| !detail.is_empty()));
    number(log, "tracecore.gpu.xid.previous", event.previous.map(u64::from));
    if let Some(recovery) = event.recovery {
        log.attribute("tracecore.gpu.xid.reset", recovery.reset);
        log.attribute("tracecore.gpu.xid.drain_and_reset", recovery.drain_and_reset);
    }
    if let Some(link) = event.nvlink {
        log.attribute("tracecore.gpu.nvlink.unit", link.unit);
        log.attribute("tracecore.gpu.nvlink.severity", link.severity);
        log.attribute("tracecore.gpu.nvlink.cross_contained", link.cross_contained);
        log.attribute("tracecore.gpu.nvlink.injected", link.injected);
        number(log, "tracecore.gpu.nvlink.link", link.link.map(u64::from));
        text(log, "tracecore.gpu.nvlink.status", link.status);
    }
    if let Some((before, now)) = event.recovery_action {
        log.attribute("tracecore.gpu.recovery_action.before", before);
        log.attribute("tracecore.gpu.recovery_action", now);
    }
}

fn sxid(log: &mut RecordWriter<'_>, event: &Sxid<'_>) {
    log.attribute("tracecore.nvswitch.sxid.code", event.code);
    log.attribute("tracecore.nvswitch.sxid.severity", event.severity.name());
    log.attribute_display("hw.id", event.address);
    log.attribute_display("hw.name", format_args!("nvswitch {}", event.switch));
    log.attribute("hw.vendor", "NVIDIA");
    number(log, "tracecore.nvswitch.link", event.link.map(u64::from));
}

fn gpu(log: &mut RecordWriter<'_>, event: &Gpu<'_>, cx: &Context<'_>) {
    match event {
        Gpu::Name { address, .. } => {
            log.event_name("tracecore.gpu.name");
            named(log, *address, cx);
        }
        Gpu::Lost { address } => {
            log.event_name("tracecore.gpu.lost");
            log.attribute("tracecore.kernel.event", "gpu_lost");
            if let Some(address) = address {
                named(log, *address, cx);
            }
        }
        Gpu::RateLimited { address } => {
            log.event_name("tracecore.gpu.xid.rate_limited");
            named(log, *address, cx);
        }
    }
}

fn general(log: &mut RecordWriter<'_>, event: &General<'_>, level: u8, cx: &Context<'_>) {
    log.event_name("tracecore.kernel.event").severity(cx.severities.of_event(event.kind, level));
    log.attribute("tracecore.kernel.event", event.kind.name());
    process(log, event.pid, event.process, cx);
    text(log, "tracecore.kernel.event.device", event.device);
}

/// What a GPU is called, and where it sits.
fn named(log: &mut RecordWriter<'_>, address: Address, cx: &Context<'_>) {
    log.attribute_display("tracecore.gpu.pci.address", address);
    match cx.gpus.at(address) {
        Some(gpu) => log.attributes(gpu.names()),
        None => log.attribute_display("hw.id", address),
    };
}

fn process(log: &mut RecordWriter<'_>, pid: Option<u32>, name: Option<&str>, cx: &Context<'_>) {
    number(log, "process.pid", pid.map(u64::from));
    text(log, "process.executable.name", name);
    if pid.is_some_and(|pid| cx.own.contains(&pid)) {
        log.attribute("tracecore.process.own", true);
    }
}

fn text(log: &mut RecordWriter<'_>, key: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        log.attribute(key, value);
    }
}

fn number(log: &mut RecordWriter<'_>, key: &'static str, value: Option<u64>) {
    if let Some(value) = value {
        log.attribute(key, value);
    }
}

/// As syslog calls it.
const fn facility(number: u32) -> Option<&'static str> {
    Some(match number {
        0 => "kern",
        1 => "user",
        2 => "mail",
        3 => "daemon",
        4 => "auth",
        5 => "syslog",
        6 => "lpr",
        7 => "news",
        8 => "uucp",
        9 => "cron",
        10 => "authpriv",
        11 => "ftp",
        16 => "local0",
        17 => "local1",
        18 => "local2",
        19 => "local3",
        20 => "local4",
        21 => "local5",
        22 => "local6",
        23 => "local7",
        _ => return None,
    })
}
