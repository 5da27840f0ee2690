// SPDX-License-Identifier: Apache-2.0
//! What happens to one GPU: errors, heat, events, partitions, processes.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::time::Duration;

use super::gpu::{LINK_ERRORS, LINKS, SPIKES, Spike};
use super::queue::{Event, ring};
use super::script::{STORE, checked};
use super::{Control, ControlError};
use crate::events::kind;
use crate::{MigLayout, PciAddress};

/// Whether a memory error could be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EccError {
    /// It was.
    Corrected,
    /// It was not: data are lost.
    Uncorrected,
}

/// Where a memory error was, numbered as `NVML_MEMORY_LOCATION_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EccLocation {
    /// L1 cache.
    L1 = 0,
    /// L2 cache.
    L2 = 1,
    /// Device memory.
    Dram = 2,
    /// Register file.
    RegisterFile = 3,
    /// Texture memory.
    Texture = 4,
    /// Texture units' shared memory.
    TextureShared = 5,
    /// Convergence barrier unit.
    Cbu = 6,
    /// SRAM of no unit in particular.
    Sram = 7,
}

/// What a link counts as errors, numbered as `NVML_NVLINK_ERROR_DL_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// Packets sent again.
    Replay = 0,
    /// Trainings after an error.
    Recovery = 1,
    /// Checksum errors of flow units.
    CrcFlit = 2,
    /// Checksum errors of data.
    CrcData = 3,
    /// Bit errors that were corrected.
    EccData = 4,
}

/// A counter that can be made to go backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Energy, in millijoules.
    Energy = 0,
    /// PCIe replays.
    PcieReplays = 1,
    /// Bytes sent over NVLink by each link.
    NvLinkBytes = 2,
    /// Corrected memory errors in device memory, since the driver was loaded.
    EccErrors = 3,
    /// Time in which the power limit held the clocks down, in nanoseconds.
    PowerViolation = 4,
    /// Bytes over PCIe.
    PcieBytes = 5,
}

impl Control {
    /// Memory errors happen now: counted since ever and since the driver was loaded, and told as
    /// events where somebody listens.
    ///
    /// # Errors
    /// The slot does not exist; so for all that follow.
    pub fn inject_ecc(
        &self,
        slot: u32,
        error: EccError,
        location: EccLocation,
        count: u64,
    ) -> Result<(), ControlError> {
        let gpu = self.gpu(slot)?;
        gpu.ecc[error as usize][location as usize].fetch_add(count, AcqRel);
        gpu.ecc_volatile[error as usize][location as usize].fetch_add(count, AcqRel);
        let kind = match error {
            EccError::Corrected => kind::SINGLE_BIT_ECC,
            EccError::Uncorrected => kind::DOUBLE_BIT_ECC,
        };
        self.event(slot, Event { kind, data: count, gpu_instance: u32::MAX, compute_instance: u32::MAX })
    }

