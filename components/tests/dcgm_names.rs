// SPDX-License-Identifier: Apache-2.0
//! DCGM's names for what simulated GPUs emit: the fields that dashboards and
//! `docs/migrating-from-dcgm-exporter.md` name, their labels, and their units against those of
//! the same reading under OpenTelemetry's names.
#![cfg(feature = "runtime")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::collections::{BTreeMap, BTreeSet};

use tracecore_components::exporters::prometheus::{Convention, Exposition, Format, Names, Scraper};
use tracecore_components::processors::attributes::{Action, Attributes, Config as AttributesConfig, Verb};
use tracecore_components::receivers::nvml::{self, Profile, SimulatedNvml};
use tracecore_runtime::Processor as _;
use tracecore_runtime::page::Page;
use tracecore_runtime::testing::{Lane, branch, lane, lane_info};
use tracecore_schema::{Declaration, Descriptor};

const GUIDE: &str = include_str!("../../docs/migrating-from-dcgm-exporter.md");

fn page(list: Vec<Convention>) -> Page<Exposition> {
    Page::new(Exposition::of(&Names { list }))
}

fn config(profile: Profile) -> nvml::Config {
    let simulated = nvml::Simulated { gpus: Some(2), seed: None, profile: Some(profile), control: None };
    nvml::Config { simulated: Some(simulated), ..nvml::Config::default() }
}

fn scrape(page: &Page<Exposition>, format: Format) -> String {
    let mut scraper = Scraper::new(page.reader(), &lane_info("test").resource);
    String::from_utf8(scraper.scrape(format, false).body.to_vec()).unwrap()
}

/// One sample: its name, its labels and its value.
type Sample = (String, BTreeMap<String, String>, f64);

fn samples(text: &str) -> Vec<Sample> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let labels = labels.strip_suffix('}').unwrap().split_terminator("\",");
            let labels = labels.map(|label| label.split_once("=\"").unwrap());
            let labels = labels.map(|(key, value)| (key.to_owned(), value.trim_end_matches('"').to_owned()));
            (name.to_owned(), labels.collect(), value.parse().unwrap())
        })
        .collect()
}

/// What a node shows under both conventions, in one reading.
fn shown(profile: Profile) -> (Vec<Sample>, Vec<Sample>) {
    let (otel, dcgm) = (page(vec![Convention::Otel]), page(vec![Convention::Dcgm]));
    let encoders = (otel.encoder(&lane("nvml")), dcgm.encoder(&lane("nvml")));
    let mut lane = Lane::<SimulatedNvml, _>::open(config(profile), branch("nvml", (), encoders)).unwrap();
    // What is told of an interval needs two readings.
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(120));
        lane.tick().unwrap();
    }
    (samples(&scrape(&otel, Format::Text)), samples(&scrape(&dcgm, Format::Text)))
}

fn names(samples: &[Sample]) -> BTreeSet<&str> {
    samples.iter().map(|(name, ..)| name.as_str()).collect()
}

/// The rows of the guide's tables of fields: the cells of each, without backticks.
fn rows() -> Vec<Vec<String>> {
    let rows =
        GUIDE.lines().filter_map(|line| line.strip_prefix("| ")).filter(|line| line.contains("DCGM_FI_"));
    let cell = |cell: &str| cell.trim().replace('`', "");
    rows.map(|row| row.trim_end().trim_end_matches('|').split('|').map(cell).collect()).collect()
}

fn descriptors() -> &'static [Descriptor] {
    <nvml::Config as Declaration>::METRICS
}

