// SPDX-License-Identifier: Apache-2.0
//! What is scripted about one GPU. All zeros: nothing.

use std::sync::atomic::Ordering::Acquire;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use super::queue::Queue;

/// Places that memory errors are counted by, numbered as `NVML_MEMORY_LOCATION_*`.
pub(crate) const LOCATIONS: usize = 8;
/// Most links that a GPU has.
pub(crate) const LINKS: usize = 18;
/// Error counters of a link, numbered as `NVML_NVLINK_ERROR_DL_*`.
pub(crate) const LINK_ERRORS: usize = 5;
/// Spikes that a GPU remembers.
pub(crate) const SPIKES: usize = 4;
/// Processes that can be scripted.
pub(crate) const PROCESSES: usize = 16;
/// Counters that can be set back.
pub(crate) const COUNTERS: usize = 6;

/// What is scripted about one GPU.
#[repr(C)]
pub(crate) struct GpuScript {
    pub(crate) energy_resets: AtomicU32,
    /// Which UUID it has: another number is another GPU.
    pub(crate) uuid: AtomicU32,
    /// `MigLayout::number`; 0 for the profile's own.
    pub(crate) mig: AtomicU32,
    /// Bit N: link N is down.
    pub(crate) links_down: AtomicU32,
    pub(crate) retired: [AtomicU32; 2],
    pub(crate) retirement_pending: AtomicU32,
    /// Rows remapped after correctable and uncorrectable errors.
    pub(crate) remapped: [AtomicU32; 2],
    pub(crate) remapping_pending: AtomicU32,
    pub(crate) remapping_failed: AtomicU32,
    /// `NVML_GPU_RECOVERY_ACTION_*`.
    pub(crate) recovery: AtomicU32,
    /// Degrees that the air is warmer than it should be.
    pub(crate) heat: AtomicU32,
    /// 1 while somebody pulls the power brake.
    pub(crate) brake: AtomicU32,
    /// Power limit in milliwatts; 0 for the one as shipped.
    pub(crate) power_limit: AtomicU32,
    /// One more than `NVML_GPU_FABRIC_STATE_*`; 0 for what the board has.
    pub(crate) fabric: AtomicU32,
    pub(crate) pcie_replays: AtomicU32,
    /// One more than the number of lanes; 0 for all.
    pub(crate) pcie_width: AtomicU32,
    /// Errors corrected and not, by place: since ever, and since the driver was loaded.
    pub(crate) ecc: [[AtomicU64; LOCATIONS]; 2],
    pub(crate) ecc_volatile: [[AtomicU64; LOCATIONS]; 2],
    pub(crate) link_errors: [[AtomicU64; LINK_ERRORS]; LINKS],
    /// How much less counters show than they should.
    pub(crate) backwards: [AtomicU64; COUNTERS],
    pub(crate) spikes: [SpikeScript; SPIKES],
    /// Spikes ever.
    pub(crate) spike: AtomicU64,
    pub(crate) events: Queue,
    pub(crate) processes: [ProcessScript; PROCESSES],
}

/// A time of more power than the work explains.
#[repr(C)]
pub(crate) struct SpikeScript {
    at_ns: AtomicU64,
    length_ns: AtomicU64,
    milliwatts: AtomicU64,
}

/// A process.
#[repr(C)]
pub(crate) struct ProcessScript {
    /// 0 where there is none; written last.
    pub(crate) pid: AtomicU32,
    /// `ProcessKind`, by its number.
    pub(crate) kind: AtomicU32,
    pub(crate) memory: AtomicU64,
    /// Percent of the cores, memory, encoder and decoder, eight bits each.
    pub(crate) load: AtomicU32,
    pub(crate) gpu_instance: AtomicU32,
}

/// A spike, read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spike {
    /// When it begins, in simulated time.
    pub at: Duration,
    /// How long it lasts; zero for none.
    pub length: Duration,
    /// What the board draws at least, in milliwatts.
    pub milliwatts: u32,
}

impl GpuScript {
    /// Nothing scripted.
    #[allow(clippy::declare_interior_mutable_const, reason = "an initialiser, never read itself")]
    pub(crate) const EMPTY: Self = {
        const NONE: AtomicU32 = AtomicU32::new(0);
        const ZERO: AtomicU64 = AtomicU64::new(0);
        const BY_PLACE: [AtomicU64; LOCATIONS] = [ZERO; LOCATIONS];
        const OF_LINK: [AtomicU64; LINK_ERRORS] = [ZERO; LINK_ERRORS];
        const SPIKE: SpikeScript = SpikeScript { at_ns: ZERO, length_ns: ZERO, milliwatts: ZERO };
        const PROCESS: ProcessScript =
            ProcessScript { pid: NONE, kind: NONE, memory: ZERO, load: NONE, gpu_instance: NONE };
        Self {
            energy_resets: NONE,
            uuid: NONE,
            mig: NONE,
            links_down: NONE,
            retired: [NONE; 2],
            retirement_pending: NONE,
            remapped: [NONE; 2],
            remapping_pending: NONE,
            remapping_failed: NONE,
            recovery: NONE,
            heat: NONE,
            brake: NONE,
            power_limit: NONE,
            fabric: NONE,
            pcie_replays: NONE,
            pcie_width: NONE,
            ecc: [BY_PLACE; 2],
            ecc_volatile: [BY_PLACE; 2],
            link_errors: [OF_LINK; LINKS],
            backwards: [ZERO; COUNTERS],
            spikes: [SPIKE; SPIKES],
            spike: ZERO,
            events: Queue::EMPTY,
            processes: [PROCESS; PROCESSES],
        }
    };

    /// The spikes.
    pub(crate) fn spikes(&self) -> [Spike; SPIKES] {
        if self.spike.load(Acquire) == 0 {
            return [Spike::default(); SPIKES];
        }
        self.spikes.each_ref().map(SpikeScript::read)
    }
}

impl SpikeScript {
    pub(super) fn write(&self, spike: &Spike) {
        self.length_ns.store(0, super::script::STORE);
        self.at_ns.store(crate::clock::nanos(spike.at), super::script::STORE);
        self.milliwatts.store(spike.milliwatts.into(), super::script::STORE);
        self.length_ns.store(crate::clock::nanos(spike.length), super::script::STORE);
    }

    fn read(&self) -> Spike {
        Spike {
            length: Duration::from_nanos(self.length_ns.load(Acquire)),
            at: Duration::from_nanos(self.at_ns.load(Acquire)),
            milliwatts: u32::try_from(self.milliwatts.load(Acquire)).unwrap_or(u32::MAX),
        }
    }
}
