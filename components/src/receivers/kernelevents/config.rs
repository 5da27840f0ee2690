// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tracecore_schema::{ConfigValue, nearest};

use super::Metrics;
use crate::receivers::xid::Action;

/// Reads the kernel's log: Xids of GPUs, SXids of NVSwitches, and what the kernel says of the
/// machine, as log records and as counters.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(
    receiver = "kernelevents",
    signals(metrics, logs),
    metrics = Metrics,
    rust = KernelEvents,
    rule(policy_is_known(severity))
)]
pub struct Config {
    /// Where the log is read: `kmsg` (`/dev/kmsg`), `journal` (`journalctl`) or `both`, of which a
    /// record that comes through both is one.
    #[config(fixed, default = "kmsg")]
    pub source: Source,
    /// The kernel's log device; also a pipe or a file with records as it writes them.
    #[config(default = "/dev/kmsg")]
    pub kmsg: PathBuf,
    /// The program that reads the journal: a path, or a name that is looked up in `PATH`.
    #[config(default = "journalctl")]
    pub journalctl: PathBuf,
    /// Where reading begins when there is nothing to go on from: `boot` (the oldest record of this
    /// start of the machine that is still there) or `now`.
    #[config(default = "boot")]
    pub start_at: StartAt,
    /// Where the place in the log is kept, so that a restart goes on from there. Its folder must
    /// exist. Without it a restart begins at `start_at`.
    pub state_file: Option<PathBuf>,
    /// Which records are emitted as logs: `all` of them, or only `events`, those that mean
    /// something. Counters count the same events with either.
    #[config(default = "all")]
    pub records: Records,
    /// Longest time between two emissions of the counters; what changes comes earlier.
    #[config(default = "1s", min = "100ms")]
    pub collection_interval: Duration,
    /// For tests only: takes what user space wrote into the log for the kernel's own words, so
    /// that anybody who may write to it can make up events.
    #[config(default = false)]
    pub trust_user_space: bool,
    /// How bad events are.
    pub severity: Option<Policy>,
}

/// How bad events are: what is left out keeps its default.
#[derive(Clone, Debug, PartialEq, Eq, tracecore_schema::Config)]
pub struct Policy {
    /// Xids by what NVIDIA's catalogue says is to be done: `reset_gpu`, `restart_machine`,
    /// `workflow`, `contact_support`, `restart_application`, `check_mechanics`, `update_software`,
    /// `restart_vm`, `check_uvm`, `ignore`, `unspecified`.
    #[config(fixed, default)]
    pub actions: BTreeMap<String, Level>,
    /// Xids by their code, which counts before the action.
    #[config(fixed, default)]
    pub codes: BTreeMap<String, Level>,
    /// SXids by what the driver calls them: `fatal`, `non_fatal`, `correctable`, `unspecified`.
    #[config(fixed, default)]
    pub sxids: BTreeMap<String, Level>,
    /// What the kernel says of the machine, by kind: `oom_kill` and the others of the metric
    /// `tracecore.kernel.events`. Without it the level counts that the kernel gave.
    #[config(fixed, default)]
    pub events: BTreeMap<String, Level>,
}

/// Where the log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Source {
    /// `/dev/kmsg`.
    Kmsg,
    /// `journalctl`.
    Journal,
    /// Both: what one of them loses, the other may have.
    Both,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum StartAt {
    /// With the oldest record of this start of the machine that is still there.
    Boot,
    /// With the next record.
    Now,
}

/// Which records are emitted as logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Records {
    /// All of them.
    All,
    /// Those that mean something.
    Events,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Level {
    /// 1 of OpenTelemetry's scale.
    Trace,
    /// 5.
    Debug,
    /// 9.
    Info,
    /// 13.
    Warn,
    /// 17.
    Error,
    /// 21.
    Fatal,
}

/// What the driver calls an SXid; the parser has the same names.
pub(super) const SXIDS: [&str; 4] = ["fatal", "non_fatal", "correctable", "unspecified"];

/// What the kernel says of the machine; the parser has the same names.
pub(super) const EVENTS: [&str; 22] = [
    "oom_kill",
    "hung_task",
    "soft_lockup",
    "hard_lockup",
    "rcu_stall",
    "oops",
    "bug",
    "warning",
    "panic",
    "io_error",
    "filesystem_error",
    "filesystem_readonly",
    "machine_check",
    "hardware_error",
    "memory_corrected",
    "memory_uncorrected",
    "memory_failure",
    "pcie_corrected",
    "pcie_uncorrected",
    "cpu_throttled",
    "network_timeout",
    "gpu_lost",
];

fn policy_is_known(severity: &Option<Policy>) -> Result<(), String> {
    let Some(policy) = severity else { return Ok(()) };
    known("actions", "action", policy.actions.keys(), &Action::ALL.map(Action::name))?;
    known("sxids", "kind of SXid", policy.sxids.keys(), &SXIDS)?;
    known("events", "kind of event", policy.events.keys(), &EVENTS)?;
    match policy.codes.keys().find(|code| code.parse::<u32>().is_err()) {
        Some(code) => Err(format!(
            "`severity.codes` names `{code}`, which is no code of an Xid; write a number: `codes: {{79: fatal}}`"
        )),
        None => Ok(()),
    }
}

fn known<'a>(
    map: &str,
    what: &str,
    mut keys: impl Iterator<Item = &'a String>,
    names: &[&'static str],
) -> Result<(), String> {
    let Some(stranger) = keys.find(|key| !names.contains(&key.as_str())) else { return Ok(()) };
    let mut why = format!("`severity.{map}` names `{stranger}`, which is no {what}");
    match nearest(stranger, names.iter().copied()) {
        Some(near) => why.push_str(&format!("; did you mean `{near}`?")),
        None => why.push_str(&format!("; known are {}", names.join(", "))),
    }
    Err(why)
}
