// SPDX-License-Identifier: Apache-2.0
//! Partitioned GPUs and their instances.

use super::{View, supported};
use crate::{MigInstance, SimError};

/// What a GPU or an instance has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Streaming multiprocessors.
    pub multiprocessors: u32,
    /// Copy engines.
    pub copies: u32,
    /// Decoders.
    pub decoders: u32,
    /// Encoders.
    pub encoders: u32,
    /// JPEG engines.
    pub jpegs: u32,
    /// Optical flow engines.
    pub ofas: u32,
    /// Slices of the GPU instance.
    pub gpu_slices: u32,
    /// Slices of the compute instance.
    pub compute_slices: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
}

/// A way to partition a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceProfile {
    /// Its number among the board's profiles.
    pub id: u32,
    /// What an instance of it has.
    pub attributes: Attributes,
    /// How many instances of it a GPU can have.
    pub count: u32,
}

/// Slices, number among an A100's profiles, and how many a GPU can have, by `NVML_GPU_INSTANCE_PROFILE_*`.
const PROFILES: [(u32, u32, u32); 5] = [(1, 19, 7), (2, 14, 3), (3, 9, 2), (4, 5, 1), (7, 0, 1)];

impl View<'_> {
    /// Whether MIG is on, at present and after the next reset.
    ///
    /// # Errors
    /// The board has no MIG.
    pub fn mig_mode(&self) -> Result<bool, SimError> {
        supported(self.spec().mig.is_some(), self.mig().is_on())
    }

    /// Most instances that there can be.
    #[must_use]
    pub fn max_instances(&self) -> u32 {
        if self.spec().mig.is_some() && self.mig().is_on() { crate::MAX_INSTANCES } else { 0 }
    }

    /// The instance at an index.
    ///
    /// # Errors
    /// There is none, MIG is off, or the index is too high.
    pub fn instance_at(&self, index: u32) -> Result<MigInstance, SimError> {
        supported(self.spec().mig.is_some() && self.mig().is_on(), ())?;
        if index >= crate::MAX_INSTANCES {
            return Err(SimError::INVALID_ARGUMENT);
        }
        self.mig().instance(index).ok_or(SimError::NOT_FOUND)
    }

    /// The instance that is asked.
    ///
    /// # Errors
    /// A GPU is asked.
    pub fn of_instance(&self) -> Result<MigInstance, SimError> {
        self.instance().ok_or(SimError::INVALID_ARGUMENT)
    }

    /// What the instance has that is asked.
    ///
    /// # Errors
    /// A GPU is asked.
    pub fn attributes(&self) -> Result<Attributes, SimError> {
        let instance = self.instance().ok_or(SimError::NOT_SUPPORTED)?;
        Ok(self.attributes_of(&instance))
    }

    fn attributes_of(&self, instance: &MigInstance) -> Attributes {
        let spec = self.spec();
        let part = |engines: u32| engines * instance.slices / 7;
        Attributes {
            multiprocessors: spec.mig.map_or(0, |slice| slice.multiprocessors * instance.slices),
            copies: part(spec.engines.copies).max(1),
            decoders: part(spec.engines.decoders),
            encoders: part(spec.engines.encoders),
            jpegs: part(spec.engines.jpegs),
            ofas: part(spec.engines.ofas),
            gpu_slices: instance.slices,
            compute_slices: instance.slices,
            memory_mib: instance.memory(spec) >> 20,
        }
    }

    /// A way to partition the GPU (`NVML_GPU_INSTANCE_PROFILE_*`).
    ///
    /// # Errors
    /// The board has no MIG, or no such profile.
    pub fn instance_profile(&self, profile: u32) -> Result<InstanceProfile, SimError> {
        supported(self.spec().mig.is_some() && self.mig().is_on(), ())?;
        let found = PROFILES.get(profile as usize);
        let (slices, id, count) = *found.ok_or(SimError::NOT_SUPPORTED)?;
        let instance = MigInstance { gpu_instance: 0, compute_instance: 0, slices };
        Ok(InstanceProfile { id, attributes: self.attributes_of(&instance), count })
    }
}
