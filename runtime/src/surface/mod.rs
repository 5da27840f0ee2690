// SPDX-License-Identifier: Apache-2.0
//! The collector's own HTTP surface: one listener, three routes (contract H1).
//!
//! - `GET /metrics`: what the collector says of itself, as Prometheus text or OpenMetrics
//! - `GET /healthz`: whether the process is alive
//! - `GET /readyz`: whether it does its work
//!
//! Both probes tell every component's state as well if they are asked with `?verbose`. Where
//! they are is the operator's choice. Must never: wait for a component. A probe reads atomics
//! and what components said last, a scrape walks counters.

pub mod accept;
mod health;
mod limit;
mod probe;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::task::JoinSet;
use tracecore_schema::telemetry::{Config, Level};

pub use health::{Health, Probe};

use self::limit::RateLimit;
use crate::Stopping;
use crate::http::{self, Limits, Tls, TlsFiles};
use crate::telemetry::{Format, Registry, ServeExit};

/// The surface, bound and not yet served.
#[derive(Debug)]
pub struct Surface {
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    registry: Registry,
}

impl Surface {
    /// Reads the certificates, if there is to be encryption (contract H12).
    ///
    /// # Errors
    ///
    /// A file cannot be read or is of no use; the message names it.
    pub fn certificates(config: &Config) -> io::Result<Option<Tls>> {
        files(config).map(Tls::load).transpose()
    }

    /// Listens where the config says, so that a port in use is an error at once (contract H6).
    ///
    /// # Errors
    ///
    /// The address cannot be listened on; the message names it.
    pub fn bind(
        config: &Config,
        tls: Option<Tls>,
        registry: Registry,
        health: Arc<Health>,
    ) -> io::Result<Self> {
        let listener = http::bind(&config.listen)?;
        if tls.is_none() && !config.listen.is_loopback() {
            tracing::warn!(
                "the collector's own telemetry is served without encryption on {}: anyone who reaches \
                 that address can read it; set `telemetry.listen` to `localhost:{}`, or set \
                 `telemetry.tls` with `client_ca_file`, unless that is meant",
                config.listen,
                config.listen.port()
            );
        }
        let router = routes(config, &registry, health);
        Ok(Self { listener, tls, router, registry })
    }

    /// Where it listens; tells the port that the system chose.
    ///
    /// # Errors
    ///
    /// The system cannot say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until told to stop. Every end is counted, one that was not asked for is logged
    /// with its cause (contract H9).
    ///
    /// # Errors
    ///
    /// The listener is of no use any more.
    pub async fn serve(self, stop: Stopping) -> io::Result<()> {
        let limits = Limits { panics: self.registry.panics(), ..Limits::default() };
        // A task of its own, because a task catches its panic; in a set, because that ends the
        // task with this future.
        let mut task = JoinSet::new();
        match self.tls {
            None => task.spawn(http::serve(self.listener, self.router, limits, stop)),
            Some(tls) => task.spawn(http::serve_tls(self.listener, tls, self.router, limits, stop)),
        };
        let (reason, outcome) = match task.join_next().await {
            None | Some(Ok(Ok(()))) => (ServeExit::Shutdown, Ok(())),
            Some(Ok(Err(error))) => (ServeExit::Accept, Err(error)),
            Some(Err(panic)) => (ServeExit::Panic, Err(io::Error::other(panic))),
        };
        self.registry.serve_exit(reason);
        if let Err(error) = &outcome {
            tracing::error!("the collector's own telemetry is no longer served: {error}");
        }
        outcome
    }
}

/// Where the certificates are, if there is to be encryption.
fn files(config: &Config) -> Option<TlsFiles> {
    let tls = config.tls()?;
    Some(TlsFiles {
        certificate: tls.cert_file.clone().unwrap_or_default(),
        key: tls.key_file.clone().unwrap_or_default(),
        client_ca: tls.client_ca_file.clone(),
        min_version: tls.min_version,
    })
}

fn routes(config: &Config, registry: &Registry, health: Arc<Health>) -> Router {
    let paths = &config.paths;
    let (alive, states) = (Arc::clone(&health), registry.clone());
    let healthz = async move |uri: Uri, head: HeaderMap| probe::answer(alive.healthz(), &uri, &head, &states);
    let (states, unready_after) = (registry.clone(), config.unready_after);
    let readyz = async move |uri: Uri, head: HeaderMap| {
        let trouble = || unready_after.and_then(|long| states.in_trouble_for(long));
        let ready = match health.readyz() {
            // Whether trouble that lasts is unreadiness is the operator's policy, not ours.
            Probe::Ready if trouble().is_some() => Probe::NotReady,
            ready => ready,
        };
        probe::answer(ready, &uri, &head, &states)
    };
    let router =
        Router::new().route(paths.healthz.as_str(), get(healthz)).route(paths.readyz.as_str(), get(readyz));
    if config.level == Level::None {
        return router;
    }
    let registry = registry.clone();
    let limit = config.max_scrapes_per_second.map(|most| Arc::new(RateLimit::per_second(most)));
    let scrape = async move |head: HeaderMap| match &limit {
        Some(limit) if !limit.take() => too_many(),
        _ => metrics(&registry, &head),
    };
    router.route(paths.metrics.as_str(), get(scrape))
}

fn too_many() -> Response {
    let head = [(header::RETRY_AFTER, "1")];
    (StatusCode::TOO_MANY_REQUESTS, head, "too many scrapes a second\n").into_response()
}

/// The scrape. Walking the counters takes less than a client's round trip, so it happens here,
/// on the I/O thread.
fn metrics(registry: &Registry, headers: &HeaderMap) -> Response {
    let format = if accept::openmetrics(headers) { Format::OpenMetrics } else { Format::Text };
    match registry.render(format) {
        Ok(page) => ([(header::CONTENT_TYPE, format.content_type())], page).into_response(),
        Err(error) => {
            tracing::error!("a scrape failed: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
        }
    }
}

#[cfg(test)]
mod tests;
