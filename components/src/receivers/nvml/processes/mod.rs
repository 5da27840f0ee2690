// SPDX-License-Identifier: Apache-2.0
//! What single processes use of a GPU: opt-in, since pids are labels that never come again.
//!
//! | file | for |
//! |---|---|
//! | `lists.rs` | the library's lists |
//! | `roster.rs` | who is shown, under the limit |
//!
//! Series begin and end when the collector looks for devices. A process that nobody has seen
//! asks for that to be done, but not more often than each five seconds, so that a machine on
//! which processes come and go by the hundred costs no more than one on which they stay.
//!
//! Invariant: no more than `limit` processes of a GPU have series; the others are counted.

mod lists;
mod roster;

use std::time::{Duration, Instant};

use tracecore_runtime::{Absence, Batch, Slot};
use tracecore_schema::Attribute;

use super::Config;
use super::code::Code;
use super::driver::Device;
use super::group::{Group, Series, Verdict, absent_for, never};
use lists::{Id, Lists, Running, Shares};

/// How often new processes may ask for their series.
const PATIENCE: Duration = Duration::from_secs(5);
/// Count and omitted.
const OF_THE_GPU: usize = 2;
const TASKS: [&str; 4] = ["general", "memory", "encoder", "decoder"];
const SHARES: &str = "nvmlDeviceGetProcessUtilization";

/// The processes of one GPU.
#[derive(Debug)]
pub(super) enum Processes {
    On(Box<Shown>),
    /// It has no series; this is why.
    Off {
        call: &'static str,
        code: Code,
        reason: Absence,
    },
    /// Nobody wants to know.
    NotWanted,
}

/// What is shown of the processes of one GPU.
#[derive(Debug)]
pub(super) struct Shown {
    lists: Lists,
    /// Utilisation, if this GPU tells.
    shares: Result<Shares, Code>,
    members: Vec<Member>,
    count: Slot<u64>,
    omitted: Slot<u64>,
    asked: Option<Instant>,
    limit: usize,
}

/// A process that has series.
#[derive(Debug)]
struct Member {
    id: Id,
    memory: Slot<i64>,
    utilization: [Slot<f64>; TASKS.len()],
}

impl Shown {
    /// Asks once; an error is for good.
    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Result<Self, (&'static str, Code, Absence)> {
        let mut lists = Lists::new();
        if let Err((call, code)) = lists.ask(device)
            && let Some(reason) = never(code)
        {
            return Err((call, code, reason));
        }
        let mut shares = Shares::new();
        let shares = match shares.ask(device) {
            Err(code) if never(code).is_some() => Err(code),
            _ => Ok(shares),
        };
        let mut shown = Self {
            lists,
            shares,
            members: Vec::new(),
            count: series.begin(|m| m.processes.count, []),
            omitted: series.begin(|m| m.processes.omitted, []),
            asked: None,
            limit: series.config().processes.limit as usize,
        };
        shown.look(device, series);
        Ok(shown)
    }

    /// Ends the series of who is gone, begins those of who came.
    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        self.asked = None;
        // Reading will tell what is wrong; until then everything stays as it is.
        let Ok(running) = self.lists.ask(device) else { return };
        self.members.retain(|member| {
            let runs = running.iter().any(|process| process.id == member.id);
            if !runs {
                series.end(member.memory);
                member.utilization.iter().for_each(|slot| series.end(*slot));
            }
            runs
        });
        let members = &self.members;
        let is_in = |id| members.iter().any(|member| member.id == id);
        let new: Vec<_> = roster::newcomers(running, is_in, self.limit)
            .into_iter()
            .map(|process| Member::begin(process, device, self.shares.is_ok(), series))
            .collect();
        self.members.extend(new);
    }

    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        let running = match self.lists.ask(device) {
            Ok(running) => running,
            Err((call, code)) => return verdict.failed(call, code, OF_THE_GPU, out),
        };
        let mut shown = 0;
        for member in &self.members {
            if let Some(process) = running.iter().find(|process| process.id == member.id) {
                shown += 1;
                if let Some(bytes) = process.memory {
                    out.set(member.memory, i64::try_from(bytes).unwrap_or(i64::MAX));
                }
            }
        }
        out.set(self.count, running.len() as u64);
        out.set(self.omitted, (running.len() - shown) as u64);
        // A free place and somebody to take it: registered at the next look, which is asked for.
        if shown < running.len().min(self.limit) {
            let now = Instant::now();
            if self.asked.is_none_or(|asked| now - asked >= PATIENCE) {
                self.asked = Some(now);
                out.rediscover();
            }
        }
        if let Ok(shares) = &mut self.shares {
            match shares.ask(device) {
                Ok(()) => set_shares(shares, &self.members, running, out),
                Err(code) => verdict.failed(SHARES, code, shown * TASKS.len(), out),
            }
        }
    }
}