#[test]
fn the_official_dashboard_finds_its_names_and_labels() {
    let (_, dcgm) = shown(Profile::H100);
    // Grafana 12239.
    for name in [
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_DEV_GPU_TEMP",
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_POWER_USAGE",
        "DCGM_FI_DEV_SM_CLOCK",
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    ] {
        let mut of_name: Vec<_> = dcgm.iter().filter(|(known, ..)| known == name).collect();
        of_name.sort_by_key(|(_, labels, _)| labels["gpu"].clone());
        assert_eq!(of_name.len(), 2, "{name}: one for each GPU");
        for (at, (_, labels, value)) in of_name.iter().enumerate() {
            let keys: Vec<_> = labels.keys().map(String::as_str).collect();
            assert_eq!(keys, ["UUID", "device", "gpu", "modelName", "pci_bus_id"], "{name}");
            assert_eq!(
                (labels["gpu"].as_str(), labels["device"].as_str()),
                (&*at.to_string(), &*format!("nvidia{at}"))
            );
            assert!(labels["UUID"].starts_with("GPU-") && labels["modelName"].contains("H100"), "{labels:?}");
            let pci = &labels["pci_bus_id"];
            assert!(pci.len() == 16 && pci.ends_with(".0") && pci.starts_with("0000"), "{pci}");
            assert!(value.is_finite() && *value >= 0.0);
        }
    }
    let strangers: Vec<_> = names(&dcgm).into_iter().filter(|name| !name.starts_with("DCGM_FI_")).collect();
    assert_eq!(strangers, ["target_info"], "what DCGM has no name for is not shown");
}

#[test]
fn every_default_counter_that_the_guide_promises_is_there() {
    let (_, dcgm) = shown(Profile::H100);
    let there = names(&dcgm);
    let rows = rows();
    assert!(rows.len() >= 43, "{}", rows.len());
    for row in rows.iter().filter(|row| row.len() == 5) {
        let promised = !row[4].starts_with("no:");
        assert_eq!(there.contains(row[1].as_str()), promised, "{row:?}");
    }
}

#[test]
fn the_guide_lists_every_spelling_with_its_metric_and_no_other() {
    let mut declared = BTreeMap::new();
    for descriptor in descriptors() {
        for spelling in descriptor.spellings {
            assert_eq!(spelling.convention, "dcgm");
            let of: Vec<_> = spelling.of.iter().map(|(_, value)| *value).collect();
            let selected = if of.is_empty() { String::new() } else { format!(" ({})", of.join(", ")) };
            let twice = declared.insert(spelling.name, format!("{}{selected}", descriptor.name));
            assert_eq!(twice, None, "{} is declared twice", spelling.name);
            for (key, _) in spelling.of {
                assert!(descriptor.attributes.contains(key), "{}: {key}", spelling.name);
            }
        }
    }
    let rows = rows();
    let listed: BTreeMap<_, _> = rows
        .iter()
        .filter(|row| !row.get(4).is_some_and(|shown| shown.starts_with("no:")))
        .map(|row| (row[1].as_str(), if row.len() == 5 { row[3].clone() } else { row[2].clone() }))
        .collect();
    assert_eq!(listed, declared);
}

