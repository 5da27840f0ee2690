// SPDX-License-Identifier: Apache-2.0
//! The one door through which instruments are registered, the collector's own included.
//!
//! It keeps three promises that the SDK does not: a callback that panics is caught and counted
//! (the SDK's exporter falls silent for good after one), a bad or taken name is reported
//! instead of ignored (contract X3), and nobody can write into the collector's own metrics.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::metrics::{
    AsyncInstrumentBuilder, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder,
    InstrumentProvider, Meter, MeterProvider, NoopMeterProvider, ObservableCounter, ObservableGauge,
    ObservableUpDownCounter, UpDownCounter,
};
use tracecore_schema::Role;

use super::InitErrorReason;
use super::live::Live;

/// Calls `f` unless it has panicked before; a panic is logged and counted, and costs the scrape
/// that met it (contract H8). It is not called again: the next scrape works, without its values.
pub(super) fn guarded(live: &Live, panicked: &AtomicBool, f: impl FnOnce()) {
    if panicked.load(Ordering::Relaxed) {
        return;
    }
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
        panicked.store(true, Ordering::Relaxed);
        live.scrape_panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            "a metric callback panicked; it is not called again, its values are missing: {}",
            message(&*panic)
        );
    }
}

/// What a panic said.
pub(super) fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it did not say why")
}

/// An instrument as the scrape will show it.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    kind: &'static str,
    unit: String,
    ours: bool,
}

/// Every instrument there is, by the name that a scrape derives from its name.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashMap<String, Known>>);

impl Names {
    /// Takes a name, or says why it cannot be had.
    fn take(&self, name: &str, unit: &str, kind: &'static str, ours: bool) -> Result<(), String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(fits) || name.len() > 255
        {
            return Err(format!(
                "`{name}` is no instrument name: it starts with a letter and has at most 255 letters, \
                 digits, `_`, `.`, `-` and `/`"
            ));
        }
        if unit.len() > 63 || !unit.is_ascii() {
            return Err(format!("`{unit}`, the unit of `{name}`, is not ASCII or longer than 63 bytes"));
        }
        let shown = name.replace(['.', '-', '/'], "_");
        let wanted = Known { kind, unit: unit.to_owned(), ours };
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match names.get(&shown) {
            None => {
                names.insert(shown, wanted);
                Ok(())
            }
            Some(known) if *known == wanted => Ok(()),
            Some(known) if known.ours != ours => Err(format!("`{name}` belongs to the collector itself")),
            Some(known) => Err(format!(
                "`{name}` is a {kind} in `{unit}` here and a {} in `{}` elsewhere",
                known.kind, known.unit
            )),
        }
    }
}

/// Registers instruments for one component, or for the collector itself.
pub(super) struct Guard {
    pub(super) sdk: Meter,
    pub(super) live: Arc<Live>,
    pub(super) names: Arc<Names>,
    /// `None` for the collector itself.
    pub(super) owner: Option<(Role, Arc<str>)>,
}

impl Guard {
    pub(super) fn into_meter(self) -> Meter {
        Meter::new(Arc::new(self))
    }

    /// The meter that an instrument is made by: a no-op one if the instrument cannot be.
    fn meter(&self, name: &str, unit: Option<&str>, kind: &'static str) -> Meter {
        let taken = match self.live.init_errors.planted() {
            Some(InitErrorReason::InstrumentRegister) if self.owner.is_some() => {
                Err(format!("`{name}` was refused by a test"))
            }
            _ => self.names.take(name, unit.unwrap_or_default(), kind, self.owner.is_none()),
        };
        match (taken, &self.owner) {
            (Ok(()), _) => return self.sdk.clone(),
            (Err(cause), Some((role, id))) => {
                self.live.init_errors.add(*role, id, InitErrorReason::InstrumentRegister, &cause);
            }
            (Err(cause), None) => tracing::error!("a metric of the collector is missing: {cause}"),
        }
        NoopMeterProvider::new().meter("")
    }
}

