// SPDX-License-Identifier: Apache-2.0
//! PCIe.

use std::sync::atomic::Ordering::Acquire;
use std::time::Duration;

use super::View;
use crate::{Counter, reason};

/// How long a throughput call watches the bus.
const WATCHED: Duration = Duration::from_millis(20);

impl View<'_> {
    /// The generation at present.
    #[must_use]
    pub fn pcie_generation(&self) -> u32 {
        let idle = self.reading().clock_reasons & reason::GPU_IDLE != 0;
        if idle { self.spec().pcie_generation_idle } else { self.spec().pcie_generation }
    }

    /// Lanes at present.
    #[must_use]
    pub fn pcie_width(&self) -> u32 {
        self.script.pcie_width.load(Acquire).checked_sub(1).unwrap_or(self.pcie_width_max())
    }

    /// Lanes of the board.
    #[must_use]
    pub const fn pcie_width_max(&self) -> u32 {
        16
    }

    /// Packets sent again.
    #[must_use]
    pub fn pcie_replays(&self) -> u32 {
        let replays = self.script.pcie_replays.load(Acquire);
        // It has been a number of 32 bits before.
        u32::try_from(self.set_back(Counter::PcieReplays, replays.into())).unwrap_or(u32::MAX)
    }

    /// KB per second from the GPU (false) or to it.
    #[must_use]
    pub fn pcie_throughput(&self, receive: bool) -> u32 {
        u32::try_from(self.counters().pcie_rate[usize::from(receive)] / 1000).unwrap_or(u32::MAX)
    }

    /// Bytes from the GPU (false) or to it, ever.
    #[must_use]
    pub fn pcie_bytes(&self, receive: bool) -> u64 {
        self.set_back(Counter::PcieBytes, self.counters().pcie[usize::from(receive)])
    }

    /// How long a throughput call takes; whoever makes one waits outside of the view.
    #[must_use]
    pub fn pcie_wait(&self) -> Duration {
        if self.node.waits_for_pcie() { WATCHED } else { Duration::ZERO }
    }
}
