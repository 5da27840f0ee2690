// SPDX-License-Identifier: Apache-2.0
//! The driver's library, through `nvml-wrapper`; raw calls where the wrapper would allocate.
#![allow(unsafe_code, reason = "handles of the driver's library are pointers")]

use std::path::Path;
use std::sync::Arc;

use nvml_wrapper::enum_wrappers::device as wrapper;
use nvml_wrapper::{Device as Wrapped, Nvml};
use nvml_wrapper_sys::bindings::{
    field_id, nvmlDevice_t, nvmlFieldValue_t, nvmlValue_t, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG,
};

use super::library::Library;
use super::{Clock, Code, Device, Driver, LoadError, Memory, Threshold, Utilization};

/// An open library. It is closed with its last device, not before: see `library.rs`.
#[derive(Debug)]
pub(crate) struct RealDriver(Arc<Library>);

impl RealDriver {
    /// Opens the library at a path, or of a name that the loader looks up.
    pub(crate) fn open(library: Option<&Path>) -> Result<Self, LoadError> {
        Library::open(library).map(|library| Self(Arc::new(library)))
    }

    /// The library's file.
    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }
}

impl Driver for RealDriver {
    type Device = RealDevice;

    fn version(&self) -> Result<String, Code> {
        Ok(self.0.nvml.sys_driver_version()?)
    }

    fn count(&self) -> Result<u32, Code> {
        Ok(self.0.nvml.device_count()?)
    }

    fn device(&self, index: u32) -> Result<RealDevice, Code> {
        let device = self.0.nvml.device_by_index(index)?;
        // SAFETY: the handle is kept together with the library that gave it out.
        let handle = unsafe { device.handle() };
        Ok(RealDevice { handle, library: Arc::clone(&self.0) })
    }
}

/// A GPU of the library, which it keeps open.
#[derive(Debug)]
pub(crate) struct RealDevice {
    handle: nvmlDevice_t,
    library: Arc<Library>,
}

// SAFETY: a handle is a name that the library looks up. It may be used from any thread: the
// library is thread-safe by its documentation.
unsafe impl Send for RealDevice {}

impl RealDevice {
    #[inline]
    fn wrapped(&self) -> Wrapped<'_> {
        let nvml: &Nvml = &self.library.nvml;
        // SAFETY: this library gave the handle out, and is open as long as `self` lives.
        unsafe { Wrapped::new(self.handle, nvml) }
    }

    /// A value by number. The wrapper's way to it allocates.
    #[inline]
    fn field(&self, id: u32) -> Result<u64, Code> {
        let Ok(get) = &self.library.nvml.lib().nvmlDeviceGetFieldValues else {
            return Err(Code::FUNCTION_NOT_FOUND);
        };
        let mut field = nvmlFieldValue_t {
            fieldId: id,
            scopeId: 0,
            timestamp: 0,
            latencyUsec: 0,
            valueType: 0,
            nvmlReturn: 0,
            value: nvmlValue_t { ullVal: 0 },
        };
        // SAFETY: the handle is of this library; one field is announced and one is there.
        let code = unsafe { get(self.handle, 1, &raw mut field) };
        // The call may succeed and the field fail.
        for code in [code, field.nvmlReturn] {
            if code != 0 {
                return Err(Code(code));
            }
        }
        // SAFETY: the library has filled the member that its type names.
        unsafe {
            #[allow(non_upper_case_globals, reason = "the names are those of the header")]
            match field.valueType {
                nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT => Ok(field.value.uiVal.into()),
                nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG
                | nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG => Ok(field.value.ullVal),
                _ => Err(Code::UNKNOWN),
            }
        }
    }
}

impl Device for RealDevice {
    fn uuid(&self) -> Result<String, Code> {
        Ok(self.wrapped().uuid()?)
    }

    fn model(&self) -> Result<String, Code> {
        Ok(self.wrapped().name()?)
    }

    fn serial(&self) -> Result<String, Code> {
        Ok(self.wrapped().serial()?)
    }

    fn firmware(&self) -> Result<String, Code> {
        Ok(self.wrapped().vbios_version()?)
    }

    fn pci_address(&self) -> Result<String, Code> {
        Ok(self.wrapped().pci_info()?.bus_id)
    }

    #[inline]
    fn utilization(&self) -> Result<Utilization, Code> {
        let busy = self.wrapped().utilization_rates()?;
        Ok(Utilization { gpu: busy.gpu, memory: busy.memory })
    }

    #[inline]
    fn encoder_utilization(&self) -> Result<u32, Code> {
        Ok(self.wrapped().encoder_utilization()?.utilization)
    }

    #[inline]
    fn decoder_utilization(&self) -> Result<u32, Code> {
        Ok(self.wrapped().decoder_utilization()?.utilization)
    }

    #[inline]
    fn memory(&self) -> Result<Memory, Code> {
        let memory = self.wrapped().memory_info()?;
        Ok(Memory { total: memory.total, reserved: memory.reserved, used: memory.used, free: memory.free })
    }

    #[inline]
    fn power(&self) -> Result<u32, Code> {
        Ok(self.wrapped().power_usage()?)
    }

    #[inline]
    fn power_limit(&self) -> Result<u32, Code> {
        Ok(self.wrapped().enforced_power_limit()?)
    }

    #[inline]
    fn energy(&self) -> Result<u64, Code> {
        Ok(self.wrapped().total_energy_consumption()?)
    }

    #[inline]
    fn temperature(&self) -> Result<u32, Code> {
        Ok(self.wrapped().temperature(wrapper::TemperatureSensor::Gpu)?)
    }

    #[inline]
    fn memory_temperature(&self) -> Result<u32, Code> {
        let celsius = self.field(field_id::NVML_FI_DEV_MEMORY_TEMP)?;
        u32::try_from(celsius).map_err(|_| Code::UNKNOWN)
    }

    fn temperature_limit(&self, threshold: Threshold) -> Result<u32, Code> {
        Ok(self.wrapped().temperature_threshold(match threshold {
            Threshold::Shutdown => wrapper::TemperatureThreshold::Shutdown,
            Threshold::Slowdown => wrapper::TemperatureThreshold::Slowdown,
            Threshold::MemoryMax => wrapper::TemperatureThreshold::MemoryMax,
            Threshold::GpuMax => wrapper::TemperatureThreshold::GpuMax,
        })?)
    }

    #[inline]
    fn clock(&self, domain: Clock) -> Result<u32, Code> {
        Ok(self.wrapped().clock_info(wrapped(domain))?)
    }

    fn max_clock(&self, domain: Clock) -> Result<u32, Code> {
        Ok(self.wrapped().max_clock_info(wrapped(domain))?)
    }
}

const fn wrapped(domain: Clock) -> wrapper::Clock {
    match domain {
        Clock::Graphics => wrapper::Clock::Graphics,
        Clock::Sm => wrapper::Clock::SM,
        Clock::Memory => wrapper::Clock::Memory,
        Clock::Video => wrapper::Clock::Video,
    }
}
