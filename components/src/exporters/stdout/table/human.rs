// SPDX-License-Identifier: Apache-2.0
//! Numbers with units as a person reads them: `61.2 GiB`, `87.0 %`, `1980 MHz`.

use tracecore_schema::{Descriptor, Instrument, NumberKind};

/// The number of a point of the metric.
#[allow(clippy::cast_precision_loss, reason = "a person reads four digits of it")]
pub(super) fn number(kind: NumberKind, bits: u64) -> f64 {
    match kind {
        NumberKind::F64 => f64::from_bits(bits),
        NumberKind::U64 => bits as f64,
        NumberKind::I64 => bits.cast_signed() as f64,
    }
}

/// The value with its unit.
pub(super) fn show(metric: &Descriptor, value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let (unit, per) = metric.unit.split_once('/').map_or((metric.unit, ""), |(unit, per)| (unit, per));
    let mut text = match unit {
        "1" if metric.instrument == Instrument::Gauge && per.is_empty() => format!("{:.1} %", value * 100.0),
        "%" => format!("{value:.1} %"),
        "By" => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
        "s" if per.is_empty() => duration(value),
        "Cel" => format!("{value:.0} °C"),
        "W" => scaled(value, 10_000.0, &["W"]),
        "J" => scaled(value, 1000.0, &["J", "kJ", "MJ", "GJ", "TJ"]),
        // Clocks are told in MHz.
        "Hz" if value >= 1e6 => format!("{:.0} MHz", value / 1e6),
        "" | "1" => count(value),
        unit if unit.contains(['{', '}']) => count(value),
        unit => format!("{} {unit}", count(value)),
    };
    if !per.is_empty() && !per.contains(['{', '}']) {
        text.push('/');
        text.push_str(per);
    }
    text
}

/// In the largest unit that leaves a number of at least 1.
fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let (mut value, mut at) = (value, 0);
    while value.abs() >= step && at + 1 < units.len() {
        value /= step;
        at += 1;
    }
    let digits = usize::from(at > 0);
    format!("{value:.digits$} {}", units[at])
}

/// Whole numbers up to a million as they are, larger ones shortened, others with two digits.
fn count(value: f64) -> String {
    if value.abs() >= 1e6 {
        let text = scaled(value, 1000.0, &["", "k", "M", "G", "T", "P", "E"]);
        return text.replace(' ', "");
    }
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn duration(seconds: f64) -> String {
    let whole = |unit: f64| (seconds / unit).floor();
    let rest = |unit: f64, part: f64| (seconds % unit / part).floor();
    match seconds {
        s if s < 0.0 => format!("{s:.1} s"),
        0.0 => "0 s".to_owned(),
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{} m {:02} s", whole(60.0), rest(60.0, 1.0)),
        s if s < 86_400.0 => format!("{} h {:02} m", whole(3600.0), rest(3600.0, 60.0)),
        _ => format!("{} d {:02} h", whole(86_400.0), rest(86_400.0, 3600.0)),
    }
}

#[cfg(test)]
mod tests {
    use tracecore_schema::{Descriptor, Instrument, NumberKind};

    use super::show;

    #[test]
    fn values_are_as_a_person_writes_them() {
        for (unit, value, text) in [
            ("1", 0.873, "87.3 %"),
            ("%", 12.0, "12.0 %"),
            ("By", 512.0, "512 B"),
            ("By", 65_712_226_304.0, "61.2 GiB"),
            ("By/s", 3_500_000.0, "3.3 MiB/s"),
            ("W", 512.4, "512 W"),
            ("J", 1_234_567.0, "1.2 MJ"),
            ("Cel", 63.7, "64 °C"),
            ("Hz", 1_980_000_000.0, "1980 MHz"),
            ("Hz", 50.0, "50 Hz"),
            ("s", 0.000_25, "250 µs"),
            ("s", 0.25, "250 ms"),
            ("s", 12.34, "12.3 s"),
            ("s", 125.0, "2 m 05 s"),
            ("s", 3_725.0, "1 h 02 m"),
            ("s", 273_600.0, "3 d 04 h"),
            ("{process}", 1234.0, "1234"),
            ("{packet}", 12_345_678.0, "12.3M"),
            ("{operation}/s", 2.5, "2.50/s"),
            ("V", 0.85, "0.85 V"),
            ("", 0.5, "0.50"),
            ("", f64::NAN, "NaN"),
            ("", f64::INFINITY, "inf"),
        ] {
            let metric = Descriptor {
                name: "m",
                unit,
                description: "",
                instrument: Instrument::Gauge,
                number: NumberKind::F64,
                attributes: &[],
                spellings: &[],
            };
            assert_eq!(show(&metric, value), text, "{value} in {unit}");
        }
    }
}
