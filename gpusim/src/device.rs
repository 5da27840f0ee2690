// SPDX-License-Identifier: Apache-2.0
//! One GPU's calls, named and counted as the library's functions are.

use crate::{Function, Identity, Reading, SimError, Simulation, Spec};

/// A handle to a simulated GPU. It stays valid when the GPU goes; calls then
/// say [`SimError::GPU_IS_LOST`].
#[derive(Clone, Debug)]
pub struct Device {
    simulation: Simulation,
    slot: u32,
}

/// A kind of clock. Graphics and SM run at the same speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockDomain {
    /// Graphics clock.
    Graphics,
    /// Clock of the streaming multiprocessors.
    Sm,
    /// Memory clock.
    Memory,
    /// Clock of the video engines.
    Video,
}

/// A temperature at which something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// The GPU switches itself off.
    Shutdown,
    /// The GPU slows down.
    Slowdown,
    /// Memory gets slower.
    MemoryMax,
    /// The GPU stops boosting.
    GpuMax,
}

/// How busy a GPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utilization {
    /// Percent of time in which a kernel ran.
    pub gpu: u32,
    /// Percent of time in which memory was read or written.
    pub memory: u32,
}

/// A GPU's memory in bytes: the total is what is reserved, used and free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// All memory of the board.
    pub total: u64,
    /// What driver and firmware keep; 0 where the function counts it as used.
    pub reserved: u64,
    /// Allocated.
    pub used: u64,
    /// Not allocated.
    pub free: u64,
}

/// The value of a field, of the type that the library gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Unsigned, 32 bits.
    U32(u32),
    /// Unsigned, 64 bits.
    U64(u64),
}

/// The fields of one GPU at one time, as one `nvmlDeviceGetFieldValues` reads them.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    reading: Reading,
    spec: &'static Spec,
}

impl Fields {
    /// The field of this number (`NVML_FI_*`).
    ///
    /// # Errors
    /// [`SimError::NOT_SUPPORTED`] for what is not simulated.
    pub fn get(&self, id: u32) -> Result<FieldValue, SimError> {
        Ok(match id {
            82 => FieldValue::U32(self.reading.temperature_memory),
            83 => FieldValue::U64(self.reading.energy_mj),
            // Average and instantaneous power, then limits: lowest, highest, as shipped, in force.
            185 | 186 => FieldValue::U32(self.reading.power_mw),
            187 => FieldValue::U32(self.spec.power_limit_min_mw),
            188..=190 | 192 => FieldValue::U32(self.spec.power_limit_mw),
            _ => return Err(SimError::NOT_SUPPORTED),
        })
    }
}

