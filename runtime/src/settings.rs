// SPDX-License-Identifier: Apache-2.0
//! What every component is told at construction (contract X4).

use std::sync::Arc;
use std::time::Duration;

use tracecore_schema::Attribute;

use crate::probe::{Device, Probe};
use crate::telemetry::ExporterTelemetry;
use crate::{Calls, ErrorKind, Inventory};

/// What was built, and from what.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BuildInfo {
    /// The command's name.
    pub command: &'static str,
    /// One sentence about it.
    pub description: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The revision of its source, or `unknown`.
    pub revision: &'static str,
    /// The day it was built, `YYYY-MM-DD`, or `unknown`.
    pub date: &'static str,
    /// The target triple.
    pub target: &'static str,
}

impl BuildInfo {
    /// A build of `command`, everything else unknown.
    #[must_use]
    pub const fn new(command: &'static str, version: &'static str) -> Self {
        Self { command, description: "", version, revision: "unknown", date: "unknown", target: "unknown" }
    }

    /// With one sentence about the command.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// With the revision, day and target of the build.
    #[must_use]
    pub const fn built(mut self, revision: &'static str, date: &'static str, target: &'static str) -> Self {
        self.revision = revision;
        self.date = date;
        self.target = target;
        self
    }
}

/// What the collector says of itself and its host: `host.name`, `service.name`,
/// `service.version`, `service.instance.id`.
#[derive(Clone, Debug, Default)]
pub struct Resource {
    attributes: Vec<Attribute>,
}

impl Resource {
    /// A resource with these attributes.
    #[must_use]
    pub const fn new(attributes: Vec<Attribute>) -> Self {
        Self { attributes }
    }

    /// What this process can say: the host's name, the service's name and version, and an id
    /// of its own for every start.
    #[must_use]
    pub fn detect(build: &BuildInfo) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let instance = std::fs::read_to_string("/proc/sys/kernel/random/uuid")
            .map_or_else(|_| format!("{host}-{}", std::process::id()), |uuid| uuid.trim().to_owned());
        Self::new(vec![
            Attribute::new("host.name", host),
            Attribute::new("service.instance.id", instance),
            Attribute::new("service.name", build.command),
            Attribute::new("service.version", build.version),
        ])
    }

    /// The attributes, sorted by key.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
}

/// A logger scoped to one component: every line carries its id.
#[derive(Clone, Debug)]
pub struct Logger {
    component_id: Arc<str>,
}

impl Logger {
    /// A logger for the component.
    #[must_use]
    pub const fn new(component_id: Arc<str>) -> Self {
        Self { component_id }
    }

    /// Something an operator should look at now.
    pub fn error(&self, message: &str) {
        tracing::error!(component_id = &*self.component_id, "{message}");
    }

    /// Something an operator should know.
    pub fn warn(&self, message: &str) {
        tracing::warn!(component_id = &*self.component_id, "{message}");
    }

    /// Something that explains what goes on.
    pub fn info(&self, message: &str) {
        tracing::info!(component_id = &*self.component_id, "{message}");
    }

    /// Something for whoever works on the component.
    pub fn debug(&self, message: &str) {
        tracing::debug!(component_id = &*self.component_id, "{message}");
    }
}

/// What every component is told at construction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// `kind` or `kind/name`.
    pub id: Arc<str>,
    /// What was built.
    pub build: Arc<BuildInfo>,
    /// What the collector says of itself and its host.
    pub resource: Arc<Resource>,
    /// A logger scoped to the component.
    pub logger: Logger,
    /// A meter for instruments of its own; a no-op one when telemetry is off.
    pub meter: opentelemetry::metrics::Meter,
    /// The GPUs of this host, as receivers that can list them say.
    pub inventory: Inventory,
}

/// Given to `open`.
#[derive(Debug)]
pub struct Open<'a> {
    settings: &'a Settings,
    skipped: &'a [String],
    probe: Probe,
    calls: Option<Arc<ExporterTelemetry>>,
}

impl<'a> Open<'a> {
    pub(crate) const fn new(settings: &'a Settings, skipped: &'a [String], probe: Probe) -> Self {
        Self { settings, skipped, probe, calls: None }
    }

    pub(crate) fn with_calls(mut self, telemetry: Arc<ExporterTelemetry>) -> Self {
        self.calls = Some(telemetry);
        self
    }

    /// How a page exporter counts its calls (the calls of a stream exporter are counted for
    /// it). In a test, a counter that nobody reads.
    #[must_use]
    pub fn calls<K: ErrorKind>(&self) -> Calls<K> {
        Calls::new(
            self.calls
                .clone()
                .unwrap_or_else(|| ExporterTelemetry::new(Arc::clone(&self.settings.id), K::NAMES)),
        )
    }

    /// What every component is told at construction.
    #[must_use]
    pub const fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// The GPUs of this host: what this component publishes there, or what others have.
    #[must_use]
    pub fn inventory(&self) -> Inventory {
        self.settings.inventory.clone()
    }

    /// The devices, by the names given to [`device`](Self::device), that are to be left alone:
    /// an earlier call to one of them has not returned.
    #[must_use]
    pub const fn skipped(&self) -> &'a [String] {
        self.skipped
    }

    /// Names a device whose calls may hang.
    pub fn device(&self, name: &str) -> Device {
        self.probe.device(name)
    }

    /// Says which device the calls that follow go to.
    pub fn entering(&self, device: Device) {
        self.probe.entering(device);
    }
}

/// What an encoder is told about the branch it belongs to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LaneInfo {
    /// The receiver's id.
    pub receiver: Arc<str>,
    /// The pipeline's id.
    pub pipeline: Arc<str>,
    /// Time between two ticks.
    pub interval: Duration,
    /// What the collector says of itself and its host.
    pub resource: Arc<Resource>,
}
