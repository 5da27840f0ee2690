// SPDX-License-Identifier: Apache-2.0
//! Clocks: how fast they run, and how fast they can.

use nvml_wrapper_sys::bindings::{
    nvmlClockType_enum_NVML_CLOCK_GRAPHICS as GRAPHICS, nvmlClockType_enum_NVML_CLOCK_MEM as MEM,
    nvmlClockType_enum_NVML_CLOCK_SM as SM, nvmlClockType_enum_NVML_CLOCK_VIDEO as VIDEO,
};

use super::super::driver::Device;
use super::super::reading::{Read, reading};
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
        pub(in super::super) type Clocks = ($(Read<$name>,)+);
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
