// SPDX-License-Identifier: Apache-2.0
//! Which OpenTelemetry libraries are in use (contract M2).

use opentelemetry::Key;
use opentelemetry_sdk::resource::{ResourceDetector as _, TelemetryResourceDetector};

/// The Prometheus exporter does not say which version it is; a test compares this with the
/// lock file.
const EXPORTER: &str = "0.33.1";

/// The versions of the OpenTelemetry SDK and of its Prometheus exporter, each by the name that
/// `--version` shows.
#[must_use]
pub fn versions() -> [(&'static str, String); 2] {
    let sdk = TelemetryResourceDetector.detect().get(&Key::new("telemetry.sdk.version"));
    [
        ("otel-sdk-metric", sdk.map_or_else(|| "unknown".to_owned(), |version| version.to_string())),
        ("otel-prom-exporter", EXPORTER.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]

    #[test]
    fn m2_the_versions_are_those_of_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        let locked = |name: &str| {
            let package = lock.split("[[package]]").find(|one| one.contains(&format!("name = \"{name}\"\n")));
            let line = package.unwrap().lines().find_map(|line| line.strip_prefix("version = "));
            line.unwrap().trim_matches('"').to_owned()
        };
        let [(sdk, sdk_version), (exporter, exporter_version)] = super::versions();
        assert_eq!((sdk, exporter), ("otel-sdk-metric", "otel-prom-exporter"));
        assert_eq!(sdk_version, locked("opentelemetry_sdk"));
        assert_eq!(exporter_version, locked("opentelemetry-prometheus"));
    }
}
