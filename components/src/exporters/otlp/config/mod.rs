// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

mod endpoint;
mod header;
mod rules;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tracecore_schema::Secret;
use tracecore_schema::delivery::{QueueConfig, RetryConfig};
use tracecore_schema::telemetry::{HttpPath, TlsVersion};

pub use endpoint::{Endpoint, endpoint};
pub use header::HeaderText;
pub use words::{Compression, Protocol, Proxy, proxy};

/// Sends to whatever speaks OTLP: an OpenTelemetry Collector, or a backend itself. Over gRPC or
/// HTTP, compressed and encrypted; what cannot be sent now waits and is tried again.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(exporter = "otlp", signals(metrics, logs), rust = Otlp)]
#[config(
    rule(rules::endpoint_fits(endpoint, protocol)),
    rule(rules::tls_fits(endpoint, tls)),
    rule(rules::level_fits(compression, compression_level)),
    rule(rules::headers_fit(headers, token)),
    rule(rules::proxy_fits(proxy, proxy_credentials))
)]
pub struct Config {
    /// Where the server is: `http://` or `https://`, a host, and a port unless it is 80 or 443.
    /// With HTTP a path may follow, which comes before each signal's own.
    pub endpoint: Endpoint,
    /// What is spoken: `grpc`, `http/protobuf` or `http/json`.
    #[config(fixed, default = "grpc")]
    pub protocol: Protocol,
    /// How requests are compressed: `none`, `gzip`, which every server knows, or `zstd`, which
    /// costs a tenth of it.
    #[config(default = "gzip")]
    pub compression: Compression,
    /// How hard: 1 to 9 for `gzip`, 1 to 19 for `zstd`. Without it, 1.
    pub compression_level: Option<u32>,
    /// What is sent with each request besides. A value from a file is read again when the file
    /// changes.
    #[config(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// What is sent as `authorization: Bearer ..`. A file is read again when it changes.
    pub token: Option<Secret>,
    /// Encryption, beyond what `https://` says by itself: the system's root certificates.
    #[config(default)]
    pub tls: Tls,
    /// Whether to go through a proxy, by CONNECT: `env` (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and
    /// NO_PROXY), `none`, or its address such as `http://proxy:3128`.
    #[config(default = "env")]
    pub proxy: Proxy,
    /// `name:password` for the proxy whose address stands in `proxy`.
    pub proxy_credentials: Option<Secret>,
    /// How long one attempt may take, connecting included.
    #[config(default = "10s", min = "100ms", max = "10m")]
    pub timeout: Duration,
    /// Among how many connections requests are spread. More than one is of use only if
    /// `queue.concurrency` is larger than 1.
    #[config(default = 1, min = 1, max = 64)]
    pub connections: u32,
    /// Where requests go with HTTP, behind the path of `endpoint`.
    #[config(default)]
    pub paths: Paths,
    /// Attributes of the resource, besides or instead of what the collector says of itself
    /// (`host.name`, `service.name`, `service.version`, `service.instance.id`).
    #[config(default)]
    pub resource: BTreeMap<String, String>,
    /// What waits to be sent.
    #[config(default)]
    pub queue: QueueConfig,
    /// What happens to a request that cannot be delivered now.
    #[config(default)]
    pub retry: RetryConfig,
}

impl Config {
    /// To this server, everything else as it is by default.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            protocol: Protocol::Grpc,
            compression: Compression::Gzip,
            compression_level: None,
            headers: BTreeMap::new(),
            token: None,
            tls: Tls::default(),
            proxy: Proxy::Env,
            proxy_credentials: None,
            timeout: Duration::from_secs(10),
            connections: 1,
            paths: Paths::default(),
            resource: BTreeMap::new(),
            queue: QueueConfig::default(),
            retry: RetryConfig::default(),
        }
    }
}

/// Encryption. Files are read again when a connection is made.
#[derive(Clone, Debug, PartialEq, Eq, tracecore_schema::Config)]
#[config(rule(rules::pair(cert_file, key_file)), rule(rules::server_name_fits(server_name)))]
pub struct Tls {
    /// Who may sign the server's certificate, as PEM, instead of the system's roots.
    pub ca_file: Option<PathBuf>,
    /// The certificate that is shown to the server, and those between it and its root, as PEM.
    pub cert_file: Option<PathBuf>,
    /// The key that belongs to it, as PEM.
    pub key_file: Option<PathBuf>,
    /// The name that the server's certificate must bear, instead of the endpoint's host.
    pub server_name: Option<String>,
    /// The oldest version of TLS that is spoken.
    #[config(default = "1.2")]
    pub min_version: TlsVersion,
}

/// Where requests go with HTTP.
#[derive(Clone, Debug, PartialEq, Eq, tracecore_schema::Config)]
pub struct Paths {
    /// Those with metrics.
    #[config(default = "/v1/metrics")]
    pub metrics: HttpPath,
    /// Those with logs.
    #[config(default = "/v1/logs")]
    pub logs: HttpPath,
}

#[cfg(test)]
mod tests;
