// SPDX-License-Identifier: Apache-2.0
//! The `telemetry` block of a pipeline file: what the collector tells of itself, and where.
//!
//! One function, [`check_path`], decides what an HTTP path is, for the compiler and for the
//! server alike.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::{ConfigValue, Invalid, Key, Listen, Literal, Node, NodeKind, Problem, Scalar, Style, Text};

/// What the collector tells of itself, and where.
#[derive(Clone, Debug, PartialEq, Eq, crate::Config)]
pub struct Config {
    /// Whether the collector tells anything of itself; if not, no port is bound.
    #[config(fixed, default = false)]
    pub enabled: bool,
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    #[config(default = "localhost:8888")]
    pub listen: Listen,
    /// Under which paths they are served.
    #[config(default)]
    pub paths: Paths,
    /// How much is told: `none` serves the probes and no metrics.
    #[config(fixed, default = "normal")]
    pub level: Level,
    /// At most so many scrapes a second are answered, further ones with 429; without it, all are.
    #[config(min = 1)]
    pub max_scrapes_per_second: Option<u32>,
    /// How long a component may be in trouble before `/readyz` fails; without it, trouble is not
    /// unreadiness.
    #[config(min = "1s")]
    pub unready_after: Option<Duration>,
    /// Encryption; without it, plain HTTP.
    pub tls: Option<Tls>,
}

impl Config {
    /// Where certificates are, if the surface is encrypted.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref().filter(|tls| tls.enabled)
    }
}

/// Encryption of the collector's own surface.
#[derive(Clone, Debug, PartialEq, Eq, crate::Config)]
#[config(rule(has_certificate(enabled, cert_file, key_file)))]
pub struct Tls {
    /// Whether the surface is encrypted.
    #[config(fixed)]
    pub enabled: bool,
    /// The certificate and those between it and its root, as PEM. SIGHUP reads it again.
    pub cert_file: Option<PathBuf>,
    /// The key that belongs to the certificate, as PEM.
    pub key_file: Option<PathBuf>,
    /// Who signs clients' certificates, as PEM; without it, clients need none.
    pub client_ca_file: Option<PathBuf>,
    /// The oldest version of TLS that is spoken.
    #[config(default = "1.2")]
    pub min_version: TlsVersion,
}

fn has_certificate(
    enabled: &bool,
    cert_file: &Option<PathBuf>,
    key_file: &Option<PathBuf>,
) -> Result<(), String> {
    let missing = match (cert_file, key_file) {
        (Some(_), Some(_)) => return Ok(()),
        (None, None) => "`cert_file` and `key_file`",
        (None, Some(_)) => "`cert_file`",
        (Some(_), None) => "`key_file`",
    };
    if *enabled { Err(format!("encryption needs {missing} as well")) } else { Ok(()) }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Scalar for TlsVersion {
    fn expected() -> String {
        "`1.2` or `1.3`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        match text.text.as_str() {
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            "1.0" | "1.1" => Err(Invalid::because("too old to be safe")),
            _ => Err(Invalid::because("no version of TLS that is spoken here")),
        }
    }

    fn literal(&self) -> Literal {
        Literal::Local(format!("TlsVersion::{self:?}"))
    }

    fn json_schema() -> Json {
        json!({"enum": ["1.2", "1.3", 1.2, 1.3]})
    }

    fn show(&self) -> String {
        match self {
            Self::Tls12 => "1.2".to_owned(),
            Self::Tls13 => "1.3".to_owned(),
        }
    }
}

/// Under which paths the collector's own surface is served.
#[derive(Clone, Debug, PartialEq, Eq, crate::Config)]
#[config(rule(distinct(metrics, healthz, readyz)))]
pub struct Paths {
    /// The collector's own metrics.
    #[config(default = "/metrics")]
    pub metrics: HttpPath,
    /// Whether the process is alive.
    #[config(default = "/healthz")]
    pub healthz: HttpPath,
    /// Whether it does its work.
    #[config(default = "/readyz")]
    pub readyz: HttpPath,
}

/// How much the collector tells of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ConfigValue)]
pub enum Level {
    /// Probes, no metrics.
    None,
    /// What alerts need.
    Basic,
    /// What dashboards need.
    Normal,
    /// Everything.
    Detailed,
}

fn distinct(metrics: &HttpPath, healthz: &HttpPath, readyz: &HttpPath) -> Result<(), String> {
    if metrics == healthz || metrics == readyz {
        return Err(format!("two paths are `{}`, but each needs its own", metrics.0));
    }
    if healthz == readyz {
        return Err(format!("two paths are `{}`, but each needs its own", healthz.0));
    }
    Ok(())
}

/// An absolute HTTP path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpPath(String);

impl HttpPath {
    /// Reads an absolute path.
    ///
    /// # Errors
    ///
    /// See [`check_path`].
    pub fn parse(text: &str) -> Result<Self, String> {
        check_path(text).map(|()| Self(text.to_owned()))
    }

