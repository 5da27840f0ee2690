// SPDX-License-Identifier: Apache-2.0
//! The NVLink fabric: whether the GPU has joined it, and how it is.

use nvml_wrapper_sys::bindings::nvmlGpuFabricInfoV_t;
use tracecore_runtime::{Absence, Batch, Slot};
use tracecore_schema::Attribute;

use super::super::Config;
use super::super::code::Code;
use super::super::driver::Device;
use super::super::group::{Group, Health, Series, Verdict, absent_for, never};

const CALL: &str = "nvmlDeviceGetGpuFabricInfoV";
const SERIES: usize = STATES.len() + 1;

/// By NVML's number, less one: 0 is a GPU that has no fabric.
const STATES: [&str; 3] = ["not_started", "in_progress", "completed"];
const COMPLETED: u8 = 3;

/// Two bits each in the health mask: 0 is not watched, 1 is true, 2 is false.
const CHECKS: [(&str, u32); 4] = [
    ("degraded_bandwidth", 0),
    ("route_recovery", 2),
    ("route_unhealthy", 4),
    ("access_timeout_recovery", 6),
];

/// A GPU of a fabric. A GPU that has none says so once, and is not asked again.
#[derive(Debug)]
pub(in super::super) struct Fabric(Result<Joined, (Code, Absence)>);

#[derive(Debug)]
struct Joined {
    states: [Slot<i64>; STATES.len()],
    status: Slot<u64>,
    checks: Vec<(u32, Slot<i64>)>,
    /// What it has joined; there is no series before it has.
    info: Option<([u8; 16], u32, Slot<u64>)>,
}

/// What the GPU says, if it is one of a fabric.
fn ask(device: &Device) -> Result<nvmlGpuFabricInfoV_t, Code> {
    device.fabric().and_then(|fabric| if fabric.state == 0 { Err(Code::NOT_SUPPORTED) } else { Ok(fabric) })
}

impl Joined {
    fn begin(fabric: Option<nvmlGpuFabricInfoV_t>, series: &mut Series<'_, '_>) -> Self {
        let mask = fabric.map_or(0, |fabric| fabric.healthMask);
        let watched = CHECKS.iter().filter(|(_, shift)| mask >> shift & 3 != 0);
        Self {
            states: STATES.map(|state| series.begin(|m| m.fabric.state, [("tracecore.gpu.state", state)])),
            status: series.begin(|m| m.fabric.status, []),
            checks: watched
                .map(|(check, shift)| {
                    (*shift, series.begin(|m| m.fabric.trouble, [("tracecore.gpu.fabric.check", *check)]))
                })
                .collect(),
            info: None,
        }
    }

    /// How many series there are.
    const fn series(&self) -> usize {
        SERIES + self.checks.len() + self.info.is_some() as usize
    }

    /// Begins and ends the series that says what was joined.
    fn name(&mut self, fabric: &nvmlGpuFabricInfoV_t, series: &mut Series<'_, '_>) {
        let joined = (fabric.state == COMPLETED).then_some((fabric.clusterUuid, fabric.cliqueId));
        if joined == self.info.as_ref().map(|(cluster, clique, _)| (*cluster, *clique)) {
            return;
        }
        if let Some((_, _, slot)) = self.info.take() {
            series.end(slot);
        }
        self.info = joined.map(|(cluster, clique)| {
            let own = vec![
                Attribute::new("tracecore.gpu.fabric.cluster.id", uuid(&cluster)),
                Attribute::new("tracecore.gpu.fabric.clique.id", clique),
            ];
            (cluster, clique, series.begin_with(|m| m.fabric.info, own))
        });
    }
}

/// `00112233-4455-6677-8899-aabbccddeeff`.
fn uuid(bytes: &[u8; 16]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Group for Fabric {
    fn most(_: &Config) -> usize {
        SERIES
    }

    fn values(&self, _: &Config) -> usize {
        self.0.as_ref().map_or(0, Joined::series)
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let fabric = ask(device);
        if let Some(why) = fabric.err().and_then(|code| Some((code, never(code)?))) {
            return Self(Err(why));
        }
        let mut joined = Joined::begin(fabric.ok(), series);
        if let Ok(fabric) = fabric {
            joined.name(&fabric, series);
        }
        Self(Ok(joined))
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        match &mut self.0 {
            Err((_, Absence::Permission)) => *self = Self::begin(device, series),
            Err(_) => {}
            Ok(joined) => {
                if let Ok(fabric) = ask(device) {
                    joined.name(&fabric, series);
                }
            }
        }
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        let joined = match &self.0 {
            Err((_, reason)) => return absent_for(out, *reason, SERIES),
            Ok(joined) => joined,
        };
        if !verdict.goes_on(joined.series(), out) {
            return;
        }
        let fabric = match ask(device) {
            Ok(fabric) => fabric,
            Err(code) => return verdict.failed(CALL, code, joined.series(), out),
        };
        for (state, slot) in (1..).zip(&joined.states) {
            out.set(*slot, i64::from(fabric.state == state));
        }
        out.set(joined.status, fabric.status.into());
        for (shift, slot) in &joined.checks {
            let trouble = fabric.healthMask >> shift & 3 == 1;
            out.set(*slot, i64::from(trouble));
            if trouble {
                verdict.says(Health::Degraded);
            }
        }
        // If it has joined or left since, the series follows with the next look.
        if let Some((cluster, clique, slot)) = joined.info
            && fabric.state == COMPLETED
            && (cluster, clique) == (fabric.clusterUuid, fabric.cliqueId)
        {
            out.set(slot, 1);
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        found.extend(self.0.as_ref().err().map(|(code, _)| (CALL, *code)));
    }

    fn survey(device: &Device, _: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        found.push((CALL, ask(device).err()));
    }
}
