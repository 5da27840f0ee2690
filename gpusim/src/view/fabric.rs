// SPDX-License-Identifier: Apache-2.0
//! The fabric of switches that the links lead into.

use std::sync::atomic::Ordering::Acquire;

use super::{View, supported};
use crate::SimError;
use crate::noise::mix;

/// `NVML_GPU_FABRIC_STATE_COMPLETED`.
const COMPLETED: u32 = 3;

/// A GPU in its fabric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fabric {
    /// Which fabric.
    pub cluster: [u8; 16],
    /// Which part of it.
    pub clique: u32,
    /// `NVML_GPU_FABRIC_STATE_*`.
    pub state: u32,
    /// `NVML_GPU_FABRIC_HEALTH_MASK_*`, two bits each.
    pub health: u32,
    /// `NVML_GPU_FABRIC_HEALTH_SUMMARY_*`.
    pub summary: u8,
}

impl View<'_> {
    /// The GPU in its fabric. The GPUs of one board are in one part of it.
    ///
    /// # Errors
    /// Its links do not end at switches that the driver manages, as they do from Hopper on.
    pub fn fabric(&self) -> Result<Fabric, SimError> {
        let switched = self.spec().nvlink.is_some_and(|nvlink| nvlink.switched);
        supported(switched && self.spec().architecture >= 9, ())?;
        let (high, low) = (mix(&[self.node.seed, 70]), mix(&[self.node.seed, 71]));
        let mut cluster = [0; 16];
        cluster[..8].copy_from_slice(&high.to_be_bytes());
        cluster[8..].copy_from_slice(&low.to_be_bytes());
        let state = self.script.fabric.load(Acquire).checked_sub(1).unwrap_or(COMPLETED);
        let degraded = self.script.links_down.load(Acquire) != 0;
        // "False" is 2 and "true" 1 in every part of the mask: bandwidth, route recovery,
        // unhealthy route, access timeout; "none" is 1 for the configuration.
        let health = if degraded { 0b01 } else { 0b10 } | 0b1010_1000 | 1 << 8;
        let summary = if degraded { 3 } else { 1 };
        Ok(Fabric { cluster, clique: self.place.slot / 8, state, health, summary })
    }
}
