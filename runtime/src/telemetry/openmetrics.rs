// SPDX-License-Identifier: Apache-2.0
//! The OpenMetrics 1.0 form of what the Prometheus registry gathers (contract H5); the
//! `prometheus` crate writes the older text format alone.
//!
//! It differs in what matters to a parser: a counter's family goes without `_total`, a family
//! that ends in `_info` is an info, quotes in help texts are escaped, bounds are written as
//! floats, and the end is marked.

use std::fmt::Write as _;

use prometheus::proto::{LabelPair, MetricFamily, MetricType};

/// Units that a family's name may end in.
const UNITS: [&str; 3] = ["seconds", "bytes", "ratio"];

pub(super) fn encode(families: &[MetricFamily]) -> String {
    let mut out = String::with_capacity(16 * 1024);
    for family in families {
        encode_family(&mut out, family);
    }
    out.push_str("# EOF\n");
    out
}

fn encode_family(out: &mut String, family: &MetricFamily) {
    let name = family.name();
    let (kind, base, suffix) = match family.get_field_type() {
        MetricType::COUNTER => ("counter", name.strip_suffix("_total").unwrap_or(name), "_total"),
        MetricType::HISTOGRAM => ("histogram", name, ""),
        MetricType::GAUGE => match name.strip_suffix("_info") {
            Some(base) => ("info", base, "_info"),
            None => ("gauge", name, ""),
        },
        // Nothing registers these: neither the SDK's exporter nor we have them.
        MetricType::SUMMARY | MetricType::UNTYPED => return,
    };
    push(out, &["# TYPE ", base, " ", kind, "\n"]);
    if let Some(unit) = UNITS.iter().find(|unit| base.ends_with(&format!("_{unit}"))) {
        push(out, &["# UNIT ", base, " ", unit, "\n"]);
    }
    if !family.help().is_empty() {
        push(out, &["# HELP ", base, " "]);
        escape(out, family.help());
        out.push('\n');
    }
    for metric in family.get_metric() {
        let labels = metric.get_label();
        match kind {
            "counter" => sample(out, &[base, suffix], labels, None, metric.get_counter().get_value()),
            "histogram" => {
                let histogram = metric.get_histogram();
                for bucket in histogram.get_bucket() {
                    // `{:?}` writes 10 as `10.0`, the canonical form of a bound.
                    let bound = format!("{:?}", bucket.upper_bound());
                    let below = bucket.cumulative_count() as f64;
                    sample(out, &[base, "_bucket"], labels, Some(&bound), below);
                }
                let count = histogram.get_sample_count() as f64;
                sample(out, &[base, "_bucket"], labels, Some("+Inf"), count);
                sample(out, &[base, "_count"], labels, None, count);
                sample(out, &[base, "_sum"], labels, None, histogram.get_sample_sum());
            }
            _ => sample(out, &[base, suffix], labels, None, metric.get_gauge().get_value()),
        }
    }
}

fn sample(out: &mut String, name: &[&str], labels: &[LabelPair], bound: Option<&str>, value: f64) {
    push(out, name);
    let pairs = labels.iter().map(|pair| (pair.name(), pair.value())).chain(bound.map(|bound| ("le", bound)));
    let mut before = "{";
    for (key, value) in pairs {
        push(out, &[before, key, "=\""]);
        escape(out, value);
        out.push('"');
        before = ",";
    }
    if before == "," {
        out.push('}');
    }
    // Writing to a string does not fail.
    let _ = match value {
        value if value.is_nan() => writeln!(out, " NaN"),
        value if value.is_infinite() => writeln!(out, " {}Inf", if value > 0.0 { '+' } else { '-' }),
        value => writeln!(out, " {value}"),
    };
}

fn push(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}
