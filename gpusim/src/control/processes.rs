// SPDX-License-Identifier: Apache-2.0
//! Processes on a GPU besides the one that the model runs by itself.

use std::sync::atomic::Ordering::{Acquire, Release};

use super::gpu::{GpuScript, PROCESSES, ProcessScript};
use super::{Control, ControlError};

/// What a process uses a GPU for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessKind {
    /// It computes.
    #[default]
    Compute,
    /// It draws.
    Graphics,
    /// It computes as a client of the multi-process service.
    Mps,
}

/// A process on a GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its id; 0 is nobody's.
    pub pid: u32,
    /// What it does.
    pub kind: ProcessKind,
    /// Bytes of GPU memory.
    pub memory: u64,
    /// Percent of the cores.
    pub sm: u8,
    /// Percent of memory bandwidth.
    pub bandwidth: u8,
    /// Percent of the encoder.
    pub encoder: u8,
    /// Percent of the decoder.
    pub decoder: u8,
    /// GPU instance that it runs in, if the GPU is partitioned.
    pub gpu_instance: Option<u32>,
}

impl Control {
    /// A process begins to use the GPU, or uses it differently from now on.
    ///
    /// # Errors
    /// The slot does not exist, or there are sixteen processes already.
    pub fn set_process(&self, slot: u32, process: Process) -> Result<(), ControlError> {
        let processes = &self.gpu(slot)?.processes;
        let holds = |pid| processes.iter().find(|place| place.pid.load(Acquire) == pid);
        let place = holds(process.pid).or_else(|| holds(0)).ok_or(ControlError::TooManyProcesses)?;
        place.pid.store(0, Release);
        let kind = match process.kind {
            ProcessKind::Compute => 0,
            ProcessKind::Graphics => 1,
            ProcessKind::Mps => 2,
        };
        place.kind.store(kind, Release);
        place.memory.store(process.memory, Release);
        let load = [process.sm, process.bandwidth, process.encoder, process.decoder];
        place.load.store(u32::from_le_bytes(load), Release);
        place.gpu_instance.store(process.gpu_instance.map_or(0, |id| id + 1), Release);
        place.pid.store(process.pid, Release);
        Ok(())
    }

    /// A process ends.
    ///
    /// # Errors
    /// The slot does not exist.
    pub fn end_process(&self, slot: u32, pid: u32) -> Result<(), ControlError> {
        for place in self.gpu(slot)?.processes.iter().filter(|place| place.pid.load(Acquire) == pid) {
            place.pid.store(0, Release);
        }
        Ok(())
    }
}

impl GpuScript {
    /// The processes.
    pub(crate) fn processes(&self) -> impl Iterator<Item = Process> + Clone {
        const _: () = assert!(PROCESSES == 16, "`set_process` says so in its documentation");
        self.processes.iter().filter_map(ProcessScript::read)
    }
}

impl ProcessScript {
    fn read(&self) -> Option<Process> {
        let pid = Some(self.pid.load(Acquire)).filter(|pid| *pid != 0)?;
        let [sm, bandwidth, encoder, decoder] = self.load.load(Acquire).to_le_bytes();
        Some(Process {
            pid,
            kind: match self.kind.load(Acquire) {
                1 => ProcessKind::Graphics,
                2 => ProcessKind::Mps,
                _ => ProcessKind::Compute,
            },
            memory: self.memory.load(Acquire),
            sm,
            bandwidth,
            encoder,
            decoder,
            gpu_instance: self.gpu_instance.load(Acquire).checked_sub(1),
        })
    }
}
