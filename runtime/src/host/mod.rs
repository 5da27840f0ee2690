// SPDX-License-Identifier: Apache-2.0
//! The host: what generated code declares a pipeline's components to, and what runs them.

mod cgroup;
mod deliver;
mod exporter;
mod guard;
mod holes;
mod io;
mod receiver;
mod run;
mod supervisor;

use std::fmt;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tracecore_schema::{Role, Scalar, Violation};

pub use deliver::{Delivered, Delivery};
pub use exporter::{Encoding, Handle, Mode, PageHandle, StreamHandle};
pub use guard::MemoryLimit;
pub use holes::{Hole, Holes, hole};
pub use receiver::{Exporters, LaneBuilder, LaneWith, MakeBranch, MakeBranches, ProcessorHandle, Processors};
pub use run::{Collector, Stopper, run};

use self::io::Io;
use crate::lane::Beat;
use crate::queue::QueueCloser;
use crate::telemetry::{ReceiverTelemetry, Registry, Reporter};
use crate::{BuildInfo, Inventory, Logger, Resource, Settings, Stop, Stopping};

/// A compiled pipeline file.
#[derive(Debug)]
pub struct Pipeline {
    /// The file's stem.
    pub name: &'static str,
    /// The file.
    pub file: &'static str,
    /// A hash of the plan: which configuration runs where.
    pub hash: &'static str,
    /// What the collector tells of itself, if anything.
    pub telemetry: fn(&Holes) -> Result<Option<tracecore_schema::telemetry::Config>, RunError>,
    /// What start-up fills.
    pub holes: &'static [Hole],
    /// Declares every component.
    pub start: fn(&mut Host) -> Result<(), RunError>,
}

/// How to run a pipeline.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunOptions {
    /// One tick of every receiver, then the end.
    pub once: bool,
    /// How long a call into a receiver may take before its thread is given up.
    pub stuck_after: Duration,
    /// How long queues may drain at the end.
    pub drain: Duration,
    /// How much memory the process may have before the oldest frames that wait are let go of.
    pub memory: MemoryLimit,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            once: false,
            stuck_after: Duration::from_secs(10),
            drain: Duration::from_secs(5),
            memory: MemoryLimit::ControlGroup,
        }
    }
}

impl RunOptions {
    /// One tick of every receiver, then the end.
    #[must_use]
    pub const fn once(mut self, once: bool) -> Self {
        self.once = once;
        self
    }

    /// With another limit for a call into a receiver.
    #[must_use]
    pub const fn stuck_after(mut self, stuck_after: Duration) -> Self {
        self.stuck_after = stuck_after;
        self
    }

    /// With another memory limit.
    #[must_use]
    pub const fn memory(mut self, memory: MemoryLimit) -> Self {
        self.memory = memory;
        self
    }

    /// With another drain budget.
    #[must_use]
    pub const fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }
}

/// Why a pipeline does not run, or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// The configuration does not fit this machine: exit code 2.
    Config(String),
    /// Something failed: exit code 1.
    Runtime(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(why) | Self::Runtime(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for RunError {}

/// What happens to a running collector.
#[derive(Debug)]
enum Event {
    /// Somebody wants it to end: a signal, or whoever embeds it.
    Stop(&'static str),
    /// An exporter's task has ended; `closed` if its reader went away.
    ExporterEnded { page: bool, closed: bool },
    /// The telemetry listener has died.
    SurfaceEnded(String),
    /// Somebody wants certificates to be read again: SIGHUP.
    Reload,
}

/// Tells the host that an exporter's task has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending(mpsc::Sender<Event>);

impl Ending {
    pub(crate) fn exporter_ended(&self, page: bool, closed: bool) {
        // Nobody listens any more only when the host itself has ended.
        let _ = self.0.send(Event::ExporterEnded { page, closed });
    }
}

/// A lane that can be started, and started again.
pub(crate) struct LaneSpec {
    pub(crate) id: &'static str,
    pub(crate) telemetry: Arc<ReceiverTelemetry>,
    pub(crate) status: Reporter,
    pub(crate) run: Arc<dyn Fn(&Beat) + Send + Sync>,
}

/// What generated code declares components to.
pub struct Host {
    build: Arc<BuildInfo>,
    resource: Arc<Resource>,
    inventory: Inventory,
    registry: Registry,
    options: RunOptions,
    holes: Holes,
    io: Io,
    stop: Stop,
    stopping: Stopping,
    pages_stopping: Stopping,
    events: mpsc::Sender<Event>,
    exporters: usize,
    queues: Vec<QueueCloser>,
    lanes: Vec<LaneSpec>,
}

impl Host {
    /// The value that fills a hole.
    ///
    /// # Errors
    ///
    /// The text does not fit the field.
    pub fn fill<T: Scalar>(&self, index: usize) -> Result<T, RunError> {
        self.holes.fill(index)
    }

    fn settings(&self, role: Role, id: &str) -> Settings {
        let id: Arc<str> = id.into();
        Settings {
            logger: Logger::new(Arc::clone(&id)),
            meter: self.registry.meter(role, &id),
            id,
            build: Arc::clone(&self.build),
            resource: Arc::clone(&self.resource),
            inventory: self.inventory.clone(),
        }
    }

    fn ending(&mut self) -> Ending {
        self.exporters += 1;
        Ending(self.events.clone())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Limits and rules are checked again with what start-up filled in.
fn check(section: &str, id: &str, violations: &[Violation]) -> Result<(), RunError> {
    if violations.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = violations
        .iter()
        .map(|v| {
            if v.path.is_empty() {
                format!("`{section}.{id}`: {}", v.message)
            } else {
                format!("`{section}.{id}.{}`: {}", v.path, v.message)
            }
        })
        .collect();
    Err(RunError::Config(lines.join("\n")))
}
