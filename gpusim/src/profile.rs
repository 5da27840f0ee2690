// SPDX-License-Identifier: Apache-2.0
//! Kinds of nodes: which boards, which driver, and what that driver lacks.

use std::fmt;
use std::str::FromStr;

use crate::spec::{A100_SXM4, H100_SXM5, L40S, Spec, V100_SXM2};
use crate::{Function, MigLayout};

/// A kind of node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// H100 SXM5: NVLink through switches, GPM counters, MIG possible but off.
    #[default]
    H100,
    /// A100 SXM4, each GPU partitioned into seven instances; no GPM.
    A100Mig,
    /// L40S: a PCIe board without NVLink, MIG and memory sensor.
    L40s,
    /// V100 SXM2 under a driver of 2021 (470): page retirement, and none of the newer functions.
    Old,
}

impl Profile {
    /// All of them.
    pub const ALL: &[Profile] = &[Self::H100, Self::A100Mig, Self::L40s, Self::Old];

    /// What it is called in configuration: `h100`, `a100-mig`, `l40s`, `old`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::H100 => "h100",
            Self::A100Mig => "a100-mig",
            Self::L40s => "l40s",
            Self::Old => "old",
        }
    }

    /// Its boards.
    #[must_use]
    pub const fn spec(self) -> &'static Spec {
        match self {
            Self::H100 => &H100_SXM5,
            Self::A100Mig => &A100_SXM4,
            Self::L40s => &L40S,
            Self::Old => &V100_SXM2,
        }
    }

    /// Version of the kernel module.
    #[must_use]
    pub const fn driver_version(self) -> &'static str {
        match self {
            Self::H100 => "580.95.05",
            Self::A100Mig => "570.172.08",
            Self::L40s => "550.163.01",
            Self::Old => "470.256.02",
        }
    }

    /// Version of CUDA that the driver speaks, 1000 x major + 10 x minor.
    #[must_use]
    pub const fn cuda_version(self) -> i32 {
        match self {
            Self::H100 => 13_000,
            Self::A100Mig => 12_080,
            Self::L40s => 12_040,
            Self::Old => 11_040,
        }
    }

    /// How its GPUs are partitioned unless a control says otherwise.
    #[must_use]
    pub const fn mig(self) -> MigLayout {
        match self {
            Self::A100Mig => MigLayout::Sevenths,
            _ => MigLayout::Off,
        }
    }

    /// Whether the driver's library has this function's symbol.
    ///
    /// Which driver brought which function was read from NVIDIA's own bindings for Python
    /// (`nvidia-ml-py` on PyPI), whose versions are those of the drivers: 470.66, 495.46, 510.69,
    /// 515.75, 525.84, 535.77, 550.52, 560.30, 570.86, 575.51 and 580.65 were compared.
    #[must_use]
    pub fn has(self, function: Function) -> bool {
        use Function as F;
        let since = match function {
            F::SystemEventSetCreate
            | F::SystemRegisterEvents
            | F::SystemEventSetWait
            | F::SystemEventSetFree => 575,
            F::GetTemperatureV => 570,
            F::GetProcessesUtilizationInfo | F::GetSramEccErrorStatus | F::GetGpuFabricInfoV => 550,
            F::GetJpgUtilization
            | F::GetOfaUtilization
            | F::GetCurrentClocksEventReasons
            | F::GetSupportedClocksEventReasons => 535,
            F::GetGpuFabricInfo
            | F::GpmQueryDeviceSupport
            | F::GpmSampleAlloc
            | F::GpmSampleFree
            | F::GpmSampleGet
            | F::GpmMigSampleGet
            | F::GpmMetricsGet => 525,
            F::GetMemoryInfoV2
            | F::GetNumFans
            | F::GetComputeRunningProcesses
            | F::GetGraphicsRunningProcesses
            | F::GetMpsComputeRunningProcesses => 510,
            _ => 0,
        };
        since <= self.branch()
    }

    /// The driver's branch: the first number of its version.
    pub(crate) const fn branch(self) -> u32 {
        self.driver_number().0
    }

    /// The first two numbers of the driver's version.
    pub(crate) const fn driver_number(self) -> (u32, u32) {
        match self {
            Self::H100 => (580, 95),
            Self::A100Mig => (570, 172),
            Self::L40s => (550, 163),
            Self::Old => (470, 256),
        }
    }

    /// This profile's number in the control file.
    pub(crate) const fn number(self) -> u32 {
        self as u32
    }

    pub(crate) fn by_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|profile| profile.number() == number)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let found = Self::ALL.iter().copied().find(|profile| profile.name() == text);
        found.ok_or_else(|| UnknownProfile { found: text.to_owned() })
    }
}

/// There is no profile of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile {
    found: String,
}

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no gpu profile `{}`: ", self.found)?;
        for (position, profile) in Profile::ALL.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}`{profile}`")?;
        }
        f.write_str(" are there")
    }
}

impl std::error::Error for UnknownProfile {}
