// SPDX-License-Identifier: Apache-2.0
//! One connection, from its acceptance to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Limits;
use super::guard::answer;
use super::timed::Timed;
use super::tls::Tls;
use crate::Stopping;

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Length: 21\r\nConnection: close\r\n\r\ntoo many connections\n";

/// How long telling a client that there is no room may take.
const REFUSAL: Duration = Duration::from_secs(1);

/// Serves a connection until its client leaves, a limit is reached, or the server stops and
/// the answer under way is written.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<Tls>,
    router: axum::Router,
    limits: Arc<Limits>,
    mut stop: Stopping,
) {
    match tls {
        None => talk(stream, router, limits, stop).await,
        Some(tls) => {
            // A handshake has as long as a head has.
            let handshake = timeout(limits.header_timeout, tls.acceptor().accept(stream));
            let shaken = tokio::select! {
                shaken = handshake => shaken,
                () = stop.stopped() => return,
            };
            match shaken {
                Ok(Ok(stream)) => talk(stream, router, limits, stop).await,
                // Anybody can cause these at will: they are nothing to tell an operator.
                Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        }
    }
}

async fn talk<S>(stream: S, router: axum::Router, limits: Arc<Limits>, mut stop: Stopping)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let io = Timed::new(stream, &limits);
    let head_complete = io.head_complete();
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_buf_size(limits.header_bytes)
        .max_headers(limits.headers)
        .half_close(false);
    let service = service_fn(|request: Request<Incoming>| {
        head_complete.store(true, Ordering::Relaxed);
        answer(router.clone(), request, &limits)
    });
    let connection = builder.serve_connection(io, service);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is its client's business: a reset or a time-out is no failure here.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.stopped() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Tells a client that there is no room. Reads what it sent, for a moment: closing a socket with
/// unread bytes would take the answer back.
pub(super) async fn refuse(stream: TcpStream, tls: Option<Tls>) {
    let _ = timeout(REFUSAL, async {
        match tls {
            None => busy(stream).await,
            Some(tls) => {
                if let Ok(stream) = tls.acceptor().accept(stream).await {
                    busy(stream).await;
                }
            }
        }
    })
    .await;
}

async fn busy<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    if stream.write_all(BUSY).await.is_ok() && stream.shutdown().await.is_ok() {
        let mut unread = [0; 512];
        while matches!(stream.read(&mut unread).await, Ok(1..)) {}
    }
}
