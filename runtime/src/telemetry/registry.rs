// SPDX-License-Identifier: Apache-2.0
//! Where components hand in their counters, and where a scrape gets them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::metrics::{Meter, MeterProvider, NoopMeterProvider};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::TextEncoder;
use tracecore_schema::telemetry::Level;
use tracecore_schema::{Attribute, AttributeValue, Role};

use super::declared::{self, BUILD_INFO, Metric};
use super::guard::{self, Guard, Names};
use super::live::Live;
use super::{
    Edge, ExporterTelemetry, InitErrorReason, MemoryTelemetry, ProcessorTelemetry, ReceiverTelemetry, Route,
    Status, StatusEvent, StatusHost, families, instruments, openmetrics, report_status, tree,
};
use crate::{BuildInfo, Resource};

/// The one instrumentation scope. Its name may never change: it is part of every series'
/// identity in OTLP.
const SCOPE: &str = "tracecore";

/// How a scrape is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format, version 0.0.4.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// Telemetry is off.
    Off,
    /// Something panicked. The next scrape may work.
    Panicked(String),
    /// The encoder refused a family.
    Encode(String),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("telemetry is off"),
            Self::Panicked(why) => write!(f, "a panic while gathering metrics: {why}"),
            Self::Encode(why) => write!(f, "metrics cannot be written: {why}"),
        }
    }
}

impl std::error::Error for RenderError {}

/// A label key that Prometheus would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLabel(pub String);

impl fmt::Display for BadLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no label key: letters, digits and `_`, not first a digit and not first `__`",
            self.0
        )
    }
}

impl std::error::Error for BadLabel {}

/// Why a listener stopped serving (contract D8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServeExit {
    /// The collector stopped.
    Shutdown,
    /// No connection could be accepted any more.
    Accept,
    /// It panicked.
    Panic,
}

impl ServeExit {
    /// All reasons, in the order of their counters.
    pub const ALL: [Self; 3] = [Self::Shutdown, Self::Accept, Self::Panic];

    /// The `reason` label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shutdown => "shutdown",
            Self::Accept => "accept",
            Self::Panic => "panic",
        }
    }
}

struct Sdk {
    provider: SdkMeterProvider,
    /// The collector's own door; its instruments go through the same guard as everybody's.
    meter: Meter,
    prometheus: prometheus::Registry,
}

struct Inner {
    live: Arc<Live>,
    names: Arc<Names>,
    /// With [`Level::None`] nothing is shown.
    level: Level,
    sdk: Option<Sdk>,
}

/// The counters of all components. Cheap to clone; all clones are one registry.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

impl Registry {
    /// A registry that shows what it is given. Failure to set it up is logged, and leaves one
    /// that shows nothing: self-telemetry never stops the collector (contract L4).
    #[must_use]
    pub fn new(build: &BuildInfo, pipeline_hash: &str, resource: &Resource, level: Level) -> Self {
        let (live, names) = (Arc::new(Live::default()), Arc::new(Names::default()));
        let sdk = match Sdk::new(&live, &names, resource, level) {
            Ok(sdk) => Some(sdk),
            Err(why) => {
                tracing::error!("the collector's own metrics are off: {why}");
                None
            }
        };
        let registry = Self(Arc::new(Inner { live, names, level, sdk }));
        let labels = [
            ("command", build.command),
            ("version", build.version),
            ("revision", build.revision),
            ("pipeline_hash", pipeline_hash),
        ];
        if level >= BUILD_INFO.level
            && let Err(why) = registry.info(BUILD_INFO.name, BUILD_INFO.help, &labels)
        {
            tracing::error!("`{}` is missing: {why}", BUILD_INFO.shown());
        }
        registry
    }

