// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use tracecore_schema::{ConfigValue, Glob, Pattern};

/// Keeps some series and drops the others, by metric name and by attribute; keeps some log
/// records and drops the others, by severity, by event name and by attribute.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(processor = "filter", signals(metrics, logs), rust = Filter)]
#[config(rule(selects(
    include,
    exclude,
    include_attributes,
    exclude_attributes,
    min_severity,
    include_events,
    exclude_events
)))]
#[config(no_metrics = only_records(include, exclude, include_attributes, exclude_attributes))]
#[config(no_logs = only_series(
    min_severity,
    include_events,
    exclude_events,
    include_attributes,
    exclude_attributes
))]
pub struct Config {
    /// Metrics that pass, by name or pattern (`hw.gpu.*`). All, unless some are listed.
    #[config(fixed, default)]
    pub include: Vec<Glob>,
    /// Metrics that end here, whatever `include` says.
    #[config(fixed, default)]
    pub exclude: Vec<Glob>,
    /// Series and records pass that have one of these attributes. All, unless some are listed.
    #[config(fixed, default)]
    pub include_attributes: Vec<AttributeMatch>,
    /// Series and records end here that have one of these attributes, whatever
    /// `include_attributes` says.
    #[config(fixed, default)]
    pub exclude_attributes: Vec<AttributeMatch>,
    /// Log records pass that are at least as bad as this; those that do not say how bad they
    /// are pass too.
    #[config(fixed)]
    pub min_severity: Option<Level>,
    /// Log records pass whose event has one of these names, or fits one of these patterns
    /// (`gpu.*`). All, unless some are listed.
    #[config(fixed, default)]
    pub include_events: Vec<Pattern>,
    /// Log records end here whose event fits one of these, whatever `include_events` says.
    #[config(fixed, default)]
    pub exclude_events: Vec<Pattern>,
}

/// An attribute that a series or a record may have.
#[derive(Clone, Debug, tracecore_schema::Config)]
pub struct AttributeMatch {
    /// The key, in full: `network.interface.name`.
    #[config(fixed)]
    pub key: String,
    /// The value, or a pattern for it: `veth*`.
    #[config(fixed)]
    pub value: Pattern,
    /// Metrics that this is about, by name or pattern. All metrics and all records, unless some
    /// are listed; then no record.
    #[config(fixed, default)]
    pub metrics: Vec<Glob>,
    /// Events that this is about, by name or pattern. All records and all metrics, unless some
    /// are listed; then no metric.
    #[config(fixed, default)]
    pub events: Vec<Pattern>,
}

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Level {
    /// For whoever follows each step.
    Trace,
    /// For whoever looks for a mistake.
    Debug,
    /// What goes on.
    Info,
    /// Something that may become worse.
    Warn,
    /// Something has failed.
    Error,
    /// Everything has.
    Fatal,
}

impl AttributeMatch {
    /// Whether it may be about series.
    fn of_series(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether it may be about records.
    fn of_records(&self) -> bool {
        self.metrics.is_empty()
    }
}

fn selects(
    include: &[Glob],
    exclude: &[Glob],
    include_attributes: &[AttributeMatch],
    exclude_attributes: &[AttributeMatch],
    min_severity: &Option<Level>,
    include_events: &[Pattern],
    exclude_events: &[Pattern],
) -> Result<(), String> {
    let attributes = || include_attributes.iter().chain(exclude_attributes);
    if include.is_empty()
        && exclude.is_empty()
        && attributes().next().is_none()
        && min_severity.is_none()
        && include_events.is_empty()
        && exclude_events.is_empty()
    {
        return Err("it lists nothing, so everything would pass; list something in `include`, `exclude`, \
                    `include_attributes` or `exclude_attributes`, of log records also in `min_severity`, \
                    `include_events` or `exclude_events`, or leave the processor out"
            .into());
    }
    match attributes().find(|attribute| !attribute.of_series() && !attribute.of_records()) {
        Some(attribute) => Err(format!(
            "the attribute `{}` lists `metrics` and `events`, so it would be about nothing; write two, one with each",
            attribute.key
        )),
        None => Ok(()),
    }
}

fn only_records(
    include: &[Glob],
    exclude: &[Glob],
    include_attributes: &[AttributeMatch],
    exclude_attributes: &[AttributeMatch],
) -> Option<&'static str> {
    let mut attributes = include_attributes.iter().chain(exclude_attributes);
    let nothing = include.is_empty() && exclude.is_empty() && !attributes.any(AttributeMatch::of_series);
    nothing.then_some(
        "all metrics would pass: `include`, `exclude`, `include_attributes` and `exclude_attributes` are about them",
    )
}

fn only_series(
    min_severity: &Option<Level>,
    include_events: &[Pattern],
    exclude_events: &[Pattern],
    include_attributes: &[AttributeMatch],
    exclude_attributes: &[AttributeMatch],
) -> Option<&'static str> {
    let mut attributes = include_attributes.iter().chain(exclude_attributes);
    let nothing = min_severity.is_none()
        && include_events.is_empty()
        && exclude_events.is_empty()
        && !attributes.any(AttributeMatch::of_records);
    nothing.then_some(
        "all records would pass: `min_severity`, `include_events`, `exclude_events`, `include_attributes` and \
         `exclude_attributes` are about them",
    )
}
