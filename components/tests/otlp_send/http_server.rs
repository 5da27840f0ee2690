// SPDX-License-Identifier: Apache-2.0
//! An HTTP/1.1 server that says, byte by byte, what it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What is said.
#[derive(Clone)]
pub enum Say {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Nothing for a while.
    Wait(Duration),
    /// These bytes, over and over.
    Endless(Vec<u8>),
    /// The connection ends, here.
    Close,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request line and the headers, in lower case.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What came.
#[derive(Debug, Default)]
pub struct Seen {
    /// The requests.
    pub requests: Mutex<Vec<Request>>,
    /// How many connections.
    pub connections: AtomicUsize,
}

impl Seen {
    /// The last request.
    pub fn last(&self) -> Request {
        self.requests.lock().unwrap().last().unwrap().clone()
    }
}

/// A whole answer.
pub fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<Say> {
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    vec![Say::Bytes([head.as_bytes(), body].concat())]
}

type Script = Arc<dyn Fn(usize, &Request) -> Vec<Say> + Send + Sync>;

/// How connections are accepted.
#[derive(Clone, Default)]
pub struct Door {
    /// Encrypted.
    pub tls: Option<TlsAcceptor>,
    /// A connection that ends, ends with a reset.
    pub resets: bool,
}

/// Answers the n-th request with what the script says.
pub async fn serve(
    door: Door,
    script: impl Fn(usize, &Request) -> Vec<Say> + Send + Sync + 'static,
) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let (script, shared): (Script, _) = (Arc::new(script), Arc::clone(&seen));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            shared.connections.fetch_add(1, Ordering::Relaxed);
            let (door, script, seen) = (door.clone(), Arc::clone(&script), Arc::clone(&shared));
            tokio::spawn(async move { connection(stream, door, script, seen).await });
        }
    });
    (address, seen)
}

async fn connection(stream: TcpStream, door: Door, script: Script, seen: Arc<Seen>) {
    if door.resets {
        stream.set_zero_linger().unwrap();
    }
    match door.tls {
        None => talk(stream, script, seen).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                talk(stream, script, seen).await;
            }
        }
    }
}

async fn talk(mut io: impl AsyncRead + AsyncWrite + Unpin, script: Script, seen: Arc<Seen>) {
    while let Some(request) = read(&mut io).await {
        let number = {
            let mut requests = seen.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        for say in script(number, &request) {
            let said = match say {
                Say::Bytes(bytes) => io.write_all(&bytes).await,
                Say::Wait(time) => {
                    tokio::time::sleep(time).await;
                    Ok(())
                }
                Say::Endless(bytes) => loop {
                    if let Err(error) = io.write_all(&bytes).await {
                        break Err(error);
                    }
                },
                Say::Close => return,
            };
            if said.is_err() {
                return;
            }
        }
    }
}

/// Reads a request with its body.
pub async fn read(io: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let mut request = Request { head, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    io.read_exact(&mut request.body).await.ok()?;
    Some(request)
}
