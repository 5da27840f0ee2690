// SPDX-License-Identifier: Apache-2.0
//! Looks at each series as it begins.

use tracecore_runtime::signal::SeriesDraft;
use tracecore_runtime::{Admission, Failure, Metrics, Processes, Processor, processor};
use tracecore_schema::Glob;

use super::{AttributeMatch, Config};

/// Keeps some series and drops the others.
#[processor(config = Config)]
#[derive(Debug)]
pub struct Filter {
    config: Config,
}

impl Processor for Filter {
    fn open(config: &Config) -> Result<Self, Failure<Self>> {
        Ok(Self { config: config.clone() })
    }
}

impl Processes<Metrics> for Filter {
    fn admit(&mut self, series: &mut SeriesDraft) -> Admission {
        let Config { include, exclude, include_attributes, exclude_attributes } = &self.config;
        let name = series.descriptor().name;
        let included = (include.is_empty() || any(include, name))
            && (include_attributes.is_empty() || has_any(include_attributes, series));
        let excluded = any(exclude, name) || has_any(exclude_attributes, series);
        if included && !excluded { Admission::Keep } else { Admission::Drop }
    }
}

fn any(patterns: &[Glob], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name))
}

fn has_any(matches: &[AttributeMatch], series: &SeriesDraft) -> bool {
    matches.iter().any(|wanted| {
        (wanted.metrics.is_empty() || any(&wanted.metrics, series.descriptor().name))
            && series.get(&wanted.key).is_some_and(|value| wanted.value.matches(&value.to_string()))
    })
}
