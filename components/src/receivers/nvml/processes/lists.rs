// SPDX-License-Identifier: Apache-2.0
//! The library's lists of processes, in kept buffers.
#![allow(unsafe_code, reason = "the library is C")]

use std::ffi::c_uint;
use std::fmt;

use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t, nvmlProcessInfo_t, nvmlProcessUtilizationSample_t};

use super::super::code::Code;
use super::super::driver::{Device, check, symbol};

/// Room to begin with; a list that does not fit makes room for itself.
const ROOM: usize = 64;
/// No list is longer, whatever a driver says.
const MOST: usize = 65_536;

/// What a process does with a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Does {
    Compute,
    Mps,
    Graphics,
}

impl Does {
    /// As the attribute says it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Mps => "mps",
            Self::Graphics => "graphics",
        }
    }
}

/// Which process, and where: a process may use several instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) pid: u32,
    /// GPU instance and compute instance.
    pub(super) instance: Option<(u32, u32)>,
}

/// A process that uses a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) id: Id,
    pub(super) does: Does,
    /// Bytes, if the driver knows.
    pub(super) memory: Option<u64>,
}

type List = unsafe extern "C" fn(nvmlDevice_t, *mut c_uint, *mut nvmlProcessInfo_t) -> u32;

/// Where a table has a list.
type Find = fn(&NvmlLib) -> Result<List, Code>;

/// The calls, as messages name them.
const CALLS: [(Does, &str, Find); 3] = [
    (Does::Compute, "nvmlDeviceGetComputeRunningProcesses_v3", |lib| {
        symbol(&lib.nvmlDeviceGetComputeRunningProcesses_v3)
    }),
    (Does::Mps, "nvmlDeviceGetMPSComputeRunningProcesses_v3", |lib| {
        symbol(&lib.nvmlDeviceGetMPSComputeRunningProcesses_v3)
    }),
    (Does::Graphics, "nvmlDeviceGetGraphicsRunningProcesses_v3", |lib| {
        symbol(&lib.nvmlDeviceGetGraphicsRunningProcesses_v3)
    }),
];

const BLANK: nvmlProcessInfo_t =
    nvmlProcessInfo_t { pid: 0, usedGpuMemory: 0, gpuInstanceId: 0, computeInstanceId: 0 };

/// The processes of one GPU.
pub(super) struct Lists {
    buffer: Vec<nvmlProcessInfo_t>,
    running: Vec<Running>,
}

impl Lists {
    pub(super) fn new() -> Self {
        Self { buffer: vec![BLANK; ROOM], running: Vec::with_capacity(ROOM) }
    }

    /// Asks for all processes. A list that this driver or GPU lacks is empty, but not the first.
    pub(super) fn ask(&mut self, device: &Device) -> Result<&[Running], (&'static str, Code)> {
        self.running.clear();
        for (does, call, function) in CALLS {
            let listed = function(device.lib()).and_then(|function| list(function, device, &mut self.buffer));
            match listed {
                Ok(infos) => infos.iter().for_each(|info| add(&mut self.running, does, info)),
                Err(code) if does != Does::Compute && code.is_unsupported_at_first() => {}
                Err(code) => return Err((call, code)),
            }
        }
        Ok(&self.running)
    }
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").field("running", &self.running).finish_non_exhaustive()
    }
}

fn list<'b>(
    function: List,
    device: &Device,
    buffer: &'b mut Vec<nvmlProcessInfo_t>,
) -> Result<&'b [nvmlProcessInfo_t], Code> {
    loop {
        let mut count = c_uint::try_from(buffer.len()).unwrap_or(c_uint::MAX);
        // SAFETY: the handle is of this library, and the array has as many elements as is said.
        match check(unsafe { function(device.handle(), &raw mut count, buffer.as_mut_ptr()) }) {
            Ok(()) => return Ok(&buffer[..buffer.len().min(count as usize)]),
            Err(Code::NOT_FOUND) => return Ok(&[]),
            // Processes come while we ask: room for some more than there were.
            Err(Code::INSUFFICIENT_SIZE) if buffer.len() < MOST => {
                let room = (count as usize).max(buffer.len()) * 2;
                buffer.resize(room.min(MOST), BLANK);
            }
            Err(code) => return Err(code),
        }
    }
}

/// Adds a process, once: one that computes and draws is in two lists with the same memory.
fn add(running: &mut Vec<Running>, does: Does, info: &nvmlProcessInfo_t) {
    const NO_INSTANCE: u32 = u32::MAX;
    let instance =
        (info.gpuInstanceId != NO_INSTANCE).then_some((info.gpuInstanceId, info.computeInstanceId));
    let id = Id { pid: info.pid, instance };
    if running.iter().all(|known| known.id != id) {
        // All bits set: the driver does not know.
        let memory = (info.usedGpuMemory != u64::MAX).then_some(info.usedGpuMemory);
        running.push(Running { id, does, memory });
    }
}

/// How busy the processes of one GPU keep it.
pub(super) struct Shares {
    buffer: Vec<nvmlProcessUtilizationSample_t>,
    count: usize,
    /// Up to when samples were seen, in the driver's time.
    seen: u64,
}

