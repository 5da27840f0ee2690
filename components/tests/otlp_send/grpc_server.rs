// SPDX-License-Identifier: Apache-2.0
//! An HTTP/2 server that answers, stream by stream, what it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use h2::Reason;
use h2::server::SendResponse;
use hyper::body::Bytes;
use hyper::http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What is answered.
#[derive(Clone)]
pub enum Reply {
    /// A head, a body, and trailers if there are any.
    Whole {
        /// Of HTTP.
        status: u16,
        /// In the head.
        headers: Vec<(&'static str, String)>,
        /// In between.
        body: Vec<u8>,
        /// At the end; without any, the body is the end.
        trailers: Vec<(&'static str, String)>,
    },
    /// The stream is reset before an answer.
    Reset(Reason),
    /// The head and half a message, then the stream is reset.
    Broken,
    /// The head and half a message, then nothing.
    Late,
    /// A body without an end.
    Endless,
    /// Nothing.
    Silence,
    /// The server wants this connection no more.
    GoAway,
}

/// What came.
#[derive(Debug, Default)]
pub struct Seen {
    /// Heads and bodies.
    pub requests: Mutex<Vec<(Request<()>, Vec<u8>)>>,
    /// How many connections.
    pub connections: AtomicUsize,
}

/// A message of gRPC.
pub fn message(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), bytes].concat()
}

/// A status with words and, if there are any, details.
pub fn status(code: u32, words: &str) -> Vec<(&'static str, String)> {
    vec![("grpc-status", code.to_string()), ("grpc-message", words.to_owned())]
}

/// A message and OK.
pub fn ok(bytes: &[u8]) -> Reply {
    Reply::Whole {
        status: 200,
        headers: vec![("content-type", "application/grpc".to_owned())],
        body: message(bytes),
        trailers: status(0, ""),
    }
}

/// Another status, behind a head.
pub fn failed(trailers: Vec<(&'static str, String)>) -> Reply {
    let headers = vec![("content-type", "application/grpc".to_owned())];
    Reply::Whole { status: 200, headers, body: Vec::new(), trailers }
}

type Script = Arc<dyn Fn(usize) -> Reply + Send + Sync>;

/// Answers the n-th request with what the script says.
pub async fn serve(
    tls: Option<TlsAcceptor>,
    script: impl Fn(usize) -> Reply + Send + Sync + 'static,
) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let (script, shared): (Script, _) = (Arc::new(script), Arc::clone(&seen));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            shared.connections.fetch_add(1, Ordering::Relaxed);
            let (script, seen, tls) = (Arc::clone(&script), Arc::clone(&shared), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => connection(stream, script, seen).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            connection(stream, script, seen).await;
                        }
                    }
                }
            });
        }
    });
    (address, seen)
}

async fn connection(io: impl AsyncRead + AsyncWrite + Unpin, script: Script, seen: Arc<Seen>) {
    let Ok(mut connection) = h2::server::handshake(io).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let (head, mut incoming) = request.into_parts();
        let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
        let (went, away) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let mut body = Vec::new();
            while let Some(Ok(data)) = incoming.data().await {
                let _ = incoming.flow_control().release_capacity(data.len());
                body.extend_from_slice(&data);
            }
            let number = {
                let mut requests = seen.requests.lock().unwrap();
                requests.push((Request::from_parts(head, ()), body));
                requests.len() - 1
            };
            let reply = script(number);
            if matches!(reply, Reply::GoAway) {
                let _ = went.send(());
                // The stream is still open when the connection says good-bye.
                tokio::time::sleep(Duration::from_secs(5)).await;
                return;
            }
            drop(went);
            answer(respond, reply).await;
        });
        // One request at a time, so that a good-bye can be said here.
        let gone = tokio::select! {
            gone = away => gone.is_ok(),
            _ = std::future::poll_fn(|cx| connection.poll_closed(cx)) => return,
        };
        if gone {
            connection.abrupt_shutdown(Reason::NO_ERROR);
        }
    }
}

async fn answer(mut respond: SendResponse<Bytes>, reply: Reply) {
    let head = || Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    match reply {
        Reply::Whole { status, headers, body, trailers } => {
            let mut head = Response::builder().status(status);
            for (name, value) in headers {
                head = head.header(name, value);
            }
            let alone = body.is_empty() && trailers.is_empty();
            let Ok(mut stream) = respond.send_response(head.body(()).unwrap(), alone) else { return };
            if !body.is_empty() {
                let _ = stream.send_data(body.into(), trailers.is_empty());
            }
            if !trailers.is_empty() {
                let mut map = HeaderMap::new();
                for (name, value) in trailers {
                    map.append(name, value.parse().unwrap());
                }
                let _ = stream.send_trailers(map);
            }
        }
        Reply::Reset(reason) => respond.send_reset(reason),
        Reply::Broken => {
            let mut stream = respond.send_response(head(), false).unwrap();
            let _ = stream.send_data(Bytes::from_static(&[0, 0, 0]), false);
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.send_reset(Reason::INTERNAL_ERROR);
        }
        Reply::Late => {
            let mut stream = respond.send_response(head(), false).unwrap();
            let _ = stream.send_data(Bytes::from_static(&[0, 0, 0]), false);
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        Reply::Endless => {
            let mut stream = respond.send_response(head(), false).unwrap();
            loop {
                stream.reserve_capacity(16 * 1024);
                match std::future::poll_fn(|cx| stream.poll_capacity(cx)).await {
                    Some(Ok(0)) => {}
                    Some(Ok(room)) => {
                        if stream.send_data(vec![7; room].into(), false).is_err() {
                            return;
                        }
                    }
                    _ => return,
                }
            }
        }
        Reply::Silence | Reply::GoAway => tokio::time::sleep(Duration::from_secs(5)).await,
    }
}
