// SPDX-License-Identifier: Apache-2.0
//! The accept loop.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Limits, Tls, connection};
use crate::Stopping;

/// Refusals under way at once; what comes beyond is closed without a word.
const REFUSALS: usize = 16;
/// How long to wait when the process has no file descriptor left for a connection.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// `accept` failing this often in a row is not going to get better.
const FAILURES: u32 = 100;

pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: axum::Router,
    limits: Limits,
    mut stop: Stopping,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = router
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n"))
        .fallback(async || (StatusCode::NOT_FOUND, "not found\n"));
    let limits = Arc::new(limits);
    // Dropping a set ends its tasks, so none goes on however this function returns.
    let mut served = JoinSet::new();
    let mut refused = JoinSet::new();
    let mut failures = 0;
    loop {
        tokio::select! {
            () = stop.stopped() => break,
            Some(_) = served.join_next() => {}
            Some(_) = refused.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    failures = 0;
                    if served.len() < limits.connections {
                        let (router, limits) = (router.clone(), Arc::clone(&limits));
                        served.spawn(connection::serve(stream, tls.clone(), router, limits, stop.clone()));
                    } else if refused.len() < REFUSALS {
                        refused.spawn(connection::refuse(stream, tls.clone()));
                    }
                }
                // The client gave up before it was accepted.
                Err(error) if is_clients(&error) => {}
                Err(error) => {
                    failures += 1;
                    if failures > FAILURES {
                        return Err(error);
                    }
                    tracing::warn!("cannot accept a connection: {error}");
                    sleep(EXHAUSTED).await;
                }
            },
        }
    }
    drop(listener);
    let deadline = Instant::now() + limits.stop_timeout;
    while let Ok(Some(_)) = timeout_at(deadline, served.join_next()).await {}
    served.shutdown().await;
    refused.shutdown().await;
    Ok(())
}

fn is_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
