// SPDX-License-Identifier: Apache-2.0
//! What calls of a real driver cost, for benchmarks that compare with them.
//!
//! Measured by others, per call:
//! - `GetGraphicsRunningProcesses` 4491 us, `GetFanSpeed` 137 us, `GetMemoryInfo` 11.6 us,
//!   `GetUtilizationRates` 2.5 us: medians, RTX 4090 laptop, driver 610
//!   (<https://github.com/flightlessmango/MangoHud/pull/2104>);
//! - `GetPowerUsage` 365 us: 2743 calls a second, K40m
//!   (<https://github.com/wookayin/gpustat/issues/76>).
//!
//! The others are put where they belong by how they get their answer: from the library's own
//! memory, from the kernel module, or from the firmware on the board. That is an assumption; a
//! measurement on a real board replaces it. `GetPcieThroughput` watches the bus for 20 ms by its
//! documentation, which is simulated apart from this (`Control::set_pcie_wait`).

use std::thread;
use std::time::{Duration, Instant};

use crate::Function;

/// What calls cost by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Costs {
    /// Nothing: a few dozen nanoseconds.
    #[default]
    None,
    /// What real ones do, the thread computing: as where the driver spins or copies.
    Busy,
    /// What real ones do, the thread asleep: as where the driver waits for the firmware.
    Asleep,
}

/// Answered by the kernel module.
const KERNEL: Duration = Duration::from_nanos(2_500);
/// Answered by the kernel module, after counting.
const COUNTED: Duration = Duration::from_nanos(11_600);
/// Answered by the firmware.
const FIRMWARE: Duration = Duration::from_micros(137);
/// Power, which the firmware measures.
const POWER: Duration = Duration::from_micros(365);
/// Walks every process of the machine.
const PROCESSES: Duration = Duration::from_micros(4_491);

impl Costs {
    /// What a call of a function costs a real driver.
    #[must_use]
    pub const fn of(function: Function) -> Duration {
        use Function as F;
        match function {
            // From the library's own memory.
            F::Shutdown
            | F::SystemGetDriverVersion
            | F::SystemGetNvmlVersion
            | F::SystemGetCudaDriverVersion
            | F::SystemGetCudaDriverVersionV2
            | F::DeviceGetCount
            | F::DeviceGetHandleByIndex
            | F::DeviceGetHandleByUuid
            | F::DeviceGetHandleByPciBusId
            | F::GetUuid
            | F::GetName
            | F::GetIndex
            | F::GetPciInfo
            | F::GetMinorNumber
            | F::GetBrand
            | F::GetArchitecture
            | F::GetCudaComputeCapability
            | F::GetDeviceHandleFromMigDeviceHandle
            | F::IsMigDeviceHandle
            | F::GetGpuInstanceId
            | F::GetComputeInstanceId
            | F::EventSetCreate
            | F::EventSetFree
            | F::EventSetWait
            | F::SystemEventSetCreate
            | F::SystemEventSetFree
            | F::SystemEventSetWait
            | F::GpmSampleAlloc
            | F::GpmSampleFree
            | F::GpmMetricsGet => Duration::ZERO,
            F::GetMemoryInfo | F::GetMemoryInfoV2 | F::GetBar1MemoryInfo => COUNTED,
            F::GetPowerUsage => POWER,
            F::GetComputeRunningProcesses
            | F::GetGraphicsRunningProcesses
            | F::GetMpsComputeRunningProcesses => PROCESSES,
            F::GetTemperature
            | F::GetTemperatureV
            | F::GetFanSpeed
            | F::GetFanSpeedV2
            | F::GetFieldValues
            | F::GetTotalEnergyConsumption
            | F::GetSamples
            | F::GpmSampleGet
            | F::GpmMigSampleGet
            | F::GetViolationStatus
            | F::GetProcessUtilization
            | F::GetProcessesUtilizationInfo => FIRMWARE,
            _ => KERNEL,
        }
    }

    /// Takes the time of a call.
    pub(crate) fn spend(self, function: Function) {
        if self == Self::None {
            return;
        }
        let time = Self::of(function);
        if self == Self::Asleep {
            if !time.is_zero() {
                thread::sleep(time);
            }
            return;
        }
        let begin = Instant::now();
        while begin.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    pub(crate) const fn number(self) -> u32 {
        self as u32
    }

    pub(crate) const fn by_number(number: u32) -> Self {
        match number {
            1 => Self::Busy,
            2 => Self::Asleep,
            _ => Self::None,
        }
    }
}