    /// A registry for a collector without telemetry: it takes everything and shows nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(Arc::new(Inner { live: Arc::default(), names: Arc::default(), level: Level::None, sdk: None }))
    }

    /// Whether telemetry is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.level > Level::None
    }

    /// How much is shown.
    #[must_use]
    pub fn level(&self) -> Level {
        self.0.level
    }

    /// Shows a receiver from now on.
    pub fn add_receiver(&self, receiver: &Arc<ReceiverTelemetry>) {
        self.0.live.receivers.push(receiver);
        self.0.live.derived.add_receiver(receiver);
    }

    /// Shows an exporter from now on. One that is there already, because two pipelines share
    /// it, is not counted twice (contract D3).
    pub fn add_exporter(&self, exporter: &Arc<ExporterTelemetry>) {
        self.0.live.exporters.update(|known| {
            if !known.iter().any(|one| Arc::ptr_eq(one, exporter)) {
                known.push(Arc::clone(exporter));
            }
        });
        self.0.live.derived.add_exporter(exporter);
    }

    /// The counters of the exporter `id`, also after a shutdown: what was conserved can be told
    /// at rest.
    #[must_use]
    pub fn exporter(&self, id: &str) -> Option<Arc<ExporterTelemetry>> {
        self.0.live.exporters.load().iter().find(|exporter| &**exporter.id() == id).cloned()
    }

    /// Where the memory guard writes what it does.
    pub(crate) fn memory(&self) -> Arc<MemoryTelemetry> {
        Arc::clone(&self.0.live.memory)
    }

    /// Shows a processor from now on.
    pub fn add_processor(&self, processor: &Arc<ProcessorTelemetry>) {
        self.0.live.processors.push(processor);
    }

    /// The edge of a pipeline between two components, shown from now on. Lanes share it.
    #[must_use]
    pub fn edge(&self, pipeline: &Arc<str>, from: &Arc<str>, to: &Arc<str>) -> Arc<Edge> {
        let wanted = Edge::new(Arc::clone(pipeline), Arc::clone(from), Arc::clone(to));
        let is_it = |edge: &&Arc<Edge>| (&edge.pipeline, &edge.from, &edge.to) == (pipeline, from, to);
        self.0.live.edges.update(|known| {
            if !known.iter().any(|edge| is_it(&edge)) {
                known.push(Arc::clone(&wanted));
            }
        });
        self.0.live.edges.load().iter().find(is_it).map_or(wanted, Arc::clone)
    }

    /// Takes samples for the metrics that look at a window of time. The supervisor calls it all
    /// the time, so that what they show does not depend on who scrapes and how often.
    pub fn sample(&self) {
        self.0.live.derived.sample();
    }

    /// Computes every derived metric and shows each value: its metric, its component or none
    /// for the whole, the number. Allocates nothing (contract D7).
    pub fn derived(&self, show: &mut dyn FnMut(&'static Metric, Option<&str>, f64)) {
        fn id(component: Option<&KeyValue>) -> Option<&str> {
            match &component?.value {
                Value::String(id) => Some(id.as_str()),
                _ => None,
            }
        }
        let derived = &self.0.live.derived;
        derived.failure_rates(&mut |of, rate| show(declared::EXPORTER_FAILURE_RATE, id(of), rate));
        derived.queue_depths(&mut |of, depth| show(declared::QUEUE_DEPTH, id(of), depth));
        derived
            .restarts_per_hour(&mut |of, count| show(declared::COMPONENT_RESTARTS_PER_HOUR, id(of), count));
    }

    /// A meter for instruments of a component's own, in the one scope of the collector: the
    /// component tells its series apart by a `component_id` attribute. A no-op one when
    /// telemetry is off or cannot be had, never none at all (contract X3, X4).
    #[must_use]
    pub fn meter(&self, role: Role, id: &Arc<str>) -> Meter {
        let planted = self.0.live.init_errors.planted();
        let refused = match (&self.0.sdk, planted) {
            _ if !self.is_on() => return no_op(),
            (_, Some(reason)) if reason != InitErrorReason::InstrumentRegister => {
                Some((reason, "a test asked for it"))
            }
            (None, _) => Some((InitErrorReason::NilProvider, "there is no meter provider")),
            (Some(_), _) => None,
        };
        if let Some((reason, why)) = refused {
            self.0.live.init_errors.add(role, id, reason, why);
            return no_op();
        }
        let Some(sdk) = &self.0.sdk else { return no_op() };
        self.guard(sdk.provider.meter(SCOPE), Some((role, Arc::clone(id))))
    }

    /// Shows a gauge that is always 1 and says something with its labels (contract D6).
    ///
    /// # Errors
    ///
    /// Prometheus would change a label's key.
    pub fn info(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
    ) -> Result<(), BadLabel> {
        let mut attributes = Vec::with_capacity(labels.len());
        for (key, value) in labels {
            let valid = !key.is_empty()
                && !key.starts_with("__")
                && !key.starts_with(|c: char| c.is_ascii_digit())
                && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !valid {
                return Err(BadLabel((*key).to_owned()));
            }
            attributes.push(KeyValue::new((*key).to_owned(), (*value).to_owned()));
        }
        if let Some(sdk) = &self.0.sdk {
            sdk.meter
                .u64_observable_gauge(name)
                .with_description(help)
                .with_callback(move |observer| observer.observe(1, &attributes))
                .build();
        }
        Ok(())
    }

    /// A listener stopped serving.
    pub fn serve_exit(&self, reason: ServeExit) {
        self.0.live.serve_exits[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The counter of panics in metric callbacks and handlers, for whoever catches one.
    #[must_use]
    pub fn panics(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0.live.scrape_panics)
    }

    /// What a component reported last.
    #[must_use]
    pub fn status(&self, role: Role, id: &str) -> Option<Status> {
        self.0.live.states.get(role, id).map(|state| state.status)
    }

    /// By what the component `id` reports its status from wherever it runs.
    #[must_use]
    pub fn reporter(&self, role: Role, id: &Arc<str>) -> Reporter {
        Reporter { registry: self.clone(), role, id: Arc::clone(id) }
    }

    /// What goes where, for [`status_tree`](Self::status_tree).
    pub fn add_route(&self, route: Route) {
        self.0.live.routes.push(&Arc::new(route));
    }

    /// The components of every pipeline with their states.
    #[must_use]
    pub fn status_tree(&self) -> serde_json::Map<String, serde_json::Value> {
        tree::tree(&self.0.live)
    }

    /// A component that has been in trouble for this long, if there is one.
    #[must_use]
    pub fn in_trouble_for(&self, long: Duration) -> Option<String> {
        self.0.live.states.in_trouble_for(long)
    }

    /// Says of every component in this role that it is in this state, unless it has ended.
    pub(crate) fn all_become(&self, role: Role, status: Status) {
        self.0.live.states.all_become(role, status);
    }

    /// Everything, as a scrape shows it.
    ///
    /// # Errors
    ///
    /// Telemetry is off, or something panicked (which is counted).
    pub fn render(&self, format: Format) -> Result<Vec<u8>, RenderError> {
        let sdk = self.0.sdk.as_ref().ok_or(RenderError::Off)?;
        let panics = || self.0.live.scrape_panics.load(Ordering::Relaxed);
        let before = panics();
        let rendered = catch_unwind(AssertUnwindSafe(|| {
            let families = sdk.prometheus.gather();
            match format {
                Format::OpenMetrics => Ok(openmetrics::encode(&families)),
                Format::Text => TextEncoder::new().encode_to_string(&families),
            }
        }));
        match rendered {
            // A page with values missing is not served as if it were whole.
            Ok(Ok(_)) if panics() != before => {
                Err(RenderError::Panicked("a metric callback; its metric is left out from now on".to_owned()))
            }
            Ok(Ok(text)) => Ok(text.into_bytes()),
            Ok(Err(why)) => Err(RenderError::Encode(why.to_string())),
            Err(panic) => {
                self.0.live.scrape_panics.fetch_add(1, Ordering::Relaxed);
                Err(RenderError::Panicked(guard::message(&*panic).to_owned()))
            }
        }
    }

    /// Flushes and stops the meter provider. A second time does nothing.
    ///
    /// # Errors
    ///
    /// What the SDK says; it is for the log (contract L3).
    pub fn shutdown(&self) -> Result<(), String> {
        use opentelemetry_sdk::error::OTelSdkError;
        match self.0.sdk.as_ref().map(|sdk| sdk.provider.shutdown()) {
            None | Some(Ok(()) | Err(OTelSdkError::AlreadyShutdown)) => Ok(()),
            Some(Err(why)) => Err(format!("the meter provider does not stop: {why}")),
        }
    }

    /// A registry that was to be on and has no SDK.
    pub(crate) fn without_provider() -> Self {
        let inner = Inner { live: Arc::default(), names: Arc::default(), level: Level::Normal, sdk: None };
        Self(Arc::new(inner))
    }

    /// What components had to do without: each reason with its count.
    #[must_use]
    pub fn init_errors(&self) -> Vec<(InitErrorReason, u64)> {
        let mut errors = Vec::new();
        self.0.live.init_errors.each(|_, _, reason, count| errors.push((reason, count)));
        errors
    }

    /// Makes the registrations that follow fail, for tests of whoever depends on them.
    pub(crate) fn plant(&self, reason: Option<InitErrorReason>) {
        self.0.live.init_errors.plant(reason);
    }

    /// Lets a test register an instrument as one of the collector's own.
    #[cfg(test)]
    pub(super) fn with_own_meter(&self, register: impl FnOnce(&Meter, &Arc<Live>)) {
        if let Some(sdk) = &self.0.sdk {
            register(&sdk.meter, &self.0.live);
        }
    }

    fn guard(&self, sdk: Meter, owner: Option<(Role, Arc<str>)>) -> Meter {
        let (live, names) = (Arc::clone(&self.0.live), Arc::clone(&self.0.names));
        Guard { sdk, live, names, owner }.into_meter()
    }
}

impl Sdk {
    fn new(live: &Arc<Live>, names: &Arc<Names>, resource: &Resource, level: Level) -> Result<Self, String> {
        let prometheus = prometheus::Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(prometheus.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|why| why.to_string())?;
        let attributes = resource.attributes().iter().map(key_value);
        let provider = SdkMeterProvider::builder()
            .with_reader(exporter)
            .with_resource(opentelemetry_sdk::Resource::builder_empty().with_attributes(attributes).build())
            .build();
        if level >= declared::RECEIVER_LATENCY.level {
            let latencies = families::Latencies::new(Arc::clone(live)).map_err(|why| why.to_string())?;
            prometheus.register(Box::new(latencies)).map_err(|why| why.to_string())?;
        }
        let own = Guard {
            sdk: provider.meter(SCOPE),
            live: Arc::clone(live),
            names: Arc::clone(names),
            owner: None,
        };
        let meter = own.into_meter();
        instruments::register(&meter, live, level);
        Ok(Self { provider, meter, prometheus })
    }
}

impl StatusHost for Registry {
    fn component_status(&self, event: &StatusEvent<'_>) {
        self.0.live.states.report(event);
    }
}

/// Reports the status of one component.
#[derive(Clone, Debug)]
pub struct Reporter {
    registry: Registry,
    role: Role,
    id: Arc<str>,
}

impl Reporter {
    /// The component is in this state, because of this.
    #[cold]
    pub fn report(&self, status: Status, reason: &str) {
        let event = StatusEvent::new(self.role, &self.id, status).because(reason);
        report_status(&self.registry, &event);
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("level", &self.0.level).finish_non_exhaustive()
    }
}

fn no_op() -> Meter {
    NoopMeterProvider::new().meter(SCOPE)
}

fn key_value(attribute: &Attribute) -> KeyValue {
    let value = match &attribute.value {
        AttributeValue::Text(text) => Value::from(text.clone()),
        AttributeValue::Int(number) => Value::from(*number),
        AttributeValue::Double(number) => Value::from(*number),
        AttributeValue::Bool(flag) => Value::from(*flag),
    };
    KeyValue::new(attribute.key.clone(), value)
}
