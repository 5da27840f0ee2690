// SPDX-License-Identifier: Apache-2.0
//! Why clocks are held back: now, and for how long altogether.

use tracecore_runtime::{Absence, Batch, Slot};

use super::super::Config;
use super::super::code::Code;
use super::super::driver::{Device, field};
use super::super::fields::Row;
use super::super::group::{Group, Health, Series, Verdict, absent_for, never};

const REASON: &str = "tracecore.gpu.clock.event.reason";
const CALL: &str = "nvmlDeviceGetCurrentClocksEventReasons";

/// The reasons by their bits, lowest first: as the header has them.
const REASONS: [&str; 9] = [
    "gpu_idle",
    "application_clocks",
    "sw_power_cap",
    "hw_slowdown",
    "sync_boost",
    "sw_thermal",
    "hw_thermal",
    "hw_power_brake",
    "display_clocks",
];

/// `hw_slowdown`, `sw_thermal`, `hw_thermal`, `hw_power_brake`: the GPU is slower than it should be.
/// Idling, a power cap and clocks that somebody has set are how things are meant to be.
const DEGRADED: u64 = 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7;

/// Nanoseconds for each reason.
pub(in super::super) const FIELDS: &[Row] = &[
    time(field!(NVML_FI_DEV_PERF_POLICY_POWER), &[(REASON, "sw_power_cap")]),
    time(field!(NVML_FI_DEV_PERF_POLICY_THERMAL), &[(REASON, "thermal")]),
    time(field!(NVML_FI_DEV_PERF_POLICY_SYNC_BOOST), &[(REASON, "sync_boost")]),
    time(field!(NVML_FI_DEV_PERF_POLICY_BOARD_LIMIT), &[(REASON, "board_limit")]),
    time(field!(NVML_FI_DEV_PERF_POLICY_LOW_UTILIZATION), &[(REASON, "low_utilization")]),
    time(field!(NVML_FI_DEV_PERF_POLICY_RELIABILITY), &[(REASON, "reliability")]),
    time(field!(NVML_FI_DEV_PERF_POLICY_TOTAL_APP_CLOCKS), &[(REASON, "application_clocks")]),
    time(field!(NVML_FI_DEV_PERF_POLICY_TOTAL_BASE_CLOCKS), &[(REASON, "base_clocks")]),
    time(field!(NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN), &[(REASON, "sw_thermal")]),
    time(field!(NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN), &[(REASON, "hw_thermal")]),
    time(field!(NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN), &[(REASON, "hw_power_brake")]),
];

const fn time(
    field: super::super::driver::FieldId,
    attributes: &'static [(&'static str, &'static str)],
) -> Row {
    Row::total(field, |m| m.clock_events.time, 1e-9, attributes)
}

/// The reasons of this moment, from one call.
#[derive(Debug)]
pub(in super::super) struct Active(Result<[Slot<i64>; REASONS.len()], (Code, Absence)>);

impl Group for Active {
    fn most(_: &Config) -> usize {
        REASONS.len()
    }

    fn values(&self, _: &Config) -> usize {
        self.0.as_ref().map_or(0, |slots| slots.len())
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let refused = device.clock_events().err().and_then(|code| Some((code, never(code)?)));
        Self(match refused {
            Some(why) => Err(why),
            None => Ok(REASONS.map(|reason| series.begin(|m| m.clock_events.active, [(REASON, reason)]))),
        })
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        if matches!(self.0, Err((_, Absence::Permission))) {
            *self = Self::begin(device, series);
        }
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        match &self.0 {
            Err((_, reason)) => absent_for(out, *reason, REASONS.len()),
            Ok(slots) => {
                if !verdict.goes_on(REASONS.len(), out) {
                    return;
                }
                match device.clock_events() {
                    Ok(reasons) => {
                        for (bit, slot) in slots.iter().enumerate() {
                            out.set(*slot, (reasons >> bit & 1).cast_signed());
                        }
                        if reasons & DEGRADED != 0 {
                            verdict.says(Health::Degraded);
                        }
                    }
                    Err(code) => verdict.failed(CALL, code, REASONS.len(), out),
                }
            }
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        found.extend(self.0.as_ref().err().map(|(code, _)| (CALL, *code)));
    }

    fn survey(device: &Device, _: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        found.push((CALL, device.clock_events().err()));
    }
}
