// SPDX-License-Identifier: Apache-2.0
//! The latency histogram as the Prometheus registry wants it (contract R3).

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::declared::RECEIVER_LATENCY;
use super::guard;
use super::latency::LatencyCounts;
use super::live::Live;

/// Shows the latency of every receiver.
pub(super) struct Latencies {
    live: Arc<Live>,
    desc: Desc,
    name: String,
}

impl Latencies {
    pub(super) fn new(live: Arc<Live>) -> prometheus::Result<Self> {
        let labels = RECEIVER_LATENCY.labels.iter().map(|&label| label.to_owned()).collect();
        let name = RECEIVER_LATENCY.shown();
        let help = RECEIVER_LATENCY.help.to_owned();
        Ok(Self { live, desc: Desc::new(name.clone(), help, labels, HashMap::new())?, name })
    }

    fn family(&self) -> MetricFamily {
        let receivers = self.live.receivers.load();
        let mut by_id = BTreeMap::<&str, LatencyCounts>::new();
        for receiver in receivers.iter() {
            receiver.add_latency(by_id.entry(receiver.id()).or_default());
        }
        let mut family = MetricFamily::default();
        family.set_name(self.name.clone());
        family.set_help(RECEIVER_LATENCY.help.to_owned());
        family.set_field_type(MetricType::HISTOGRAM);
        family.set_metric(by_id.iter().map(|(id, counts)| metric(id, counts)).collect());
        family
    }
}

fn metric(id: &str, counts: &LatencyCounts) -> Metric {
    let mut label = LabelPair::default();
    label.set_name("component_id".to_owned());
    label.set_value(id.to_owned());
    let mut histogram = Histogram::default();
    histogram.set_bucket(
        counts
            .cumulative()
            .map(|(bound, below)| {
                let mut bucket = Bucket::default();
                bucket.set_upper_bound(bound);
                bucket.set_cumulative_count(below);
                bucket
            })
            .collect(),
    );
    histogram.set_sample_count(counts.count());
    histogram.set_sample_sum(counts.sum_seconds());
    let mut metric = Metric::from_label(vec![label]);
    metric.set_histogram(histogram);
    metric
}

impl Collector for Latencies {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        match catch_unwind(AssertUnwindSafe(|| self.family())) {
            Ok(family) => vec![family],
            Err(panic) => {
                self.live.scrape_panics.fetch_add(1, Ordering::Relaxed);
                tracing::error!("`{}` cannot be shown: {}", self.name, guard::message(&*panic));
                Vec::new()
            }
        }
    }
}