/// Reads that are one value of the reading.
macro_rules! readings {
    ($($(#[$meta:meta])* $name:ident($function:ident) -> $type:ty = $value:expr;)*) => {
        impl Device {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                /// Not initialised, the GPU is gone, or what a [`Control`](crate::Control) says.
                pub fn $name(&self) -> Result<$type, SimError> {
                    self.enter(Function::$function)?;
                    let value: fn(&Reading, &Spec) -> $type = $value;
                    Ok(value(&self.simulation.reading(self.slot), self.spec()))
                }
            )*
        }
    };
}

/// Reads that do not change over time.
macro_rules! constants {
    ($($(#[$meta:meta])* $name:ident($function:ident) -> $type:ty = $value:expr;)*) => {
        impl Device {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                /// Not initialised, the GPU is gone, or what a [`Control`](crate::Control) says.
                pub fn $name(&self) -> Result<$type, SimError> {
                    self.enter(Function::$function)?;
                    let value: fn(&Device) -> Result<$type, SimError> = $value;
                    value(self)
                }
            )*
        }
    };
}

readings! {
    /// How busy it is.
    utilization(GetUtilizationRates) -> Utilization =
        |r, _| Utilization { gpu: r.utilization_gpu, memory: r.utilization_memory };
    /// Percent of the video encoder.
    encoder_utilization(GetEncoderUtilization) -> u32 = |r, _| r.utilization_encoder;
    /// Percent of the video decoder.
    decoder_utilization(GetDecoderUtilization) -> u32 = |r, _| r.utilization_decoder;
    /// Memory, with what is reserved shown apart.
    memory(GetMemoryInfoV2) -> Memory = |r, spec| Memory {
        total: spec.memory_total,
        reserved: spec.memory_reserved,
        used: r.memory_used,
        free: r.memory_free,
    };
    /// Memory by the older function, which counts as used what is reserved.
    memory_v1(GetMemoryInfo) -> Memory = |r, spec| Memory {
        total: spec.memory_total,
        reserved: 0,
        used: r.memory_used + spec.memory_reserved,
        free: r.memory_free,
    };
    /// Power draw in milliwatts.
    power_usage(GetPowerUsage) -> u32 = |r, _| r.power_mw;
    /// Energy since the driver was loaded, in millijoules.
    total_energy(GetTotalEnergyConsumption) -> u64 = |r, _| r.energy_mj;
    /// Temperature of the GPU in degrees Celsius.
    temperature(GetTemperature) -> u32 = |r, _| r.temperature_gpu;
    /// Temperature of the memory in degrees Celsius, which the library has as a field.
    memory_temperature(GetFieldValues) -> u32 = |r, _| r.temperature_memory;
}

constants! {
    /// Rank among the GPUs that are there.
    index(GetIndex) -> u32 = |d| Ok((d.simulation.present() & ((1 << d.slot) - 1)).count_ones());
    /// The N of `/dev/nvidiaN`.
    minor_number(GetMinorNumber) -> u32 = |d| Ok(d.identity().minor_number);
    /// Power limit in force, in milliwatts.
    enforced_power_limit(GetEnforcedPowerLimit) -> u32 = |d| Ok(d.spec().power_limit_mw);
    /// Power limit as set, in milliwatts.
    power_management_limit(GetPowerManagementLimit) -> u32 = |d| Ok(d.spec().power_limit_mw);
    /// Power limit as shipped, in milliwatts.
    power_default_limit(GetPowerManagementDefaultLimit) -> u32 = |d| Ok(d.spec().power_limit_mw);
    /// Lowest and highest power limit that can be set, in milliwatts.
    power_limit_constraints(GetPowerManagementLimitConstraints) -> (u32, u32) =
        |d| Ok((d.spec().power_limit_min_mw, d.spec().power_limit_mw));
    /// Performance state: always 0, as these GPUs have no other.
    performance_state(GetPerformanceState) -> u32 = |_| Ok(0);
    /// Fans: none, since the air comes from the chassis.
    num_fans(GetNumFans) -> u32 = |_| Ok(0);
    /// Fan speed: [`SimError::NOT_SUPPORTED`], for lack of fans.
    fan_speed(GetFanSpeed) -> u32 = |_| Err(SimError::NOT_SUPPORTED);
    /// Speed of one fan: [`SimError::NOT_SUPPORTED`].
    fan_speed_v2(GetFanSpeedV2) -> u32 = |_| Err(SimError::NOT_SUPPORTED);
    /// Whether the driver stays loaded without users: it does.
    persistence_mode(GetPersistenceMode) -> u32 = |_| Ok(1);
    /// Compute mode: the default one, shared.
    compute_mode(GetComputeMode) -> u32 = |_| Ok(0);
    /// `NVML_DEVICE_ARCH_*`.
    architecture(GetArchitecture) -> u32 = |d| Ok(d.spec().architecture);
    /// CUDA compute capability, major and minor.
    compute_capability(GetCudaComputeCapability) -> (i32, i32) = |d| Ok(d.spec().compute_capability);
    /// `NVML_BRAND_*`.
    brand(GetBrand) -> u32 = |d| Ok(d.spec().brand);
    /// Product name.
    name(GetName) -> &'static str = |d| Ok(d.spec().name);
    /// Version of the board's firmware.
    vbios_version(GetVbiosVersion) -> &'static str = |d| Ok(d.spec().vbios);
    /// Values by number.
    fields(GetFieldValues) -> Fields =
        |d| Ok(Fields { reading: d.simulation.reading(d.slot), spec: d.spec() });
}

impl Device {
    pub(crate) fn new(simulation: Simulation, slot: u32) -> Self {
        Self { simulation, slot }
    }

    /// Where the GPU sits: what [`Control`](crate::Control) calls it by.
    #[must_use]
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// What kind of GPU it is. No call of the library.
    #[must_use]
    pub fn spec(&self) -> &'static Spec {
        self.simulation.spec()
    }

    /// Everything that names it. No call of the library.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        self.simulation.identity(self.slot)
    }

    /// `GPU-` and 32 hexadecimal digits.
    ///
    /// # Errors
    /// See [`Device::name`]; so for all that follow.
    pub fn uuid(&self) -> Result<&str, SimError> {
        self.enter(Function::GetUuid).map(|()| self.identity().uuid.as_str())
    }

    /// Serial number of the board.
    ///
    /// # Errors
    /// See [`Device::name`].
    pub fn serial(&self) -> Result<&str, SimError> {
        self.enter(Function::GetSerial).map(|()| self.identity().serial.as_str())
    }

    /// PCI address, as text and numbers.
    ///
    /// # Errors
    /// See [`Device::name`].
    pub fn pci(&self) -> Result<&Identity, SimError> {
        self.enter(Function::GetPciInfo).map(|()| self.identity())
    }

    /// A clock in MHz.
    ///
    /// # Errors
    /// See [`Device::name`].
    pub fn clock(&self, domain: ClockDomain) -> Result<u32, SimError> {
        self.enter(Function::GetClockInfo)?;
        let reading = self.simulation.reading(self.slot);
        Ok(match domain {
            ClockDomain::Graphics | ClockDomain::Sm => reading.clock_sm,
            ClockDomain::Memory => reading.clock_memory,
            ClockDomain::Video => reading.clock_video,
        })
    }

    /// The highest a clock gets, in MHz.
    ///
    /// # Errors
    /// See [`Device::name`].
    pub fn max_clock(&self, domain: ClockDomain) -> Result<u32, SimError> {
        self.enter(Function::GetMaxClockInfo)?;
        Ok(match domain {
            ClockDomain::Graphics | ClockDomain::Sm => self.spec().sm_clock_max,
            ClockDomain::Memory => self.spec().memory_clock,
            ClockDomain::Video => self.spec().video_clock_max,
        })
    }

    /// A threshold in degrees Celsius.
    ///
    /// # Errors
    /// See [`Device::name`].
    pub fn temperature_threshold(&self, threshold: Threshold) -> Result<u32, SimError> {
        self.enter(Function::GetTemperatureThreshold)?;
        Ok(match threshold {
            Threshold::Shutdown => self.spec().shutdown_celsius,
            Threshold::Slowdown => self.spec().slowdown_celsius,
            Threshold::MemoryMax => self.spec().memory_max_celsius,
            Threshold::GpuMax => self.spec().gpu_max_celsius,
        })
    }

    fn enter(&self, function: Function) -> Result<(), SimError> {
        self.simulation.enter(function, Some(self.slot))
    }
}
