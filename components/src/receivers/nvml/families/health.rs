// SPDX-License-Identifier: Apache-2.0
//! Whether a GPU is well, and what is to be done if not.

use tracecore_runtime::{Batch, Slot};

use super::super::Config;
use super::super::code::Code;
use super::super::driver::{Device, field};
use super::super::fields::Row;
use super::super::group::{Group, Health, Series, Verdict};

/// What the driver asks for, by its number.
pub(in super::super) const FIELDS: &[Row] = &[Row::state(
    field!(NVML_FI_DEV_GET_GPU_RECOVERY_ACTION),
    |m| m.health.recovery,
    "tracecore.gpu.action",
    &["none", "gpu_reset", "node_reboot", "drain_p2p", "drain_and_reset"],
)
.tells(action)];

const fn action(action: u64) -> Health {
    if action == 0 { Health::Ok } else { Health::Failed }
}

const STATES: [(Health, &str); 4] = [
    (Health::Ok, "ok"),
    (Health::Degraded, "degraded"),
    (Health::Predicted, "predicted_failure"),
    (Health::Failed, "failed"),
];

/// The worst that the readings of this tick have said: so it comes after all of them.
#[derive(Debug)]
pub(in super::super) struct Status([Slot<i64>; STATES.len()]);

impl Group for Status {
    fn most(_: &Config) -> usize {
        STATES.len()
    }

    fn begin(_: &Device, series: &mut Series<'_, '_>) -> Self {
        Self(
            STATES.map(|(_, state)| {
                series.begin(|m| m.health.status, [("hw.type", "gpu"), ("hw.state", state)])
            }),
        )
    }

    fn look(&mut self, _: &Device, _: &mut Series<'_, '_>) {}

    #[inline]
    fn read(&mut self, _: &Device, out: &mut Batch, verdict: &mut Verdict) {
        if verdict.goes_on(STATES.len(), out) {
            for ((health, _), slot) in STATES.iter().zip(&self.0) {
                out.set(*slot, i64::from(*health == verdict.health));
            }
        }
    }

    fn missing(&self, _: &mut Vec<(&'static str, Code)>) {}

    fn survey(_: &Device, _: &Config, _: &mut Vec<(&'static str, Option<Code>)>) {}
}
