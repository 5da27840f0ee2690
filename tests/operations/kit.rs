// SPDX-License-Identifier: Apache-2.0
//! The files of the operator's kit, read.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn path(file: &str) -> PathBuf {
    repository().join("docs/operations").join(file)
}

pub(crate) fn text(file: &str) -> String {
    let path = path(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML or JSON file: every JSON text is YAML.
pub(crate) fn value(file: &str) -> Value {
    serde_yaml::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A text in a value.
#[track_caller]
pub(crate) fn str<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {value:#}"))
}

/// A list in a value; none is an empty one.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The rules of a file.
pub(crate) fn rules(file: &str) -> Vec<Value> {
    list(&value(file), "groups").iter().flat_map(|group| list(group, "rules").to_vec()).collect()
}

/// Every expression of the kit, with where it is from and, in the dashboard, how its series are
/// called.
pub(crate) fn expressions() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (file, name) in [("alerts.yaml", "alert"), ("recording-rules.yaml", "record")] {
        for rule in rules(file) {
            let whence = format!("{file}: {}", str(&rule, name));
            found.push((whence, str(&rule, "expr").to_owned(), String::new()));
        }
    }
    let dashboard = value("dashboard.json");
    for panel in list(&dashboard, "panels") {
        for target in list(panel, "targets") {
            let whence = format!("dashboard.json: {}", str(panel, "title"));
            let expr = str(target, "expr").to_owned();
            found.push((whence, expr, str(target, "legendFormat").to_owned()));
        }
    }
    for variable in list(&dashboard["templating"], "list") {
        // `label_values(SELECTOR, label)`
        if let Some(query) = variable["query"]["query"].as_str() {
            let whence = format!("dashboard.json: the variable `{}`", str(variable, "name"));
            let (selector, label) = query
                .strip_prefix("label_values(")
                .unwrap()
                .strip_suffix(')')
                .unwrap()
                .rsplit_once(", ")
                .unwrap();
            found.push((whence, selector.to_owned(), format!("{{{{{label}}}}}")));
        }
    }
    found
}
