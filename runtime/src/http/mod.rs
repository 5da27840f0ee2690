// SPDX-License-Identifier: Apache-2.0
//! A small HTTP server for pages and probes: HTTP/1.1, GET and HEAD, a few connections.
//!
//! `axum::serve` sets no limits: a client that dribbles header bytes holds a connection for
//! ever. This accept loop keeps axum's router and puts limits around it (contract H10). It runs
//! on the I/O thread's runtime.
//!
//! Invariant: no client can keep a connection, a buffer or the thread for longer than the
//! limits say. Nothing here blocks.

mod bind;
mod connection;
mod guard;
pub mod pem;
mod server;
#[cfg(test)]
mod tests;
mod timed;
mod tls;
#[cfg(test)]
mod tls_tests;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

pub use bind::bind;
pub use tls::{Tls, TlsFiles};

use crate::Stopping;

/// What a server grants its clients.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at once; further ones are answered with 503.
    pub connections: usize,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// Header fields of a request.
    pub headers: usize,
    /// Time for the whole head of a request to arrive.
    pub header_timeout: Duration,
    /// Time a connection may stay open between two requests.
    pub idle_timeout: Duration,
    /// Time for an answer to be ready.
    pub answer_timeout: Duration,
    /// Time in which a client must take the whole of an answer.
    pub write_timeout: Duration,
    /// Time for answers under way when the server is told to stop.
    pub stop_timeout: Duration,
    /// Counts handlers that panicked.
    pub panics: Arc<AtomicU64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            header_bytes: 8 * 1024,
            headers: 64,
            header_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            answer_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            stop_timeout: Duration::from_millis(500),
            panics: Arc::default(),
        }
    }
}

/// Serves `router` until told to stop, then lets the answers under way finish. Paths that the
/// router does not have get 404, methods 405.
///
/// # Errors
///
/// The listener is of no use any more.
pub async fn serve(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    stop: Stopping,
) -> io::Result<()> {
    server::serve(listener, None, router, limits, stop).await
}

/// As [`serve`], encrypted.
///
/// # Errors
///
/// The listener is of no use any more.
pub async fn serve_tls(
    listener: TcpListener,
    tls: Tls,
    router: axum::Router,
    limits: Limits,
    stop: Stopping,
) -> io::Result<()> {
    server::serve(listener, Some(tls), router, limits, stop).await
}
