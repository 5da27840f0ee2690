// SPDX-License-Identifier: Apache-2.0
//! Looks at each series as it begins, and at each log record.

use std::fmt::Write as _;

use tracecore_runtime::signal::{LogValue, Record, RecordDraft, SeriesDraft};
use tracecore_runtime::{Admission, Failure, Logs, Metrics, Processes, Processor, Severity, processor};
use tracecore_schema::{Glob, Pattern};

use super::{AttributeMatch, Config, Level};

/// Keeps some series and records and drops the others.
#[processor(config = Config)]
#[derive(Debug)]
pub struct Filter {
    config: Config,
    /// The value of an attribute that is no text, as it is shown; kept, so that no record
    /// allocates.
    shown: String,
}

impl Processor for Filter {
    fn open(config: &Config) -> Result<Self, Failure<Self>> {
        Ok(Self { config: config.clone(), shown: String::new() })
    }
}

impl Processes<Metrics> for Filter {
    fn admit(&mut self, series: &mut SeriesDraft) -> Admission {
        let Config { include, exclude, include_attributes, exclude_attributes, .. } = &self.config;
        let name = series.descriptor().name;
        let included = (include.is_empty() || any(include, name)) && wanted(include_attributes, series);
        let excluded = any(exclude, name) || has_any(exclude_attributes, series);
        admission(included && !excluded)
    }
}

impl Processes<Logs> for Filter {
    fn admit(&mut self, draft: &mut RecordDraft<'_>) -> Admission {
        let Self { config, shown } = self;
        let record = draft.record();
        let event = record.event_name();
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(event));
        let mild = config.min_severity.is_some_and(|least| {
            record.severity() != Severity::UNSPECIFIED && record.severity() < severity(least)
        });
        let mut has_any = |matches: &[AttributeMatch]| {
            let mut about = matches.iter().filter(|one| one.metrics.is_empty());
            about.any(|one| (one.events.is_empty() || fits(&one.events)) && has(one, record, shown))
        };
        let attributes = &config.include_attributes;
        let included = (config.include_events.is_empty() || fits(&config.include_events))
            && (attributes.iter().all(|one| !one.metrics.is_empty()) || has_any(attributes));
        let excluded = mild || fits(&config.exclude_events) || has_any(&config.exclude_attributes);
        admission(included && !excluded)
    }
}

const fn admission(passes: bool) -> Admission {
    if passes { Admission::Keep } else { Admission::Drop }
}

const fn severity(level: Level) -> Severity {
    match level {
        Level::Trace => Severity::TRACE,
        Level::Debug => Severity::DEBUG,
        Level::Info => Severity::INFO,
        Level::Warn => Severity::WARN,
        Level::Error => Severity::ERROR,
        Level::Fatal => Severity::FATAL,
    }
}

fn any(patterns: &[Glob], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name))
}

/// Whether a series has one of those that are to be included, if any of them is about series.
fn wanted(matches: &[AttributeMatch], series: &SeriesDraft) -> bool {
    matches.iter().all(|one| !one.events.is_empty()) || has_any(matches, series)
}

fn has_any(matches: &[AttributeMatch], series: &SeriesDraft) -> bool {
    matches.iter().filter(|wanted| wanted.events.is_empty()).any(|wanted| {
        (wanted.metrics.is_empty() || any(&wanted.metrics, series.descriptor().name))
            && series.get(&wanted.key).is_some_and(|value| wanted.value.matches(&value.to_string()))
    })
}

fn has(wanted: &AttributeMatch, record: Record<'_>, shown: &mut String) -> bool {
    match record.attribute(&wanted.key) {
        None => false,
        Some(LogValue::Text(text)) => wanted.value.matches(text),
        Some(value) => {
            shown.clear();
            // Writing to a `String` cannot fail.
            let _ = write!(shown, "{value}");
            wanted.value.matches(shown)
        }
    }
}