#[test]
fn units_are_those_of_dcgm() {
    let (otel, dcgm) = shown(Profile::H100);
    let of = |samples: &[Sample], name: &str, wanted: &[(&str, &str)]| -> Vec<f64> {
        let has = |labels: &BTreeMap<String, String>| {
            wanted.iter().all(|(key, value)| labels.get(*key).is_some_and(|v| v == value))
        };
        samples
            .iter()
            .filter(|(known, labels, _)| known == name && has(labels))
            .map(|(.., value)| *value)
            .collect()
    };
    let compare = |dcgm_name: &str, otel_name: &str, wanted: &[(&str, &str)], scale: &dyn Fn(f64) -> f64| {
        let mut expected: Vec<_> = of(&otel, otel_name, wanted).into_iter().map(scale).collect();
        let mut found = of(&dcgm, dcgm_name, &[]);
        expected.sort_by(f64::total_cmp);
        found.sort_by(f64::total_cmp);
        assert_eq!((found.len(), &found), (2, &expected), "{dcgm_name}");
    };
    compare("DCGM_FI_DEV_GPU_UTIL", "hw_gpu_utilization_ratio", &[("hw_gpu_task", "general")], &|v| {
        (v * 100.0).round()
    });
    compare("DCGM_FI_DEV_FB_USED", "hw_gpu_memory_usage_bytes", &[], &|v| (v / 1_048_576.0).floor());
    compare(
        "DCGM_FI_DEV_SM_CLOCK",
        "tracecore_gpu_clock_frequency_hertz",
        &[("tracecore_gpu_clock_domain", "sm")],
        &|v| v / 1e6,
    );
    compare("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "hw_energy_joules_total", &[], &|v| (v * 1000.0).round());
    compare("DCGM_FI_DEV_POWER_USAGE", "hw_power_watts", &[], &|v| v);
    compare("DCGM_FI_DEV_MEMORY_TEMP", "hw_temperature_celsius", &[("hw_sensor_location", "memory")], &|v| v);
    compare(
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
        "tracecore_gpu_pipe_activity_ratio",
        &[("tracecore_gpu_pipe", "tensor")],
        &|v| v,
    );
}

#[test]
fn an_instance_has_its_gpus_labels_and_two_of_its_own() {
    let (otel, dcgm) = shown(Profile::A100Mig);
    let used: Vec<_> = dcgm.iter().filter(|(name, ..)| name == "DCGM_FI_DEV_FB_USED").collect();
    let (instances, gpus): (Vec<_>, Vec<_>) =
        used.into_iter().partition(|(_, labels, _)| labels.contains_key("GPU_I_ID"));
    assert_eq!((gpus.len(), instances.len()), (2, 14));
    let of_gpus: BTreeSet<_> = gpus.iter().map(|(_, labels, _)| &labels["UUID"]).collect();
    for (_, labels, _) in instances {
        assert!(of_gpus.contains(&labels["UUID"]), "{labels:?}");
        assert_eq!(labels["GPU_I_PROFILE"], "1g.5gb");
        assert!(!labels["modelName"].contains("MIG"), "{labels:?}");
    }
    assert!(otel.iter().any(|(_, labels, _)| labels.get("hw_id").is_some_and(|id| id.starts_with("MIG-"))));
}

#[test]
fn chips_without_profiling_counters_have_the_other_names() {
    let (_, dcgm) = shown(Profile::Old);
    let there = names(&dcgm);
    assert!(there.contains("DCGM_FI_DEV_GPU_UTIL") && there.contains("DCGM_FI_DEV_RETIRED_SBE"), "{there:?}");
    assert!(!there.iter().any(|name| name.starts_with("DCGM_FI_PROF_PIPE")), "before Hopper these need DCGM");
}

#[test]
fn both_conventions_share_a_page_and_openmetrics_takes_it() {
    let both = page(vec![Convention::Otel, Convention::Dcgm]);
    let one = branch("nvml", (), (both.encoder(&lane("nvml")),));
    let mut lane = Lane::<SimulatedNvml, _>::open(config(Profile::H100), one).unwrap();
    lane.tick().unwrap();
    let text = scrape(&both, Format::Text);
    assert!(text.contains("\nhw_temperature_celsius{") && text.contains("\nDCGM_FI_DEV_GPU_TEMP{"), "{text}");
    assert!(text.contains("# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter\n"));
    assert!(text.contains("# HELP DCGM_FI_DEV_GPU_TEMP GPU temperature (in C).\n"));
    let openmetrics = scrape(&both, Format::OpenMetrics);
    assert!(
        openmetrics.contains("# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION unknown\n"),
        "no `_total`, no counter"
    );
}

#[test]
fn what_a_processor_hides_is_hidden_under_both_names() {
    let dcgm = page(vec![Convention::Dcgm]);
    let change = |action, key: &str, value: Option<&str>| Action {
        key: key.into(),
        action,
        value: value.map(Into::into),
        to: None,
    };
    let actions =
        vec![change(Verb::Update, "hw.id", Some("hidden-1")), change(Verb::Delete, "hw.model", None)];
    let hide = AttributesConfig { actions, metrics: Vec::new(), events: Vec::new(), salt: None };
    let simulated = nvml::Simulated { gpus: Some(1), seed: None, profile: None, control: None };
    let config = nvml::Config { simulated: Some(simulated), ..nvml::Config::default() };
    let hidden = branch("nvml", (Attributes::open(&hide).unwrap(),), (dcgm.encoder(&lane("nvml")),));
    let mut lane = Lane::<SimulatedNvml, _>::open(config, hidden).unwrap();
    lane.tick().unwrap();
    let text = scrape(&dcgm, Format::Text);
    let (_, labels, _) =
        samples(&text).into_iter().find(|(name, ..)| name == "DCGM_FI_DEV_GPU_TEMP").unwrap();
    assert_eq!(labels["UUID"], "hidden-1");
    assert!(!labels.contains_key("modelName") && labels.contains_key("pci_bus_id"), "{labels:?}");
    assert!(!text.contains("GPU-"), "{text}");
}
