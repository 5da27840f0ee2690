// SPDX-License-Identifier: Apache-2.0
//! Processes: the one that the model runs, and those of a script.

use super::View;
use crate::{Process, ProcessKind, SimError};

/// What a process asked of a GPU lately, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessLoad {
    /// The process.
    pub process: Process,
    /// Percent of the JPEG engines.
    pub jpeg: u32,
    /// Percent of the optical flow engine.
    pub ofa: u32,
}

impl<'a> View<'a> {
    /// Processes of a kind on the GPU, or in the instance.
    pub fn processes(&self, kind: ProcessKind) -> impl Iterator<Item = Process> + Clone + use<'a> {
        let instance = self.instance().map(|instance| instance.gpu_instance);
        let asked = self.place.instance.is_some();
        self.all_processes()
            .filter(move |process| process.kind == kind && (!asked || process.gpu_instance == instance))
    }

    fn all_processes(&self) -> impl Iterator<Item = Process> + Clone + use<'a> {
        self.own_process().into_iter().chain(self.script.processes())
    }

    /// The process of the model's work, one for each piece of it.
    fn own_process(&self) -> Option<Process> {
        let reading = self.reading();
        let percent = |value: u32| u8::try_from(value).unwrap_or(100);
        reading.open.then(|| Process {
            pid: 10_000 + self.place.slot * 1_000 + u32::try_from(reading.work % 1_000).unwrap_or(0),
            kind: ProcessKind::Compute,
            memory: reading.memory_used - self.spec().memory_baseline,
            sm: percent(reading.utilization_gpu),
            bandwidth: percent(reading.utilization_memory),
            encoder: percent(reading.utilization_encoder),
            decoder: percent(reading.utilization_decoder),
            gpu_instance: self.mig().instance(0).map(|instance| instance.gpu_instance),
        })
    }

    /// What processes asked of the GPU since a time, in microseconds since 1970.
    ///
    /// # Errors
    /// The GPU is partitioned, or nothing was sampled since.
    pub fn process_loads(
        &self,
        since_us: u64,
    ) -> Result<impl Iterator<Item = ProcessLoad> + Clone + use<'a>, SimError> {
        self.undivided(())?;
        if self.now_us() <= since_us || self.all_processes().next().is_none() {
            return Err(SimError::NOT_FOUND);
        }
        let reading = self.reading();
        // Only the model's own work uses these engines.
        let own = self.own_process().map(|process| process.pid);
        Ok(self.all_processes().map(move |process| {
            let of_own = |percent| if Some(process.pid) == own { percent } else { 0 };
            ProcessLoad {
                process,
                jpeg: of_own(reading.utilization_jpeg),
                ofa: of_own(reading.utilization_ofa),
            }
        }))
    }
}
