// SPDX-License-Identifier: Apache-2.0
//! Clocks: how fast they run, and how fast they can.

use nvml_wrapper_sys::bindings::{
    nvmlClockType_enum_NVML_CLOCK_GRAPHICS as GRAPHICS, nvmlClockType_enum_NVML_CLOCK_MEM as MEM,
    nvmlClockType_enum_NVML_CLOCK_SM as SM, nvmlClockType_enum_NVML_CLOCK_VIDEO as VIDEO,
};

use tracecore_runtime::{Batch, Slot};

use super::super::code::Code;
use super::super::driver::Device;
use super::super::group::Series;
use super::super::reading::{Read, Reading, reading};
use super::hertz;

/// A reading of the clock, and one of its limit, for each domain.
macro_rules! domains {
    ($($name:ident, $limit:ident: $domain:ident = $text:literal, $call:literal, $limit_call:literal;)+) => {
        $(reading! {
            /// How fast the clock runs.
            $name: EachTick, $call, |gpu: &Device| gpu.clock($domain) => u32, |megahertz| {
                now: u64 = clocks.frequency ["tracecore.gpu.clock.domain" = $text] => hertz(megahertz);
            }
            /// How fast the clock can run.
            $limit: Once, $limit_call, |gpu: &Device| gpu.max_clock($domain) => u32, |megahertz| {
                most: u64 = clocks.limit ["tracecore.gpu.clock.domain" = $text] => hertz(megahertz);
            }
        })+

        /// What is asked each tick.
        pub(in super::super) type Clocks = ($(Read<$name>,)+ Read<PerformanceState>);
        /// What is asked once.
        pub(in super::super) type Limits = ($(Read<$limit>,)+);
    };
}

domains! {
    Graphics, GraphicsLimit: GRAPHICS = "graphics",
        "nvmlDeviceGetClockInfo(GRAPHICS)", "nvmlDeviceGetMaxClockInfo(GRAPHICS)";
    Sm, SmLimit: SM = "sm", "nvmlDeviceGetClockInfo(SM)", "nvmlDeviceGetMaxClockInfo(SM)";
    Memory, MemoryLimit: MEM = "memory", "nvmlDeviceGetClockInfo(MEM)", "nvmlDeviceGetMaxClockInfo(MEM)";
    Video, VideoLimit: VIDEO = "video", "nvmlDeviceGetClockInfo(VIDEO)", "nvmlDeviceGetMaxClockInfo(VIDEO)";
}

/// From 0 (fastest) to 15.
#[derive(Debug)]
pub(in super::super) struct PerformanceState(Slot<u64>);

impl Reading for PerformanceState {
    const CALL: &'static str = "nvmlDeviceGetPerformanceState";
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask(gpu: &Device) -> Result<u32, Code> {
        gpu.performance_state()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.clocks.performance_state, []))
    }

    #[inline]
    fn set(&self, state: u32, out: &mut Batch) {
        // 32: the driver does not know it either.
        if state <= 15 {
            out.set(self.0, u64::from(state));
        }
    }
}
