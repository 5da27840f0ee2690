// SPDX-License-Identifier: Apache-2.0
//! One GPU's calls, named and counted as the library's functions are: what tests compare with.

use std::sync::Arc;

use crate::view::View;
use crate::{ClockDomain, Field, Function, Identity, MemoryInfo, Place, Reading, SimError, Simulation};
use crate::{Spec, Threshold, Utilization};

/// A handle to a simulated GPU. It stays valid when the GPU goes; calls then
/// say [`SimError::GPU_IS_LOST`].
#[derive(Clone, Debug)]
pub struct Device {
    simulation: Simulation,
    place: Place,
}

/// Calls that take nothing but the GPU.
macro_rules! calls {
    ($($(#[$meta:meta])* $name:ident($function:ident) -> $type:ty = $value:expr;)*) => {
        impl Device {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                /// Not initialised, the GPU is gone, or what a [`Control`](crate::Control) says.
                pub fn $name(&self) -> Result<$type, SimError> {
                    let value: fn(&View<'_>) -> Result<$type, SimError> = $value;
                    self.call(Function::$function, value)
                }
            )*
        }
    };
}

calls! {
    /// `GPU-` and 32 hexadecimal digits.
    uuid(GetUuid) -> String = |v| Ok(v.uuid());
    /// Product name.
    name(GetName) -> String = |v| Ok(v.name());
    /// Serial number of the board.
    serial(GetSerial) -> String = |v| Ok(v.identity().serial.clone());
    /// Version of the board's firmware.
    vbios_version(GetVbiosVersion) -> &'static str = |v| Ok(v.spec().vbios);
    /// PCI address, as text and numbers.
    pci(GetPciInfo) -> Identity = |v| Ok(v.identity().clone());
    /// Rank among the GPUs that are there.
    index(GetIndex) -> u32 = |v| Ok(v.index());
    /// How busy it is.
    utilization(GetUtilizationRates) -> Utilization = |v| v.utilization();
    /// Percent of the video encoder.
    encoder_utilization(GetEncoderUtilization) -> u32 = |v| Ok(v.reading().utilization_encoder);
    /// Percent of the video decoder.
    decoder_utilization(GetDecoderUtilization) -> u32 = |v| Ok(v.reading().utilization_decoder);
    /// Memory, with what is reserved shown apart.
    memory(GetMemoryInfoV2) -> MemoryInfo = |v| Ok(v.memory());
    /// Power draw in milliwatts.
    power_usage(GetPowerUsage) -> u32 = |v| Ok(v.reading().power_mw);
    /// Power limit in force, in milliwatts.
    enforced_power_limit(GetEnforcedPowerLimit) -> u32 = |v| Ok(v.reading().power_limit_mw);
    /// Energy since the driver was loaded, in millijoules.
    total_energy(GetTotalEnergyConsumption) -> u64 = |v| Ok(v.energy_mj());
    /// Temperature of the GPU in degrees Celsius.
    temperature(GetTemperature) -> u32 = |v| Ok(v.reading().temperature_gpu);
    /// Temperature of the memory in degrees Celsius, which the library has as a field.
    memory_temperature(GetFieldValues) -> u32 = |v| v.memory_temperature();
    /// Why the clocks are what they are: bits of [`reason`](crate::reason).
    clock_reasons(GetCurrentClocksEventReasons) -> u64 = |v| Ok(v.reading().clock_reasons);
}

impl Device {
    pub(crate) fn new(simulation: Simulation, place: Place) -> Self {
        Self { simulation, place }
    }

    /// Where the GPU sits: what [`Control`](crate::Control) calls it by.
    #[must_use]
    pub fn slot(&self) -> u32 {
        self.place.slot
    }

    /// The GPU, or the instance of a partitioned one.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// What kind of GPU it is. No call of the library.
    #[must_use]
    pub fn spec(&self) -> &'static Spec {
        self.simulation.profile().spec()
    }

    /// Everything that names it. No call of the library.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Arc::as_ref(&self.simulation.node).view(self.place, |view| view.identity().clone())
    }

    /// Everything that it shows. No call of the library.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.simulation.node.view(self.place, |view| *view.reading())
    }

    /// A call: see [`Simulation::call`].
    ///
    /// # Errors
    /// See [`Device::uuid`]; so for all that follow.
    pub fn call<T>(
        &self,
        function: Function,
        read: impl FnOnce(&View<'_>) -> Result<T, SimError>,
    ) -> Result<T, SimError> {
        self.simulation.call(self.place, function, read)
    }

    /// A clock in MHz.
    ///
    /// # Errors
    /// See [`Device::uuid`].
    pub fn clock(&self, domain: ClockDomain) -> Result<u32, SimError> {
        self.call(Function::GetClockInfo, |view| Ok(view.clock(domain)))
    }

    /// The highest a clock gets, in MHz.
    ///
    /// # Errors
    /// See [`Device::uuid`].
    pub fn max_clock(&self, domain: ClockDomain) -> Result<u32, SimError> {
        self.call(Function::GetMaxClockInfo, |view| Ok(view.max_clock(domain)))
    }

    /// A threshold in degrees Celsius.
    ///
    /// # Errors
    /// See [`Device::uuid`], and [`SimError::NOT_SUPPORTED`] where the board has none.
    pub fn temperature_threshold(&self, threshold: Threshold) -> Result<u32, SimError> {
        self.call(Function::GetTemperatureThreshold, |view| view.threshold(threshold))
    }

    /// The value of a field (`NVML_FI_*`) of a scope.
    ///
    /// # Errors
    /// See [`Device::uuid`], and [`SimError::NOT_SUPPORTED`] for what is not simulated.
    pub fn field(&self, id: u32, scope: u32) -> Result<Field, SimError> {
        self.call(Function::GetFieldValues, |view| view.field(id, scope))
    }
}
