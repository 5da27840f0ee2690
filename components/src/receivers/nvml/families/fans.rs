// SPDX-License-Identifier: Apache-2.0
//! Fans, where there are any.

use tracecore_runtime::{Batch, Slot};
use tracecore_schema::Attribute;

use super::super::Config;
use super::super::code::Code;
use super::super::driver::Device;
use super::super::group::{Group, Series, Verdict};
use super::ratio;

const CALL: &str = "nvmlDeviceGetFanSpeed_v2";

/// The fans of a board. Most boards of data centres have none, which is nothing to report.
#[derive(Debug)]
pub(in super::super) struct Fans(Vec<(u32, Slot<f64>)>);

impl Group for Fans {
    fn most(_: &Config) -> usize {
        0
    }

    fn values(&self, _: &Config) -> usize {
        self.0.len()
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let fans = 0..device.fans().unwrap_or(0);
        let speaking = fans.filter(|fan| device.fan_speed(*fan).is_ok());
        Self(
            speaking
                .map(|fan| {
                    let own = vec![
                        Attribute::new("hw.type", "gpu"),
                        Attribute::new("tracecore.gpu.fan.index", fan),
                    ];
                    (fan, series.begin_with(|m| m.fans.speed, own))
                })
                .collect(),
        )
    }

    fn look(&mut self, _: &Device, _: &mut Series<'_, '_>) {}

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        for (fan, slot) in &self.0 {
            if verdict.goes_on(1, out) {
                match device.fan_speed(*fan) {
                    Ok(percent) => out.set(*slot, ratio(percent)),
                    Err(code) => verdict.failed(CALL, code, 1, out),
                }
            }
        }
    }

    fn missing(&self, _: &mut Vec<(&'static str, Code)>) {}

    fn survey(device: &Device, _: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        if device.fans().is_ok_and(|fans| fans > 0) {
            found.push((CALL, device.fan_speed(0).err()));
        }
    }
}