/// Percent of time, by kind of task: general, memory, encoder, decoder.
pub(super) type Share = [u32; 4];

const NO_SHARE: nvmlProcessUtilizationSample_t =
    nvmlProcessUtilizationSample_t { pid: 0, timeStamp: 0, smUtil: 0, memUtil: 0, encUtil: 0, decUtil: 0 };

impl Shares {
    pub(super) fn new() -> Self {
        Self { buffer: vec![NO_SHARE; ROOM], count: 0, seen: 0 }
    }

    /// Asks for what is new since the last time.
    pub(super) fn ask(&mut self, device: &Device) -> Result<(), Code> {
        let function = symbol(&device.lib().nvmlDeviceGetProcessUtilization)?;
        self.count = 0;
        loop {
            let mut count = c_uint::try_from(self.buffer.len()).unwrap_or(c_uint::MAX);
            // SAFETY: the handle is of this library, and the array has as many elements as is said.
            let code =
                unsafe { function(device.handle(), self.buffer.as_mut_ptr(), &raw mut count, self.seen) };
            match check(code) {
                Ok(()) => {
                    self.count = self.buffer.len().min(count as usize);
                    break;
                }
                // Nobody was busy.
                Err(Code::NOT_FOUND | Code::NO_DATA) => break,
                Err(Code::INSUFFICIENT_SIZE) if self.buffer.len() < MOST => {
                    let room = (count as usize).max(self.buffer.len()) * 2;
                    self.buffer.resize(room.min(MOST), NO_SHARE);
                }
                Err(code) => return Err(code),
            }
        }
        let newest = self.buffer[..self.count].iter().map(|sample| sample.timeStamp).max();
        self.seen = newest.unwrap_or(self.seen);
        Ok(())
    }

    /// The newest share of a process; none at all is 0, since the driver leaves out who is idle.
    pub(super) fn of(&self, pid: u32) -> Share {
        let samples = self.buffer[..self.count].iter().filter(|sample| sample.pid == pid);
        // Older drivers leave garbage in what they do not know.
        let share = |percent: u32| if percent <= 100 { percent } else { 0 };
        samples.max_by_key(|sample| sample.timeStamp).map_or([0; 4], |sample| {
            [sample.smUtil, sample.memUtil, sample.encUtil, sample.decUtil].map(share)
        })
    }
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares").field("count", &self.count).field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// What the driver calls a process: the file name of what it runs.
pub(super) fn name(device: &Device, pid: u32) -> Option<String> {
    let function = symbol(&device.lib().nvmlSystemGetProcessName).ok()?;
    let mut buffer = [0_u8; 1024];
    // SAFETY: the buffer has the length that is said, less one byte that stays zero.
    check(unsafe { function(pid, buffer.as_mut_ptr().cast(), 1023) }).ok()?;
    let length = buffer.iter().position(|byte| *byte == 0)?;
    file_name(&String::from_utf8_lossy(&buffer[..length]))
}

/// The file name in a command line.
fn file_name(command: &str) -> Option<String> {
    let program = command.split_whitespace().next()?;
    let name = program.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use nvml_wrapper_sys::bindings::{nvmlProcessInfo_t, nvmlProcessUtilizationSample_t};

    use super::{Does, Id, NO_SHARE, Running, Shares, add, file_name};

    #[test]
    fn a_process_in_two_lists_is_one() {
        let info = |pid, instance, bytes| nvmlProcessInfo_t {
            pid,
            usedGpuMemory: bytes,
            gpuInstanceId: instance,
            computeInstanceId: if instance == u32::MAX { u32::MAX } else { 0 },
        };
        let mut running = Vec::new();
        add(&mut running, Does::Compute, &info(7, u32::MAX, 100));
        add(&mut running, Does::Graphics, &info(7, u32::MAX, 100));
        add(&mut running, Does::Compute, &info(7, 3, u64::MAX));
        let whole = Running { id: Id { pid: 7, instance: None }, does: Does::Compute, memory: Some(100) };
        let part = Running { id: Id { pid: 7, instance: Some((3, 0)) }, does: Does::Compute, memory: None };
        assert_eq!(running, [whole, part]);
    }

    #[test]
    fn the_newest_share_counts_and_idle_is_0() {
        let sample = |pid, time, busy| nvmlProcessUtilizationSample_t {
            pid,
            timeStamp: time,
            smUtil: busy,
            encUtil: u32::MAX,
            ..NO_SHARE
        };
        let mut shares = Shares::new();
        shares.buffer = vec![sample(7, 20, 60), sample(8, 30, 1), sample(7, 10, 90), sample(9, 99, 99)];
        shares.count = 3;
        assert_eq!(shares.of(7), [60, 0, 0, 0]);
        assert_eq!(shares.of(9), [0; 4], "what lies in the buffer from before does not count");
    }

    #[test]
    fn a_process_goes_by_the_name_of_its_file() {
        assert_eq!(file_name("/usr/bin/python3 train.py").as_deref(), Some("python3"));
        assert_eq!(file_name("Xorg").as_deref(), Some("Xorg"));
        assert_eq!(file_name("  "), None);
        assert_eq!(file_name("/opt/tool/"), None);
    }
}