fn set_shares(shares: &Shares, members: &[Member], running: &[Running], out: &mut Batch) {
    for member in members {
        if running.iter().any(|process| process.id == member.id) {
            for (slot, percent) in member.utilization.iter().zip(shares.of(member.id.pid)) {
                out.set(*slot, f64::from(percent) / 100.0);
            }
        }
    }
}

impl Member {
    fn begin(process: &Running, device: &Device, shares: bool, series: &mut Series<'_, '_>) -> Self {
        let Id { pid, instance } = process.id;
        let mut common = vec![
            Attribute::new("process.pid", pid),
            Attribute::new("tracecore.gpu.process.type", process.does.name()),
        ];
        if let Some(name) = lists::name(device, pid) {
            common.push(Attribute::new("process.executable.name", name));
        }
        if let Some((gpu, compute)) = instance {
            common.push(Attribute::new("tracecore.gpu.mig.gpu_instance.id", gpu));
            common.push(Attribute::new("tracecore.gpu.mig.compute_instance.id", compute));
        }
        let utilization = TASKS.map(|task| {
            if !shares {
                return Slot::OFF;
            }
            let own = common.iter().cloned().chain([Attribute::new("hw.gpu.task", task)]);
            series.begin_with(|m| m.processes.utilization, own.collect())
        });
        Self { id: process.id, memory: series.begin_with(|m| m.processes.memory, common), utilization }
    }
}

impl Group for Processes {
    fn most(config: &Config) -> usize {
        if config.processes.enabled { OF_THE_GPU } else { 0 }
    }

    fn values(&self, config: &Config) -> usize {
        match self {
            Self::On(shown) => OF_THE_GPU + shown.members.len() * (1 + TASKS.len()),
            Self::Off { .. } | Self::NotWanted => Self::most(config),
        }
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        if !series.config().processes.enabled {
            return Self::NotWanted;
        }
        match Shown::begin(device, series) {
            Ok(shown) => Self::On(Box::new(shown)),
            Err((call, code, reason)) => Self::Off { call, code, reason },
        }
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        match self {
            Self::On(shown) => shown.look(device, series),
            Self::Off { reason: Absence::Permission, .. } => *self = Self::begin(device, series),
            Self::Off { .. } | Self::NotWanted => {}
        }
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        match self {
            Self::On(shown) => {
                if verdict.goes_on(OF_THE_GPU, out) {
                    shown.read(device, out, verdict);
                }
            }
            Self::Off { reason, .. } => absent_for(out, *reason, OF_THE_GPU),
            Self::NotWanted => {}
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        match self {
            Self::On(shown) => found.extend(shown.shares.as_ref().err().map(|code| (SHARES, *code))),
            Self::Off { call, code, .. } => found.push((call, *code)),
            Self::NotWanted => {}
        }
    }

    fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        if config.processes.enabled {
            found.push(match Lists::new().ask(device) {
                Ok(_) => ("nvmlDeviceGetComputeRunningProcesses_v3", None),
                Err((call, code)) => (call, Some(code)),
            });
            found.push((SHARES, Shares::new().ask(device).err()));
        }
    }
}
