// SPDX-License-Identifier: Apache-2.0
//! NVLink, each link by itself: one call for all links of a GPU each tick, one for what seldom
//! changes.

use tracecore_runtime::{Batch, Slot};
use tracecore_schema::Attribute;

use super::super::Config;
use super::super::code::Code;
use super::super::driver::{Asked, Device, FieldId, field};
use super::super::fields::{Fields, Row, Wanted};
use super::super::group::{Group, Series, Verdict};
use super::super::reading::Often;

/// The attribute that says which link.
pub(in super::super) const LINK: &str = "tracecore.gpu.nvlink.link";
const DIRECTION: &str = "network.io.direction";
const KIND: &str = "error.type";

/// No chip has more (18 since Hopper); a count beyond is a wrong answer.
const MOST_LINKS: u64 = 36;

const fn error(field: FieldId, attributes: &'static [(&'static str, &'static str)]) -> Row {
    Row::count(field, |m| m.nvlink.errors, attributes)
}

/// Asked each tick, for each link. Throughput is in KiB.
const EACH_TICK: &[Row] = &[
    Row::flag(field!(NVML_FI_DEV_NVLINK_GET_STATE), |m| m.nvlink.up, &[]),
    Row::total(
        field!(NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX),
        |m| m.nvlink.io,
        1024.0,
        &[(DIRECTION, "receive")],
    ),
    Row::total(
        field!(NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX),
        |m| m.nvlink.io,
        1024.0,
        &[(DIRECTION, "transmit")],
    ),
    error(field!(NVML_FI_DEV_NVLINK_ERROR_DL_REPLAY), &[(KIND, "replay")]),
    error(field!(NVML_FI_DEV_NVLINK_ERROR_DL_RECOVERY), &[(KIND, "recovery")]),
    error(field!(NVML_FI_DEV_NVLINK_ERROR_DL_CRC), &[(KIND, "crc")]),
    // NVLink 5.
    error(field!(NVML_FI_DEV_NVLINK_COUNT_MALFORMED_PACKET_ERRORS), &[(KIND, "malformed_packet")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_BUFFER_OVERRUN_ERRORS), &[(KIND, "buffer_overrun")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_RCV_ERRORS), &[(KIND, "receive")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_RCV_REMOTE_ERRORS), &[(KIND, "remote")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_RCV_GENERAL_ERRORS), &[(KIND, "general")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS), &[(KIND, "integrity")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_XMIT_DISCARDS), &[(KIND, "discard")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS), &[(KIND, "recovery_failed")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_EFFECTIVE_ERRORS), &[(KIND, "effective")]),
    error(field!(NVML_FI_DEV_NVLINK_COUNT_SYMBOL_ERRORS), &[(KIND, "symbol")]),
];

/// Asked seldom, for each link. Speed is in MB/s.
const EACH_LOOK: &[Row] = &[
    Row::whole(field!(NVML_FI_DEV_NVLINK_GET_VERSION), |m| m.nvlink.version, &[]),
    Row::scaled(field!(NVML_FI_DEV_NVLINK_GET_SPEED), |m| m.nvlink.speed, 1e6, &[]),
];

/// All links of a GPU. A GPU without any has no series here, which is nothing to report.
#[derive(Debug)]
pub(in super::super) struct Links {
    each_tick: Fields,
    each_look: Fields,
    remotes: Vec<Slot<u64>>,
}

/// How many links there are: 0 if the GPU has none, or the driver cannot tell.
fn count(device: &Device) -> u32 {
    let mut asked = Asked::new();
    asked.push(field!(NVML_FI_DEV_NVLINK_LINK_COUNT), 0, device.field_ids());
    let answered = asked.ask(device).and_then(|()| asked.answers().next().unwrap_or(Err(Code::UNKNOWN)));
    answered
        .ok()
        .filter(|links| *links <= MOST_LINKS)
        .and_then(|links| u32::try_from(links).ok())
        .unwrap_or(0)
}

/// The fields of all links, link by link.
fn of_all(links: u32, rows: &'static [Row]) -> impl Iterator<Item = Wanted> {
    (0..links).flat_map(move |link| rows.iter().map(move |row| Wanted { row, link: Some(link) }))
}

impl Group for Links {
    fn most(_: &Config) -> usize {
        0
    }

    fn values(&self, _: &Config) -> usize {
        self.each_tick.values() + self.each_look.values() + self.remotes.len()
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let links = count(device);
        let remotes = (0..links).filter_map(|link| {
            let address = device.nvlink_remote_address(link).ok()?;
            let own = vec![
                Attribute::new(LINK, link),
                Attribute::new("tracecore.gpu.nvlink.remote.pci.address", address),
            ];
            Some(series.begin_with(|m| m.nvlink.remote, own))
        });
        let remotes = remotes.collect();
        Self {
            each_tick: Fields::begin(Often::EachTick, of_all(links, EACH_TICK), device, series),
            each_look: Fields::begin(Often::EachLook, of_all(links, EACH_LOOK), device, series),
            remotes,
        }
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        self.each_tick.look(device, series);
        self.each_look.look(device, series);
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        self.each_tick.read(device, out, verdict);
        self.each_look.read(device, out, verdict);
        if verdict.goes_on(self.remotes.len(), out) {
            for slot in &self.remotes {
                out.set(*slot, 1);
            }
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        self.each_tick.missing(found);
        self.each_look.missing(found);
    }

    fn survey(device: &Device, _: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        let links = count(device);
        Fields::survey(of_all(links, EACH_TICK).chain(of_all(links, EACH_LOOK)), device, found);
    }
}
