// SPDX-License-Identifier: Apache-2.0
//! Where components hand in their counters, and where a scrape gets them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use opentelemetry::metrics::{Meter, MeterProvider, NoopMeterProvider};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::TextEncoder;
use tracecore_schema::{Attribute, AttributeValue, Role};

use super::guard::{self, Guard, Names};
use super::live::Live;
use super::{
    ExporterTelemetry, InitErrorReason, ProcessorTelemetry, ReceiverTelemetry, Status, StatusHost, families,
    instruments, openmetrics,
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
    enabled: bool,
    sdk: Option<Sdk>,
}

/// The counters of all components. Cheap to clone; all clones are one registry.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

impl Registry {
    /// A registry that shows what it is given. Failure to set it up is logged, and leaves one
    /// that shows nothing: self-telemetry never stops the collector (contract L4).
    #[must_use]
    pub fn new(build: &BuildInfo, pipeline_hash: &str, resource: &Resource) -> Self {
        let (live, names) = (Arc::new(Live::default()), Arc::new(Names::default()));
        let sdk = match Sdk::new(&live, &names, resource) {
            Ok(sdk) => Some(sdk),
            Err(why) => {
                tracing::error!("the collector's own metrics are off: {why}");
                None
            }
        };
        let registry = Self(Arc::new(Inner { live, names, enabled: true, sdk }));
        let labels = [
            ("command", build.command),
            ("version", build.version),
            ("revision", build.revision),
            ("pipeline_hash", pipeline_hash),
        ];
        if let Err(why) = registry.info("tracecore.build_info", "What was built, and from what.", &labels) {
            tracing::error!("`tracecore_build_info` is missing: {why}");
        }
        registry
    }

    /// A registry for a collector without telemetry: it takes everything and shows nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(Arc::new(Inner { live: Arc::default(), names: Arc::default(), enabled: false, sdk: None }))
    }

    /// Whether telemetry is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.enabled
    }

    /// Shows a receiver from now on.
    pub fn add_receiver(&self, receiver: &Arc<ReceiverTelemetry>) {
        self.0.live.receivers.push(receiver);
    }

    /// Shows an exporter from now on.
    pub fn add_exporter(&self, exporter: &Arc<ExporterTelemetry>) {
        self.0.live.exporters.push(exporter);
    }

    /// The counters of the exporter `id`, also after a shutdown: what was conserved can be told
    /// at rest.
    #[must_use]
    pub fn exporter(&self, id: &str) -> Option<Arc<ExporterTelemetry>> {
        self.0.live.exporters.load().iter().find(|exporter| &**exporter.id() == id).cloned()
    }

    /// Shows a processor from now on.
    pub fn add_processor(&self, processor: &Arc<ProcessorTelemetry>) {
        self.0.live.processors.push(processor);
    }

    /// A meter for instruments of a component's own, in the one scope of the collector: the
    /// component tells its series apart by a `component_id` attribute. A no-op one when
    /// telemetry is off or cannot be had, never none at all (contract X3, X4).
    #[must_use]
    pub fn meter(&self, role: Role, id: &Arc<str>) -> Meter {
        let planted = self.0.live.init_errors.planted();
        let refused = match (&self.0.sdk, planted) {
            _ if !self.0.enabled => return no_op(),
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

    /// What the component `id` reported last.
    #[must_use]
    pub fn status(&self, id: &str) -> Option<Status> {
        self.0.live.statuses.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    /// Everything, as a scrape shows it.
    ///
    /// # Errors
    ///
    /// Telemetry is off, or something panicked (which is counted).
    pub fn render(&self, format: Format) -> Result<Vec<u8>, RenderError> {
        let sdk = self.0.sdk.as_ref().ok_or(RenderError::Off)?;
        let rendered = catch_unwind(AssertUnwindSafe(|| {
            let families = sdk.prometheus.gather();
            match format {
                Format::OpenMetrics => Ok(openmetrics::encode(&families)),
                Format::Text => TextEncoder::new().encode_to_string(&families),
            }
        }));
        match rendered {
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

    /// Makes the registrations that follow fail, for tests of whoever depends on them.
    pub(crate) fn plant(&self, reason: Option<InitErrorReason>) {
        self.0.live.init_errors.plant(reason);
    }

    fn guard(&self, sdk: Meter, owner: Option<(Role, Arc<str>)>) -> Meter {
        let (live, names) = (Arc::clone(&self.0.live), Arc::clone(&self.0.names));
        Guard { sdk, live, names, owner }.into_meter()
    }
}

impl Sdk {
    fn new(live: &Arc<Live>, names: &Arc<Names>, resource: &Resource) -> Result<Self, String> {
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
        let latencies = families::Latencies::new(Arc::clone(live)).map_err(|why| why.to_string())?;
        prometheus.register(Box::new(latencies)).map_err(|why| why.to_string())?;
        let own = Guard {
            sdk: provider.meter(SCOPE),
            live: Arc::clone(live),
            names: Arc::clone(names),
            owner: None,
        };
        let meter = own.into_meter();
        instruments::register(&meter, live);
        Ok(Self { provider, meter, prometheus })
    }
}

impl StatusHost for Registry {
    fn component_status(&self, id: &str, status: Status) {
        let mut statuses = self.0.live.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        statuses.insert(id.to_owned(), status);
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("on", &self.0.enabled).finish_non_exhaustive()
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
