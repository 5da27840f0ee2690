// SPDX-License-Identifier: Apache-2.0
//! The half on the I/O thread: one attempt to deliver.
//!
//! Invariants: an attempt ends within its time-out, whatever the server does; of an answer no
//! more than [`ANSWER_BYTES`] is kept; a secret is in no message; nothing is tried twice here,
//! since that is the runtime's.

mod answer;
mod body;
mod connect;
mod grpc;
mod headers;
mod http;
mod messages;
mod pool;
mod request;
mod tls;

use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use tokio::time::{Instant, timeout_at};
use tracecore_runtime::queue::FrameBatch;
use tracecore_runtime::{Delivered, ErrorKind, Fault, Settings};

use self::body::{Answer, read};
use self::headers::Headers;
use self::pool::Pool;
use self::request::Requests;
use super::OtlpKind;
use super::config::{Config, Protocol};

/// Of an answer no more than this is kept. What a server has to say fits into a few hundred.
const ANSWER_BYTES: usize = 64 * 1024;

/// Sends requests, and says what became of them.
#[derive(Debug)]
pub(super) struct Sender {
    protocol: Protocol,
    timeout: Duration,
    requests: Requests,
    headers: Headers,
    pool: Pool,
}

impl Sender {
    /// Reads secrets and certificates. Connects to nobody yet.
    pub(super) fn open(config: &Config, settings: &Settings) -> Result<Self, String> {
        Ok(Self {
            protocol: config.protocol,
            timeout: config.timeout,
            requests: Requests::new(config, settings.build.version)?,
            headers: Headers::open(config)?,
            pool: Pool::open(config)?,
        })
    }

    /// One attempt.
    pub(super) async fn send(&self, batch: &FrameBatch) -> Result<Delivered, Fault<OtlpKind>> {
        let mut request = self.requests.request(batch).map_err(|why| OtlpKind::Marshal.because(why))?;
        self.headers.add(request.headers_mut());
        let answer = self.exchange(request).await?;
        match self.protocol {
            Protocol::Grpc => grpc::outcome(&answer, batch.items()),
            Protocol::HttpProtobuf | Protocol::HttpJson => http::outcome(&answer, batch.items()),
        }
    }

    /// Sends a request and reads what is answered, as far as it comes in time.
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, Fault<OtlpKind>> {
        let deadline = Instant::now() + self.timeout;
        let response = match timeout_at(deadline, self.pool.send(request)).await {
            Err(_) => return Err(answer::timed_out("no answer", self.timeout)),
            Ok(Err(error)) => return Err(answer::unanswered(&error)),
            Ok(Ok(response)) => response,
        };
        Ok(read(response, deadline, self.timeout).await)
    }
}
