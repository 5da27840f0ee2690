// SPDX-License-Identifier: Apache-2.0
//! What must hold between options.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tracecore_schema::Secret;
use tracecore_schema::telemetry::TlsVersion;

use super::{Compression, Endpoint, HeaderText, Protocol, Proxy, Tls};

pub(super) fn endpoint_fits(endpoint: &Endpoint, protocol: &Protocol) -> Result<(), String> {
    if *protocol == Protocol::Grpc && !endpoint.path().is_empty() {
        return Err(format!(
            "`endpoint` has the path `{}`, which gRPC has no use for: remove it, or set `protocol: http/protobuf`",
            endpoint.path()
        ));
    }
    Ok(())
}

pub(super) fn tls_fits(endpoint: &Endpoint, tls: &Tls) -> Result<(), String> {
    let given = [
        (tls.ca_file.is_some(), "ca_file"),
        (tls.cert_file.is_some(), "cert_file"),
        (tls.key_file.is_some(), "key_file"),
        (tls.server_name.is_some(), "server_name"),
        (tls.min_version != TlsVersion::Tls12, "min_version"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, name)) if !endpoint.is_encrypted() => Err(format!(
            "`tls.{name}` is of no use with `{endpoint}`, which is not encrypted: write `https://`, or remove it"
        )),
        _ => Ok(()),
    }
}

pub(super) fn pair(cert_file: &Option<PathBuf>, key_file: &Option<PathBuf>) -> Result<(), String> {
    match (cert_file, key_file) {
        (Some(_), None) => Err("`cert_file` needs its `key_file`".to_owned()),
        (None, Some(_)) => Err("`key_file` needs its `cert_file`".to_owned()),
        _ => Ok(()),
    }
}

pub(super) fn server_name_fits(server_name: &Option<String>) -> Result<(), String> {
    let fits = |name: &str| {
        !name.is_empty()
            && name.len() < 254
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':'))
    };
    match server_name {
        Some(name) if !fits(name) => {
            Err(format!("`server_name`: expected a host name such as `collector.example`, found {name:?}"))
        }
        _ => Ok(()),
    }
}

pub(super) fn level_fits(compression: &Compression, level: &Option<u32>) -> Result<(), String> {
    let most = match compression {
        Compression::None if level.is_some() => {
            return Err("`compression_level` is of no use with `compression: none`".to_owned());
        }
        Compression::None => return Ok(()),
        Compression::Gzip => 9,
        Compression::Zstd => 19,
    };
    match level {
        Some(level) if !(1..=most).contains(level) => {
            let name = tracecore_schema::Scalar::show(compression);
            Err(format!("`compression_level`: expected 1 to {most} with `{name}`, found {level}"))
        }
        _ => Ok(()),
    }
}

/// What the exporter itself says in each request.
const OURS: [&str; 8] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
];

/// Whoever has the binary has every text in it.
fn is_secret(name: &str) -> bool {
    matches!(name, "authorization" | "proxy-authorization" | "cookie")
        || ["api-key", "apikey", "api_key", "token", "secret", "password", "license-key"]
            .iter()
            .any(|word| name.contains(word))
}

pub(super) fn headers_fit(
    headers: &BTreeMap<String, HeaderText>,
    token: &Option<Secret>,
) -> Result<(), String> {
    let mut seen = Vec::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let token_char = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token_char) {
            return Err(format!("`headers`: {name:?} is no name of a header"));
        }
        if OURS.contains(&lower.as_str()) || lower.starts_with("grpc-") {
            return Err(format!("`headers.{name}` is what the exporter itself says: remove it"));
        }
        if lower == "authorization" && token.is_some() {
            return Err(format!("`token` and `headers.{name}` say the same: remove one of the two"));
        }
        if seen.contains(&lower) {
            return Err(format!("`headers.{name}` is there twice: names of headers have no case"));
        }
        match value {
            HeaderText::Text(_) if is_secret(&lower) => {
                return Err(format!(
                    "`headers.{name}` is a secret and does not stand in a file that is compiled: \
                     write `${{env:NAME}}` or `${{file:/path}}`"
                ));
            }
            HeaderText::Text(text) if !text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) => {
                return Err(format!("`headers.{name}` has characters that no header may have"));
            }
            _ => {}
        }
        seen.push(lower);
    }
    Ok(())
}

pub(super) fn proxy_fits(proxy: &Proxy, credentials: &Option<Secret>) -> Result<(), String> {
    match (proxy, credentials) {
        (Proxy::At(_), _) | (_, None) => Ok(()),
        (_, Some(_)) => Err("`proxy_credentials` is for a `proxy` whose address stands there".to_owned()),
    }
}