    /// Pages were retired so far after single-bit and double-bit errors, and another one waits for
    /// a reboot or not. Only boards before Ampere show it.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_retired_pages(
        &self,
        slot: u32,
        single_bit: u32,
        double_bit: u32,
        pending: bool,
    ) -> Result<(), ControlError> {
        let gpu = self.gpu(slot)?;
        gpu.retired[0].store(single_bit, Release);
        gpu.retired[1].store(double_bit, Release);
        gpu.retirement_pending.store(pending.into(), Release);
        Ok(())
    }

    /// Rows were remapped so far after correctable and uncorrectable errors, another one waits for
    /// a reset or not, and one could not be remapped or not. Only boards from Ampere on show it.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_remapped_rows(
        &self,
        slot: u32,
        correctable: u32,
        uncorrectable: u32,
        pending: bool,
        failed: bool,
    ) -> Result<(), ControlError> {
        let gpu = self.gpu(slot)?;
        gpu.remapped[0].store(correctable, Release);
        gpu.remapped[1].store(uncorrectable, Release);
        gpu.remapping_pending.store(pending.into(), Release);
        gpu.remapping_failed.store(failed.into(), Release);
        Ok(())
    }

    /// What the driver asks the operator to do (`NVML_GPU_RECOVERY_ACTION_*`), also told as an event.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_recovery_action(&self, slot: u32, action: u32) -> Result<(), ControlError> {
        self.gpu(slot)?.recovery.store(action, Release);
        let kind = kind::RECOVERY_ACTION;
        self.event(
            slot,
            Event { kind, data: action.into(), gpu_instance: u32::MAX, compute_instance: u32::MAX },
        )
    }

    /// The air at the GPU gets warmer by so many degrees; heat and slowdown follow in their time.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn heat(&self, slot: u32, degrees: u32) -> Result<(), ControlError> {
        self.gpu(slot)?.heat.store(degrees, Release);
        Ok(())
    }

    /// The power supply asks for less by the brake signal, or lets go.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn power_brake(&self, slot: u32, on: bool) -> Result<(), ControlError> {
        self.gpu(slot)?.brake.store(on.into(), Release);
        Ok(())
    }

    /// Somebody sets the power limit, in milliwatts; `None` is the one as shipped.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_power_limit(&self, slot: u32, milliwatts: Option<u32>) -> Result<(), ControlError> {
        self.gpu(slot)?.power_limit.store(milliwatts.unwrap_or(0), Release);
        Ok(())
    }

    /// The board draws at least `milliwatts` from `at` (simulated time) for `length`, whatever its
    /// work. The last four spikes count; `at` must not have passed yet.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn spike(
        &self,
        slot: u32,
        at: Duration,
        length: Duration,
        milliwatts: u32,
    ) -> Result<(), ControlError> {
        let gpu = self.gpu(slot)?;
        let place = gpu.spike.load(Acquire);
        gpu.spikes[ring(place, SPIKES)].write(&Spike { at, length, milliwatts });
        gpu.spike.store(place + 1, STORE);
        Ok(())
    }

    /// A counter shows so much less from now on, down to zero.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_back(&self, slot: u32, counter: Counter, by: u64) -> Result<(), ControlError> {
        self.gpu(slot)?.backwards[counter as usize].fetch_add(by, AcqRel);
        Ok(())
    }

    /// The GPU gets another UUID and serial number: it was swapped.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn change_uuid(&self, slot: u32) -> Result<(), ControlError> {
        self.gpu(slot)?.uuid.fetch_add(1, AcqRel);
        Ok(())
    }

    /// Partitions the GPU, or no longer. Handles of instances that are gone are invalid arguments.
    /// A board without MIG ignores it.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_mig(&self, slot: u32, layout: MigLayout) -> Result<(), ControlError> {
        self.gpu(slot)?.mig.store(layout.number(), Release);
        let kind = kind::MIG_CONFIG_CHANGE;
        self.event(slot, Event { kind, data: 0, gpu_instance: u32::MAX, compute_instance: u32::MAX })
    }

    /// An Xid, of the whole GPU or of one instance (GPU instance, compute instance).
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn xid(&self, slot: u32, code: u64, instance: Option<(u32, u32)>) -> Result<(), ControlError> {
        let (gpu_instance, compute_instance) = instance.unwrap_or((u32::MAX, u32::MAX));
        self.event(slot, Event { kind: kind::XID, data: code, gpu_instance, compute_instance })
    }

    /// Any event.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn event(&self, slot: u32, event: Event) -> Result<(), ControlError> {
        self.gpu(slot)?.events.push(event);
        Ok(())
    }

    /// The driver is about to be unbound from the GPU at this address: who has it open should
    /// close it.
    pub fn announce_unbind(&self, address: PciAddress) {
        self.system_event(kind::DRIVER_UNBIND, address);
    }

    /// The driver has been bound to the GPU at this address.
    pub fn announce_bind(&self, address: PciAddress) {
        self.system_event(kind::DRIVER_BIND, address);
    }

    fn system_event(&self, kind: u64, address: PciAddress) {
        let data = address.gpu_id().into();
        self.layout().system.push(Event { kind, data, gpu_instance: u32::MAX, compute_instance: u32::MAX });
    }

    /// A link goes down or comes up.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`], and [`ControlError::NoSuchLink`].
    pub fn set_link(&self, slot: u32, link: u32, up: bool) -> Result<(), ControlError> {
        let bit = 1 << linked(link)?;
        let down = &self.gpu(slot)?.links_down;
        if up {
            down.fetch_and(!bit, AcqRel)
        } else {
            down.fetch_or(bit, AcqRel)
        };
        Ok(())
    }

    /// Errors of a link.
    ///
    /// # Errors
    /// See [`Control::set_link`].
    pub fn inject_link_errors(
        &self,
        slot: u32,
        link: u32,
        error: LinkError,
        count: u64,
    ) -> Result<(), ControlError> {
        const _: () = assert!(LinkError::EccData as usize + 1 == LINK_ERRORS);
        self.gpu(slot)?.link_errors[linked(link)?][error as usize].fetch_add(count, AcqRel);
        Ok(())
    }

    /// State of the fabric as the GPU sees it (`NVML_GPU_FABRIC_STATE_*`).
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_fabric_state(&self, slot: u32, state: u32) -> Result<(), ControlError> {
        self.gpu(slot)?.fabric.store(state.saturating_add(1), Release);
        Ok(())
    }

    /// Packets that PCIe had to send again.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn inject_pcie_replays(&self, slot: u32, count: u32) -> Result<(), ControlError> {
        self.gpu(slot)?.pcie_replays.fetch_add(count, AcqRel);
        Ok(())
    }

    /// PCIe has so many lanes now.
    ///
    /// # Errors
    /// See [`Control::inject_ecc`].
    pub fn set_pcie_width(&self, slot: u32, lanes: u32) -> Result<(), ControlError> {
        self.gpu(slot)?.pcie_width.store(lanes.saturating_add(1), Release);
        Ok(())
    }

    pub(super) fn gpu(&self, slot: u32) -> Result<&super::gpu::GpuScript, ControlError> {
        Ok(&self.layout().gpus[checked(slot)? as usize])
    }
}

fn linked(link: u32) -> Result<usize, ControlError> {
    usize::try_from(link).ok().filter(|link| *link < LINKS).ok_or(ControlError::NoSuchLink { found: link })
}
