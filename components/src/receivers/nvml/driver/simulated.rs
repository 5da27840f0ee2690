// SPDX-License-Identifier: Apache-2.0
//! Simulated GPUs, in this process, because the pipeline file says so.

use tracecore_gpusim::{self as gpusim, ClockDomain, Control, Options, Simulation};

use super::{Clock, Code, Device, Driver, Memory, Threshold, Utilization};
use crate::receivers::nvml::Simulated;

/// A simulation that was initialised.
#[derive(Debug)]
pub(crate) struct SimulatedDriver(Simulation);

impl SimulatedDriver {
    /// Makes the node that the config describes.
    pub(crate) fn open(config: &Simulated) -> Result<Self, String> {
        let simulation = match &config.control {
            Some(path) => Control::open(path).map(Simulation::scripted),
            None => {
                let defaults = Options::default();
                let gpus = config.gpus.unwrap_or(defaults.gpus);
                let seed = config.seed.unwrap_or(defaults.seed);
                Simulation::new(Options { gpus, seed, ..defaults })
            }
        };
        let simulation = simulation.map_err(|error| error.to_string())?;
        simulation
            .init()
            .map_err(|error| format!("the simulated driver refuses to start: {}", Code::from(error)))?;
        Ok(Self(simulation))
    }
}

impl Driver for SimulatedDriver {
    type Device = SimulatedDevice;

    fn version(&self) -> Result<String, Code> {
        Ok(self.0.driver_version()?.to_owned())
    }

    fn count(&self) -> Result<u32, Code> {
        Ok(self.0.count()?)
    }

    fn device(&self, index: u32) -> Result<SimulatedDevice, Code> {
        Ok(SimulatedDevice(self.0.device_by_index(index)?))
    }
}

/// A simulated GPU.
#[derive(Debug)]
pub(crate) struct SimulatedDevice(gpusim::Device);

impl Device for SimulatedDevice {
    fn uuid(&self) -> Result<String, Code> {
        Ok(self.0.uuid()?.to_owned())
    }

    fn model(&self) -> Result<String, Code> {
        Ok(self.0.name()?.to_owned())
    }

    fn serial(&self) -> Result<String, Code> {
        Ok(self.0.serial()?.to_owned())
    }

    fn firmware(&self) -> Result<String, Code> {
        Ok(self.0.vbios_version()?.to_owned())
    }

    fn pci_address(&self) -> Result<String, Code> {
        Ok(self.0.pci()?.pci_bus_id.clone())
    }

    #[inline]
    fn utilization(&self) -> Result<Utilization, Code> {
        let busy = self.0.utilization()?;
        Ok(Utilization { gpu: busy.gpu, memory: busy.memory })
    }

    #[inline]
    fn encoder_utilization(&self) -> Result<u32, Code> {
        Ok(self.0.encoder_utilization()?)
    }

    #[inline]
    fn decoder_utilization(&self) -> Result<u32, Code> {
        Ok(self.0.decoder_utilization()?)
    }

    #[inline]
    fn memory(&self) -> Result<Memory, Code> {
        let gpusim::Memory { total, reserved, used, free } = self.0.memory()?;
        Ok(Memory { total, reserved, used, free })
    }

    #[inline]
    fn power(&self) -> Result<u32, Code> {
        Ok(self.0.power_usage()?)
    }

    #[inline]
    fn power_limit(&self) -> Result<u32, Code> {
        Ok(self.0.enforced_power_limit()?)
    }

    #[inline]
    fn energy(&self) -> Result<u64, Code> {
        Ok(self.0.total_energy()?)
    }

    #[inline]
    fn temperature(&self) -> Result<u32, Code> {
        Ok(self.0.temperature()?)
    }

    #[inline]
    fn memory_temperature(&self) -> Result<u32, Code> {
        Ok(self.0.memory_temperature()?)
    }

    fn temperature_limit(&self, threshold: Threshold) -> Result<u32, Code> {
        Ok(self.0.temperature_threshold(match threshold {
            Threshold::Shutdown => gpusim::Threshold::Shutdown,
            Threshold::Slowdown => gpusim::Threshold::Slowdown,
            Threshold::MemoryMax => gpusim::Threshold::MemoryMax,
            Threshold::GpuMax => gpusim::Threshold::GpuMax,
        })?)
    }

    #[inline]
    fn clock(&self, domain: Clock) -> Result<u32, Code> {
        Ok(self.0.clock(simulated(domain))?)
    }

    fn max_clock(&self, domain: Clock) -> Result<u32, Code> {
        Ok(self.0.max_clock(simulated(domain))?)
    }
}

const fn simulated(domain: Clock) -> ClockDomain {
    match domain {
        Clock::Graphics => ClockDomain::Graphics,
        Clock::Sm => ClockDomain::Sm,
        Clock::Memory => ClockDomain::Memory,
        Clock::Video => ClockDomain::Video,
    }
}