    /// The path: `/metrics`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is an absolute path that a request can name (contract C2).
///
/// # Errors
///
/// A few words that say what is wrong.
pub fn check_path(text: &str) -> Result<(), String> {
    if !text.starts_with('/') {
        return Err("does not start with `/`".to_owned());
    }
    if text.len() > 256 {
        return Err("longer than 256 bytes".to_owned());
    }
    let wrong = text.chars().find_map(|c| match c {
        '?' => Some("has a query".to_owned()),
        '#' => Some("has a fragment".to_owned()),
        c if c.is_whitespace() => Some("has white space".to_owned()),
        c if c.is_control() => Some("has a control character".to_owned()),
        '!'..='~' if !matches!(c, '{' | '}' | '\\' | '^' | '`' | '|' | '<' | '>' | '"' | '*') => None,
        c => Some(format!("has a `{c}`, which no path may have")),
    });
    match wrong {
        Some(wrong) => Err(wrong),
        None if text.split('/').skip(1).any(|segment| matches!(segment, "." | "..")) => {
            Err("has a `.` or `..` in it".to_owned())
        }
        None => Ok(()),
    }
}

/// A path that the compiler has read already. Generated code calls it.
///
/// # Panics
///
/// The text is no path, which the compiler has excluded.
#[must_use]
#[allow(clippy::panic, reason = "the compiler writes only what it has read")]
pub fn path(text: &str) -> HttpPath {
    match HttpPath::parse(text) {
        Ok(path) => path,
        Err(why) => panic!("`{text}` in generated code: {why}"),
    }
}

impl Scalar for HttpPath {
    fn expected() -> String {
        "an absolute path such as `/metrics`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        Self::parse(&text.text).map_err(|why| {
            let rooted = format!("/{}", text.text);
            let help = check_path(&rooted).is_ok().then(|| format!("did you mean `{rooted}`?"));
            Invalid { help, ..Invalid::because(why) }
        })
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("rt::telemetry::path({:?})", self.0))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^/[^\\s?#]*$"})
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

/// What the block says before its values are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// `enabled: true`: the values count.
    On,
    /// `enabled: false`: the values are neither defaulted nor validated (contract C1).
    Off,
}

/// Reads `enabled`, which has to be there and to be literal. `None`: it has been reported.
pub fn switch(key: &Key, block: &Node, problems: &mut Vec<Problem>) -> Option<Switch> {
    if !matches!(block.kind, NodeKind::Map(_) | NodeKind::Null) {
        let message = format!("`telemetry`: expected a map with `enabled`, found {}", block.found());
        problems.push(
            Problem::error(block.span, message, "not a map").help("write `telemetry: {enabled: true}`"),
        );
        return None;
    }
    let Some((_, enabled)) = block.get("enabled") else {
        let message = "`telemetry`: the field `enabled` is required";
        problems.push(
            Problem::error(key.span, message, "missing field")
                .help("add `enabled: true`, or remove the block: then no port is bound"),
        );
        return None;
    };
    match &enabled.kind {
        NodeKind::Scalar(Text { text, style: Style::Plain }) if text == "true" => Some(Switch::On),
        NodeKind::Scalar(Text { text, style: Style::Plain }) if text == "false" => Some(Switch::Off),
        // Decoding the field says what is wrong with it.
        _ => Some(Switch::On),
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, HttpPath, Level, TlsVersion, check_path};
    use crate::{Scalar as _, Text};

    #[test]
    fn h1_it_is_off_unless_turned_on_and_then_on_port_8888_of_this_machine() {
        let config = Config::default();
        assert!(!config.enabled && config.tls().is_none());
        assert_eq!(config.listen.to_string(), "localhost:8888");
        let paths = [&config.paths.metrics, &config.paths.healthz, &config.paths.readyz];
        assert_eq!(paths.map(HttpPath::as_str), ["/metrics", "/healthz", "/readyz"]);
        assert_eq!(config.level, Level::Normal);
        assert_eq!((config.unready_after, config.max_scrapes_per_second), (None, None));
    }

    #[test]
    fn h12_only_versions_of_tls_that_are_safe_are_spoken() {
        let read = |text: &str| TlsVersion::parse(&Text::filled(text)).map_err(|invalid| invalid.label);
        assert_eq!(read("1.2"), Ok(TlsVersion::Tls12));
        assert_eq!(read("1.3"), Ok(TlsVersion::Tls13));
        assert!(read("1.1").is_err_and(|why| why.contains("too old")));
        assert!(read("ssl").is_err());
    }

    #[test]
    fn c2_a_path_is_absolute_and_plain() {
        for good in ["/", "/metrics", "/a/b-c_d.e", "/~x/%20"] {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("metrics", "start"),
            ("", "start"),
            ("/a b", "white space"),
            ("/a\u{7}", "control"),
            ("/a?b", "query"),
            ("/a#b", "fragment"),
            ("/a/../b", ".."),
            ("/{x}", "no path"),
            ("/ü", "no path"),
        ] {
            assert!(check_path(bad).is_err_and(|found| found.contains(why)), "{bad}");
        }
        assert!(check_path(&"/x".repeat(200)).is_err());
    }
}
