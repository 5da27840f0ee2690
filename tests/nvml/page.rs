// SPDX-License-Identifier: Apache-2.0
//! What a scrape shows, taken apart.

use std::collections::{BTreeMap, BTreeSet};

/// A page in the Prometheus text format.
pub(crate) struct Page {
    series: Vec<Series>,
    text: String,
}

/// A line of it.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Page {
    pub(crate) fn read(text: String) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { series: lines.map(Series::read).collect(), text }
    }

    /// Series of a name whose labels have these values.
    pub(crate) fn find(&self, name: &str, labels: &[(&str, &str)]) -> Vec<&Series> {
        let fits = |series: &&Series| {
            series.name == name && labels.iter().all(|(key, value)| series.label(key) == Some(value))
        };
        self.series.iter().filter(fits).collect()
    }

    /// The value of the one series of a name whose labels have these values.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        match self.get(name, labels) {
            Some(value) => value,
            None => panic!("not one series of {name} {labels:?} in:\n{}", self.text()),
        }
    }

    /// The same, unless there is none or more than one.
    pub(crate) fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        match self.find(name, labels)[..] {
            [one] => Some(one.value),
            _ => None,
        }
    }

    /// The UUIDs of the GPUs on it, each with the name it goes by: `gpu 3`. A UUID with two
    /// names, or a name with two UUIDs, would be two entries.
    pub(crate) fn gpus(&self) -> BTreeSet<(String, String)> {
        let pair =
            |series: &Series| Some((series.label("hw_name")?.to_owned(), series.label("hw_id")?.to_owned()));
        self.series.iter().filter_map(pair).collect()
    }

    /// How many series a GPU has.
    pub(crate) fn count(&self, uuid: &str) -> usize {
        self.series.iter().filter(|series| series.label("hw_id") == Some(uuid)).count()
    }

    /// Its series without comments, and without what is the same for all GPUs, for who has to
    /// read it in a failed test.
    pub(crate) fn text(&self) -> String {
        let lines = self.text.lines().filter(|line| !line.starts_with('#'));
        let short = |line: &str| {
            let (before, model) = line.split_once(",hw_model=").unwrap_or((line, ""));
            format!("{before}{}\n", model.trim_start_matches(|c| c != ','))
        };
        lines.map(short).collect()
    }
}

impl Series {
    fn read(line: &str) -> Self {
        let (identity, value) = line.rsplit_once(' ').unwrap();
        let value = value.parse().unwrap();
        let Some((name, labels)) = identity.split_once('{') else {
            return Self { name: identity.to_owned(), labels: BTreeMap::new(), value };
        };
        // No label of these tests has a quote or a backslash in its value.
        let labels = labels.strip_suffix("\"}").unwrap().split("\",").map(|label| {
            let (key, value) = label.split_once("=\"").unwrap();
            (key.to_owned(), value.to_owned())
        });
        Self { name: name.to_owned(), labels: labels.collect(), value }
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }
}
