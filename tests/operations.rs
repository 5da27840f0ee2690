// SPDX-License-Identifier: Apache-2.0
//! The operator's kit in `docs/operations/` against a collector that runs: what its rules and
//! its dashboard name is what a scrape shows, and no alert is without a test and a row in the
//! runbook.
//!
//! Whether rules are well-formed, and fire when they should, is promtool's to say
//! (`.ci/check-operations`); nothing here needs a tool.
//!
//! `TRACECORE_UPDATE=1 cargo test -p tracecore-tests --test operations` writes the runbook's
//! tables of error kinds anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

#[path = "operations/kit.rs"]
mod kit;
#[path = "operations/promql.rs"]
mod promql;
#[path = "operations/scrape.rs"]
mod scrape;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kit::{list, str};
use promql::{Selector, named};
use scrape::Scrape;
use serde_json::Value;
use tracecore_runtime::telemetry::declared;
use tracecore_schema::Role;
use tracecore_schema::telemetry::Level;

/// What Prometheus itself adds: series, and labels of all series.
const OF_PROMETHEUS: [&str; 2] = ["up", "ALERTS"];
const LABELS_OF_PROMETHEUS: [&str; 2] = ["job", "instance"];

/// What is wrong with the names, labels and values of a selector, by a real scrape.
fn strangers(scrape: &Scrape, selector: &Selector, with_values: bool) -> Vec<String> {
    if OF_PROMETHEUS.contains(&selector.name.as_str()) {
        return Vec::new();
    }
    let Some(labels) = scrape.labels(&selector.name) else {
        return vec![format!("no series `{}`", selector.name)];
    };
    let mut found = Vec::new();
    for matcher in &selector.matchers {
        let label = matcher.label.as_str();
        match labels.get(label) {
            _ if LABELS_OF_PROMETHEUS.contains(&label) => {}
            None => found.push(format!("`{}` has no label `{label}`", selector.name)),
            Some(values) if with_values => {
                let unknown = |value: &&str| !value.is_empty() && !values.contains(*value);
                for value in matcher.values().into_iter().filter(unknown) {
                    found.push(format!("`{}` has no {label}=\"{value}\", but {values:?}", selector.name));
                }
            }
            Some(_) => {}
        }
    }
    found
}

