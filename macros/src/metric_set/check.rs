// SPDX-License-Identifier: Apache-2.0
//! What is wrong with metrics: their names, units and attribute keys, each by OpenTelemetry's
//! conventions, and names that are taken.

use syn::LitStr;

use super::Metric;
use crate::report::Report;
use crate::suggest::nearest;
use crate::words::UNITS;

/// How people write units that have another name in UCUM.
const USUAL_NAMES: &[(&str, &[&str])] = &[
    ("By", &["b", "byte", "bytes"]),
    ("KiBy", &["kib", "kibibytes"]),
    ("MiBy", &["mib", "mebibytes"]),
    ("GiBy", &["gib", "gibibytes"]),
    ("bit", &["bits"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    ("ms", &["msec", "millis", "millisecond", "milliseconds"]),
    ("us", &["µs", "micros", "microsecond", "microseconds"]),
    ("ns", &["nanos", "nanosecond", "nanoseconds"]),
    ("min", &["minute", "minutes"]),
    ("h", &["hour", "hours"]),
    ("d", &["day", "days"]),
    ("%", &["percent", "percentage"]),
    ("1", &["", "ratio", "fraction", "none", "unit"]),
    ("Hz", &["hertz"]),
    ("W", &["watt", "watts"]),
    ("J", &["joule", "joules"]),
    ("Cel", &["c", "°c", "celsius", "degc"]),
    ("V", &["volt", "volts"]),
    ("A", &["ampere", "amperes", "amp", "amps"]),
    ("By/s", &["bps", "b/s", "bytes/s", "bytes/sec"]),
];

/// Checks them one by one and against each other.
pub(super) fn metrics(metrics: &[Metric], report: &mut Report) {
    for (index, metric) in metrics.iter().enumerate() {
        if metric.help.is_empty() {
            let message = format!("the metric `{}` has no doc comment: it is the help text", metric.ident);
            report.at(&metric.ident, message);
        }
        if let Some(name) = &metric.name {
            self::name(name, &metrics[..index], report);
        }
        if let Some(unit) = &metric.unit {
            self::unit(unit, report);
        }
        attributes(&metric.attributes, report);
    }
}

fn name(literal: &LitStr, before: &[Metric], report: &mut Report) {
    let name = literal.value();
    if !is_dotted(&name) || !name.contains('.') {
        report.at(
            literal,
            format!("`{name}` is no metric name by OpenTelemetry's conventions: lower-case words joined by dots, a namespace first, such as `hw.gpu.utilization`{}", instead(&name)),
        );
        return;
    }
    let same = before.iter().find(|other| other.name.as_ref().is_some_and(|n| n.value() == name));
    if let Some(other) = same {
        report.at(literal, format!("the metric name `{name}` is taken by the field `{}`", other.ident));
    }
}

/// "; such as .." for a name that only needs its spelling changed.
fn instead(name: &str) -> String {
    let fixed = name.to_ascii_lowercase().replace(['-', ' ', '/', ':'], "_");
    if fixed != name && is_dotted(&fixed) && fixed.contains('.') {
        format!("; did you mean `{fixed}`?")
    } else {
        String::new()
    }
}

/// Words of lower-case letters, digits and `_`, joined by dots; the first begins with a letter.
fn is_dotted(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('.').all(|word| {
            word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        })
}

fn unit(literal: &LitStr, report: &mut Report) {
    let unit = literal.value();
    if is_unit(&unit) || unit.split_once('/').is_some_and(|(over, under)| is_unit(over) && is_unit(under)) {
        return;
    }
    let folded = unit.to_lowercase();
    let usual = USUAL_NAMES.iter().find(|(_, names)| names.contains(&folded.as_str())).map(|(unit, _)| *unit);
    let near = match usual.or_else(|| nearest(&unit, UNITS.iter().copied())) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    report.at(
        literal,
        format!(
            "`{unit}` is no unit{near}\naccepted: {}, an annotation such as `{{packet}}`, and one over another such as `By/s`",
            UNITS.join(", ")
        ),
    );
}

/// A unit of the list, or an annotation: `{packet}`.
fn is_unit(text: &str) -> bool {
    UNITS.contains(&text)
        || text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).is_some_and(|words| {
            !words.is_empty() && words.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '{' | '}'))
        })
}

fn attributes(keys: &[LitStr], report: &mut Report) {
    for (index, literal) in keys.iter().enumerate() {
        let key = literal.value();
        if !is_dotted(&key) {
            let message = format!(
                "`{key}` is no attribute key by OpenTelemetry's conventions: lower-case words joined by dots, such as `hw.id`"
            );
            report.at(literal, message);
        } else if keys[..index].iter().any(|other| other.value() == key) {
            report.at(literal, format!("the attribute key `{key}` is listed twice"));
        }
    }
}
