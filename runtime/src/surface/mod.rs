// SPDX-License-Identifier: Apache-2.0
//! The collector's own HTTP surface: one listener, three routes (contract H1).
//!
//! - `GET /metrics`: what the collector says of itself, as Prometheus text or OpenMetrics
//! - `GET /healthz`: whether the process is alive
//! - `GET /readyz`: whether it does its work
//!
//! Where they are is the operator's choice. Must never: wait for a component. A probe reads
//! atomics, a scrape walks counters.

pub mod accept;
mod health;
mod probe;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::task::JoinSet;
use tracecore_schema::telemetry::{Config, Level};

pub use health::{Health, Probe};

use crate::Stopping;
use crate::http::{self, Limits};
use crate::telemetry::{Format, Registry, ServeExit};

/// The surface, bound and not yet served.
#[derive(Debug)]
pub struct Surface {
    listener: TcpListener,
    router: Router,
    registry: Registry,
}

impl Surface {
    /// Listens where the config says, so that a port in use is an error at once (contract H6).
    ///
    /// # Errors
    ///
    /// The address cannot be listened on; the message names it.
    pub fn bind(config: &Config, registry: Registry, health: Arc<Health>) -> io::Result<Self> {
        let listener = http::bind(&config.listen)?;
        if !config.listen.is_loopback() {
            tracing::warn!(
                "the collector's own telemetry is served without encryption on {}: anyone who reaches \
                 that address can read it; set `telemetry.listen` to `localhost:{}` unless that is meant",
                config.listen,
                config.listen.port()
            );
        }
        let router = routes(config, &registry, health);
        Ok(Self { listener, router, registry })
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
        task.spawn(http::serve(self.listener, self.router, limits, stop));
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

fn routes(config: &Config, registry: &Registry, health: Arc<Health>) -> Router {
    let (alive, ready) = (Arc::clone(&health), health);
    let paths = &config.paths;
    let router = Router::new()
        .route(
            paths.healthz.as_str(),
            get(async move |head: HeaderMap| probe::answer(alive.healthz(), &head)),
        )
        .route(paths.readyz.as_str(), get(async move |head: HeaderMap| probe::answer(ready.readyz(), &head)));
    if config.level == Level::None {
        return router;
    }
    let registry = registry.clone();
    router.route(paths.metrics.as_str(), get(async move |head: HeaderMap| metrics(&registry, &head)))
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
