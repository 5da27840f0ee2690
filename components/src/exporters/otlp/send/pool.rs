// SPDX-License-Identifier: Apache-2.0
//! Connections. They are made when they are needed, kept, and replaced when they break.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::Connector;
use crate::exporters::otlp::config::{Config, Protocol};

/// A connection over which nothing came for this long is asked whether it is still there; if it
/// does not answer, it is given up. Without it, a connection whose other end has vanished would
/// be used until the kernel notices, which takes a quarter of an hour.
const STILL_THERE: Duration = Duration::from_secs(20);
/// A connection that is not used is closed after this long.
const IDLE: Duration = Duration::from_secs(90);

/// Connections to one server.
#[derive(Debug)]
pub(super) struct Pool {
    /// One for each connection: HTTP/2 would put everything on one.
    clients: Vec<Client<Connector, Full<Bytes>>>,
    next: AtomicUsize,
}

impl Pool {
    /// Reads certificates and looks for a proxy. Connects to nobody yet.
    ///
    /// # Errors
    ///
    /// A file is of no use; the message names it.
    pub(super) fn open(config: &Config) -> Result<Self, String> {
        let connector = Connector::open(config)?;
        let client = || {
            let mut builder = Client::builder(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(1);
            if config.protocol == Protocol::Grpc {
                builder
                    .http2_only(true)
                    .http2_keep_alive_interval(STILL_THERE)
                    .http2_keep_alive_timeout(config.timeout)
                    .http2_initial_stream_window_size(u32::try_from(super::ANSWER_BYTES).unwrap_or(u32::MAX))
                    .http2_adaptive_window(false);
            }
            builder.build(connector.clone())
        };
        Ok(Self { clients: (0..config.connections).map(|_| client()).collect(), next: AtomicUsize::new(0) })
    }

    /// Sends a request over the next connection.
    ///
    /// # Errors
    ///
    /// There is none to be had, or it broke before the answer began.
    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.clients.len().max(1);
        self.clients[at].request(request).await
    }
}
