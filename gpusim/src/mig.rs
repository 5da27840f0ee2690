// SPDX-License-Identifier: Apache-2.0
//! Partitioned GPUs: which instances there are, and what each one has.

use crate::spec::Spec;

/// How a GPU is partitioned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigLayout {
    /// Not at all: MIG is off.
    #[default]
    Off,
    /// Seven instances of one slice.
    Sevenths,
    /// One of three slices, one of two, two of one.
    Mixed,
    /// MIG is on, and no instance was made.
    Empty,
}

/// Most instances that a GPU can have.
pub const MAX_INSTANCES: u32 = 7;

/// An instance: a GPU instance with one compute instance that has all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MigInstance {
    /// Id of the GPU instance.
    pub gpu_instance: u32,
    /// Id of the compute instance.
    pub compute_instance: u32,
    /// Sevenths of the cores that it has.
    pub slices: u32,
}

/// GPU instance and slices, in the order of the library's indices. The ids are those that an
/// A100 gives out for these partitions.
const SEVENTHS: &[(u32, u32)] = &[(7, 1), (8, 1), (9, 1), (10, 1), (11, 1), (12, 1), (13, 1)];
const MIXED: &[(u32, u32)] = &[(1, 3), (5, 2), (13, 1), (14, 1)];

impl MigLayout {
    /// Whether MIG is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::Off)
    }

    /// The instances.
    pub fn instances(self) -> impl Iterator<Item = MigInstance> {
        let of = match self {
            Self::Sevenths => SEVENTHS,
            Self::Mixed => MIXED,
            Self::Off | Self::Empty => &[],
        };
        of.iter().map(|(gpu_instance, slices)| MigInstance {
            gpu_instance: *gpu_instance,
            compute_instance: 0,
            slices: *slices,
        })
    }

    /// The instance at an index.
    #[must_use]
    pub fn instance(self, index: u32) -> Option<MigInstance> {
        self.instances().nth(index as usize)
    }

    /// This layout's number in the control file; 0 there means the profile's own.
    pub(crate) const fn number(self) -> u32 {
        self as u32 + 1
    }

    pub(crate) fn by_number(number: u32) -> Option<Self> {
        [Self::Off, Self::Sevenths, Self::Mixed, Self::Empty].into_iter().find(|it| it.number() == number)
    }
}

impl MigInstance {
    /// Eighths of the memory that an instance of so many slices has.
    #[must_use]
    pub const fn memory_slices(&self) -> u32 {
        match self.slices {
            3 | 4 => 4,
            7 => 8,
            slices => slices,
        }
    }

    /// Bytes of memory.
    #[must_use]
    pub fn memory(&self, spec: &Spec) -> u64 {
        spec.mig.map_or(0, |slice| (slice.memory_mib * u64::from(self.memory_slices())) << 20)
    }

    /// What the partition is called: `1g.5gb`.
    #[must_use]
    pub fn profile(&self, spec: &Spec) -> String {
        let gigabytes = spec.mig.map_or(0, |slice| slice.gigabytes * self.memory_slices());
        format!("{}g.{gigabytes}gb", self.slices)
    }
}