macro_rules! forward {
    (sync: $($method:ident -> $instrument:ty, $kind:literal;)*) => {$(
        fn $method(&self, builder: InstrumentBuilder<'_, $instrument>) -> $instrument {
            let meter = self.meter(&builder.name, builder.unit.as_deref(), $kind);
            let mut own = meter.$method(builder.name);
            own.description = builder.description;
            own.unit = builder.unit;
            own.build()
        }
    )*};
    (histogram: $($method:ident -> $instrument:ty;)*) => {$(
        fn $method(&self, builder: HistogramBuilder<'_, $instrument>) -> $instrument {
            let meter = self.meter(&builder.name, builder.unit.as_deref(), "histogram");
            let mut own = meter.$method(builder.name);
            own.description = builder.description;
            own.unit = builder.unit;
            own.boundaries = builder.boundaries;
            own.build()
        }
    )*};
    (observed: $($method:ident -> $instrument:ty, $number:ty, $kind:literal;)*) => {$(
        fn $method(&self, builder: AsyncInstrumentBuilder<'_, $instrument, $number>) -> $instrument {
            let meter = self.meter(&builder.name, builder.unit.as_deref(), $kind);
            let mut own = meter.$method(builder.name);
            own.description = builder.description;
            own.unit = builder.unit;
            for callback in builder.callbacks {
                let live = Arc::clone(&self.live);
                let panicked = AtomicBool::new(false);
                own = own.with_callback(move |observer| guarded(&live, &panicked, || callback(observer)));
            }
            own.build()
        }
    )*};
}

impl InstrumentProvider for Guard {
    forward! { sync:
        u64_counter -> Counter<u64>, "counter";
        f64_counter -> Counter<f64>, "counter";
        i64_up_down_counter -> UpDownCounter<i64>, "up-down counter";
        f64_up_down_counter -> UpDownCounter<f64>, "up-down counter";
        u64_gauge -> Gauge<u64>, "gauge";
        i64_gauge -> Gauge<i64>, "gauge";
        f64_gauge -> Gauge<f64>, "gauge";
    }
    forward! { histogram:
        f64_histogram -> Histogram<f64>;
        u64_histogram -> Histogram<u64>;
    }
    forward! { observed:
        u64_observable_counter -> ObservableCounter<u64>, u64, "counter";
        f64_observable_counter -> ObservableCounter<f64>, f64, "counter";
        i64_observable_up_down_counter -> ObservableUpDownCounter<i64>, i64, "up-down counter";
        f64_observable_up_down_counter -> ObservableUpDownCounter<f64>, f64, "up-down counter";
        u64_observable_gauge -> ObservableGauge<u64>, u64, "gauge";
        i64_observable_gauge -> ObservableGauge<i64>, i64, "gauge";
        f64_observable_gauge -> ObservableGauge<f64>, f64, "gauge";
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::Names;

    #[test]
    fn x3_a_name_is_refused_with_the_reason() {
        let names = Names::default();
        let take = |name: &str, unit, kind, ours| names.take(name, unit, kind, ours);
        take("tracecore.receiver.errors", "", "counter", true).unwrap();
        take("a.b", "s", "gauge", false).unwrap();
        take("a.b", "s", "gauge", false).unwrap();
        let refused = |name: &str, unit, kind| take(name, unit, kind, false).unwrap_err();
        assert!(refused("tracecore.receiver.errors", "", "counter").contains("belongs to the collector"));
        assert_eq!(
            refused("a_b", "s", "counter"),
            "`a_b` is a counter in `s` here and a gauge in `s` elsewhere",
            "both would be shown as `a_b`"
        );
        assert!(refused("1a", "", "gauge").contains("starts with a letter"));
        assert!(refused("ü", "", "gauge").contains("no instrument name"));
        assert!(refused("a.c", "µs", "gauge").contains("not ASCII"));
    }
}