#[test]
fn rules_and_dashboard_name_only_what_a_scrape_shows() {
    let scrape = Scrape::of_a_run();
    let mut wrong = Vec::new();
    for (whence, expr, legend) in kit::expressions() {
        let named = named(&expr);
        assert!(!named.selectors.is_empty(), "{whence}: no metric in {expr}");
        let mut labels: BTreeSet<&str> = LABELS_OF_PROMETHEUS.into();
        for selector in &named.selectors {
            wrong.extend(strangers(scrape, selector, true).iter().map(|what| format!("{whence}: {what}")));
            labels
                .extend(scrape.labels(&selector.name).into_iter().flatten().map(|(label, _)| label.as_str()));
        }
        let called = legend.split("{{").skip(1).filter_map(|part| part.split("}}").next());
        for label in named.grouping.iter().map(String::as_str).chain(called) {
            if !labels.contains(label) {
                wrong.push(format!("{whence}: nothing in it has a label `{label}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The series that a case of a promtool test is given.
fn inputs(case: &Value) -> Vec<Selector> {
    list(case, "input_series").iter().flat_map(|input| named(str(input, "series")).selectors).collect()
}

#[test]
fn promtool_tests_are_given_only_what_a_scrape_shows() {
    let scrape = Scrape::of_a_run();
    let mut wrong = Vec::new();
    for file in ["alerts_test.yaml", "recording-rules_test.yaml"] {
        for case in list(&kit::value(file), "tests") {
            for selector in inputs(case) {
                let what = strangers(scrape, &selector, false);
                wrong.extend(what.iter().map(|what| format!("{file}: {}: {what}", str(case, "name"))));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn alerts() -> Vec<Value> {
    let alerts = kit::rules("alerts.yaml");
    let names: BTreeSet<&str> = alerts.iter().map(|alert| str(alert, "alert")).collect();
    assert_eq!(names.len(), alerts.len(), "no two alerts have one name");
    assert!(names.len() > 20, "{names:?}");
    alerts
}

#[test]
fn every_alert_is_shown_firing_and_quiet_over_the_metrics_it_reads() {
    let tests = kit::value("alerts_test.yaml");
    let mut known = BTreeSet::new();
    for alert in alerts() {
        let name = str(&alert, "alert");
        known.insert(name.to_owned());
        let named = named(str(&alert, "expr"));
        let read: BTreeSet<&str> = named.selectors.iter().map(|selector| selector.name.as_str()).collect();
        let (mut fires, mut waits, mut quiet) = (0, 0, 0);
        for case in list(&tests, "tests") {
            let rows = list(case, "alert_rule_test").iter().filter(|row| row["alertname"] == name);
            let (firing, silent): (Vec<_>, Vec<_>) =
                rows.partition(|row| !list(row, "exp_alerts").is_empty());
            let given = inputs(case);
            let given: BTreeSet<&str> = given.iter().map(|selector| selector.name.as_str()).collect();
            match (firing.is_empty(), silent.is_empty()) {
                (true, true) => {}
                (true, false) => {
                    assert!(given.is_superset(&read), "{name} is quiet without {read:?}: {given:?}");
                    quiet += 1;
                }
                (false, none_before) => {
                    fires += 1;
                    waits += u32::from(!none_before);
                }
            }
        }
        assert!(fires >= 1 && quiet >= 1, "{name}: {fires} cases in which it fires, {quiet} in which not");
        assert!(alert["for"].is_null() || waits >= 1, "{name}: no case in which it waits");
    }
    let tested = list(&tests, "tests").iter().flat_map(|case| list(case, "alert_rule_test"));
    let tested: BTreeSet<_> = tested.map(|row| str(row, "alertname").to_owned()).collect();
    assert_eq!(tested, known);
}

#[test]
fn every_recording_rule_is_tested() {
    let tests = kit::value("recording-rules_test.yaml");
    let tests = list(&tests, "tests").iter().flat_map(|case| list(case, "promql_expr_test"));
    let tested: BTreeSet<_> = tests
        .filter(|test| !list(test, "exp_samples").is_empty())
        .flat_map(|test| named(str(test, "expr")).selectors)
        .map(|selector| selector.name)
        .collect();
    let rules = kit::rules("recording-rules.yaml");
    let rules: BTreeSet<_> = rules.iter().map(|rule| str(rule, "record").to_owned()).collect();
    assert_eq!(tested, rules);
}

#[test]
fn every_alert_links_to_its_row_of_the_runbook_and_every_row_has_an_alert() {
    let runbook = kit::text("runbook.md");
    let mut rows = BTreeMap::new();
    for line in runbook.lines() {
        let Some((id, rest)) = line.strip_prefix("| <a id=\"").and_then(|rest| rest.split_once("\"></a>`"))
        else {
            continue;
        };
        let cells: Vec<&str> = rest.trim_end_matches('|').split(" | ").map(str::trim).collect();
        let [name, what, look, todo] = cells[..] else { panic!("four cells: {line}") };
        assert!([what, look, todo].iter().all(|cell| cell.len() > 5), "nothing to read: {line}");
        let twice = rows.insert(name.trim_end_matches('`').to_owned(), id.to_owned());
        assert_eq!(twice, None, "{line}");
    }
    let mut linked = BTreeMap::new();
    for alert in alerts() {
        let name = str(&alert, "alert");
        let annotations = &alert["annotations"];
        assert!(str(annotations, "summary").contains("$labels.instance") || name == "TraceCoreNoTargets");
        let severity = str(&alert["labels"], "severity");
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
        let (page, id) = str(annotations, "runbook_url").split_once('#').unwrap();
        assert!(page.ends_with("/docs/operations/runbook.md"), "{name}: {page}");
        assert_eq!(id, name.to_lowercase());
        linked.insert(name.to_owned(), id.to_owned());
    }
    assert_eq!(rows, linked);
}

#[test]
fn alerts_need_no_more_than_they_say() {
    let text = kit::text("alerts.yaml");
    for alert in alerts() {
        let name = str(&alert, "alert");
        let selectors = named(str(&alert, "expr")).selectors;
        let level = |selector: &Selector| {
            let of = |metric: &&&declared::Metric| {
                selector.name.strip_suffix("_count") == Some(&metric.shown())
                    || selector.name == metric.shown()
            };
            declared::ALL.iter().find(of).map(|metric| metric.level)
        };
        let needs = selectors.iter().filter_map(level).max().unwrap_or(Level::Basic);
        let (before, _) = text.split_once(&format!("- alert: {name}\n")).unwrap();
        let comment = before.rsplit("\n\n").next().unwrap();
        let said =
            if comment.contains("# Needs telemetry.level normal.") { Level::Normal } else { Level::Basic };
        assert_eq!(needs, said, "{name}, which has the comment: {comment}");
    }
}

#[test]
fn the_dashboard_is_one_that_loads() {
    let dashboard = kit::value("dashboard.json");
    assert!(dashboard["id"].is_null() && dashboard["schemaVersion"].as_u64().unwrap() >= 39);
    let variables = list(&dashboard["templating"], "list");
    let variables: BTreeSet<&str> = variables.iter().map(|variable| str(variable, "name")).collect();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in list(&dashboard, "panels") {
        let title = str(panel, "title");
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is taken");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(x + w <= 24, "{title}: beyond the right edge");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{title}: lies over another panel");
        }
        let kind = str(panel, "type");
        assert!(["row", "timeseries", "stat", "table", "state-timeline"].contains(&kind), "{title}: {kind}");
        assert_eq!(kind == "row", list(panel, "targets").is_empty(), "{title}");
        let mut letters = BTreeSet::new();
        for target in list(panel, "targets") {
            assert!(letters.insert(str(target, "refId")), "{title}");
            assert_eq!(str(&target["datasource"], "uid"), "${datasource}", "{title}");
            for used in str(target, "expr").split('$').skip(1) {
                let end = used.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(used.len());
                let used = &used[..end];
                assert!(variables.contains(used) || used == "__rate_interval", "{title}: ${used}");
            }
        }
    }
    assert!(ids.len() > 30, "{}", ids.len());
}

/// The rows of each component's runbook, as its README has them: by heading, then by kind.
fn readmes() -> BTreeMap<String, BTreeMap<String, String>> {
    let catalog = tracecore_components::catalog();
    let mut found = BTreeMap::new();
    for entry in catalog.entries() {
        let folder = entry.path.strip_prefix("::tracecore_components::").unwrap().replace("::", "/");
        let path = kit::repository().join("components/src").join(folder).join("README.md");
        let readme = fs::read_to_string(path).unwrap();
        let (_, runbook) = readme.split_once("\n## Runbook\n").unwrap();
        let rows = runbook.lines().take_while(|line| !line.starts_with("## ")).filter_map(|line| {
            let (kind, _) = line.strip_prefix("| `")?.split_once("` |")?;
            Some((kind.to_owned(), line.to_owned()))
        });
        let role = entry.role.section().trim_end_matches('s');
        found.insert(format!("### {role} `{}`", entry.kind), rows.collect());
    }
    found
}

#[test]
fn the_runbook_has_a_row_for_every_error_kind_of_every_component() {
    let runbook = kit::text("runbook.md");
    let heading = "\n## Error kinds\n";
    let (before, section) = runbook.split_once(heading).unwrap();
    let introduction = section.split("\n### ").next().unwrap().trim_end();
    let mut expected = format!("{before}{heading}{introduction}\n");
    for (component, rows) in readmes() {
        assert!(!rows.is_empty(), "{component}");
        expected += &format!("\n{component}\n\n| kind | what happened | what to do |\n|---|---|---|\n");
        rows.values().for_each(|row| expected += &format!("{row}\n"));
    }
    if std::env::var_os("TRACECORE_UPDATE").is_some_and(|update| update == "1") {
        return fs::write(kit::path("runbook.md"), expected).unwrap();
    }
    let differ = std::iter::zip(runbook.lines(), expected.lines()).find(|(is, should)| is != should);
    assert!(
        runbook == expected,
        "docs/operations/runbook.md is not what the READMEs say: {differ:#?}\nwrite it anew: \
         TRACECORE_UPDATE=1 cargo test -p tracecore-tests --test operations"
    );
}

#[test]
fn every_kind_that_a_scrape_shows_has_a_row() {
    let (scrape, readmes) = (Scrape::of_a_run(), readmes());
    let all: BTreeSet<&str> = readmes.values().flat_map(|rows| rows.keys().map(String::as_str)).collect();
    for (metric, role) in [
        ("tracecore_receiver_errors_total", Role::Receiver),
        ("tracecore_exporter_calls_total", Role::Exporter),
    ] {
        let labels = scrape.labels(metric).unwrap();
        for kind in labels["kind"].iter().filter(|kind| !kind.is_empty()) {
            assert!(all.contains(kind.as_str()), "{metric}: kind=\"{kind}\"");
        }
        for component in &labels["component_id"] {
            let component = component.split('/').next().unwrap();
            let heading = format!("### {} `{component}`", role.section().trim_end_matches('s'));
            assert!(readmes.contains_key(&heading), "no `{heading}`");
        }
    }
}

#[test]
fn reasons_and_outcomes_that_a_scrape_shows_have_a_row() {
    let runbook = kit::text("runbook.md");
    let rows = |heading: &str| -> BTreeSet<Vec<String>> {
        let (_, section) = runbook.split_once(&format!("\n## {heading}\n")).unwrap();
        let lines = section.lines().take_while(|line| !line.starts_with("## "));
        let rows = lines.filter(|line| line.starts_with("| `"));
        rows.map(|row| row.split('|').skip(1).map(|cell| cell.trim().replace('`', "")).collect()).collect()
    };
    let scrape = Scrape::of_a_run();
    let column = |heading: &str, at: usize| -> BTreeSet<String> {
        rows(heading).into_iter().map(|row| row[at].clone()).collect()
    };
    let absent = &scrape.labels("tracecore_receiver_absent_values").unwrap()["reason"];
    assert_eq!(column("Reasons for absence", 0), *absent);
    let items = scrape.labels("tracecore_exporter_items_total").unwrap();
    assert_eq!(column("Where items end", 0), items["outcome"]);
    assert_eq!(column("Where items end", 1), items["reason"]);
}

#[test]
fn the_configuration_of_prometheus_scrapes_what_the_default_pipeline_serves() {
    let prometheus = kit::value("prometheus.yaml");
    let pipeline = fs::read_to_string(kit::repository().join("pipelines/default.yaml")).unwrap();
    let mut jobs = BTreeMap::new();
    for job in list(&prometheus, "scrape_configs") {
        let target = job["static_configs"][0]["targets"][0].as_str().unwrap();
        jobs.insert(str(job, "job_name").to_owned(), target.to_owned());
    }
    let own = tracecore_schema::telemetry::Config::default().listen.to_string();
    assert!(pipeline.contains(&format!("listen: {}", jobs["tracecore-readings"])), "{pipeline}");
    assert_eq!(
        jobs,
        BTreeMap::from([
            ("tracecore".to_owned(), own),
            ("tracecore-readings".to_owned(), "localhost:9464".to_owned()),
        ])
    );
    for file in list(&prometheus, "rule_files") {
        assert!(Path::new(&kit::path(file.as_str().unwrap())).is_file(), "{file}");
    }
}
