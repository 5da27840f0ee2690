// SPDX-License-Identifier: Apache-2.0
//! OpenTelemetry names as Prometheus names, by the rules of the OpenTelemetry Collector:
//! `hw.gpu.io` in `By/s` is `hw_gpu_io_bytes_per_second`.

use tracecore_schema::{Descriptor, Instrument};

/// What a metric is called on the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The family in OpenMetrics: without a counter's `_total`.
    pub(super) family: String,
    /// Its samples in both formats, and the family in the text format.
    pub(super) sample: String,
    /// What OpenMetrics calls the unit, if the family's name ends with it.
    pub(super) unit: Option<String>,
}

const UNITS: [(&str, &str); 26] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("1", ""),
    ("%", "percent"),
];

const PER: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// The metric's name, or `None` if nothing of it is left.
pub(super) fn translate(metric: &Descriptor) -> Option<Name> {
    let mut tokens: Vec<&str> = tokens(metric.name).collect();
    let mut unit = unit(metric.unit);
    if metric.instrument == Instrument::Gauge && metric.unit == "1" {
        tokens.retain(|token| *token != "ratio");
        unit.push("ratio".to_owned());
    }
    let counter = metric.instrument == Instrument::Counter;
    if counter {
        tokens.retain(|token| *token != "total");
    }
    let suffixes = unit.iter().map(String::as_str).filter(|part| !tokens.contains(part));
    let parts: Vec<&str> = tokens.iter().copied().chain(suffixes).collect();
    let mut family = parts.join("_");
    if family.starts_with(|c: char| c.is_ascii_digit()) {
        family.insert(0, '_');
    }
    if family.is_empty() {
        return None;
    }
    let sample = if counter { format!("{family}_total") } else { family.clone() };
    let unit = unit.join("_");
    let ends_with_unit = family.strip_suffix(unit.as_str()).is_some_and(|name| name.ends_with('_'));
    Some(Name { family, sample, unit: (ends_with_unit && !unit.is_empty()).then_some(unit) })
}

/// The parts of a text that Prometheus accepts in a name. Underscores separate as well, so that
/// two in a row become one.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').filter(|token| !token.is_empty())
}

/// `By/s` is `bytes`, `per_second`. What stands in braces is a remark, not a unit.
fn unit(unit: &str) -> Vec<String> {
    let known = |table: &[(&str, &'static str)], unit: &str| {
        let unit = unit.trim();
        if unit.contains(['{', '}']) {
            return String::new();
        }
        match table.iter().find(|(name, _)| *name == unit) {
            Some((_, word)) => (*word).to_owned(),
            None => tokens(unit).collect::<Vec<_>>().join("_"),
        }
    };
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let mut parts = vec![known(&UNITS, main)];
    match known(&PER, per) {
        per if per.is_empty() => {}
        per => parts.push(format!("per_{per}")),
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use tracecore_schema::{Descriptor, Instrument, NumberKind};

    use super::translate;
    use Instrument::{Counter, Gauge, UpDownCounter};

    fn metric(name: &'static str, unit: &'static str, instrument: Instrument) -> Descriptor {
        let number = NumberKind::F64;
        Descriptor { name, unit, description: "", instrument, number, attributes: &[], spellings: &[] }
    }

    #[test]
    fn names_are_those_of_the_collector() {
        for (name, unit, instrument, sample) in [
            ("hw.gpu.utilization", "1", Gauge, "hw_gpu_utilization_ratio"),
            ("hw.fan.speed_ratio", "1", Gauge, "hw_fan_speed_ratio"),
            ("system.processes.limit", "1", UpDownCounter, "system_processes_limit"),
            ("hw.energy", "J", Counter, "hw_energy_joules_total"),
            ("hw.temperature", "Cel", Gauge, "hw_temperature_celsius"),
            ("system.network.io", "By", Counter, "system_network_io_bytes_total"),
            ("hw.gpu.io", "By/s", Gauge, "hw_gpu_io_bytes_per_second"),
            ("hw.gpu.io.bytes", "By/s", Gauge, "hw_gpu_io_bytes_per_second"),
            ("system.disk.operations", "{operation}", Counter, "system_disk_operations_total"),
            ("requests", "{request}/s", Gauge, "requests_per_second"),
            ("requests", "1/s", Gauge, "requests_per_second"),
            ("flow", "km/h", Gauge, "flow_km_per_hour"),
            ("odd", "m/fortnight", Gauge, "odd_meters_per_fortnight"),
            ("tracecore.clock.ticks", "{tick}", Counter, "tracecore_clock_ticks_total"),
            ("total.things", "1", Counter, "things_total"),
            ("a__b..c", "", Gauge, "a_b_c"),
            ("2nd.place", "", Gauge, "_2nd_place"),
            ("wörter", "", Gauge, "w_rter"),
            ("a:b", "%", Gauge, "a:b_percent"),
        ] {
            assert_eq!(
                translate(&metric(name, unit, instrument)).unwrap().sample,
                sample,
                "{name} in {unit}"
            );
        }
        assert_eq!(translate(&metric("…", "", Gauge)), None);
        assert_eq!(translate(&metric("total", "", Counter)), None);
    }

    #[test]
    fn openmetrics_has_families_without_total_and_units_that_end_their_name() {
        let name = translate(&metric("system.network.io", "By", Counter)).unwrap();
        assert_eq!((name.family.as_str(), name.unit.as_deref()), ("system_network_io_bytes", Some("bytes")));
        let name = translate(&metric("hw.gpu.io", "By/s", Gauge)).unwrap();
        assert_eq!(name.unit.as_deref(), Some("bytes_per_second"));
        let name = translate(&metric("bytes.sent", "By", Gauge)).unwrap();
        assert_eq!((name.family.as_str(), name.unit), ("bytes_sent", None));
        let name = translate(&metric("bytes.total", "By", Counter)).unwrap();
        assert_eq!((name.family.as_str(), name.unit), ("bytes", None), "nothing would be left");
        let name = translate(&metric("sent.bytes.total", "By", Counter)).unwrap();
        assert_eq!((name.sample.as_str(), name.unit.as_deref()), ("sent_bytes_total", Some("bytes")));
    }
}
