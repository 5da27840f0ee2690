// SPDX-License-Identifier: Apache-2.0
//! An answer, read as far as it comes in time and within bounds.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::response::Parts;
use hyper::{HeaderMap, Response};
use tokio::time::{Instant, timeout_at};
use tracecore_runtime::{ErrorKind, Fault};

use super::ANSWER_BYTES;
use super::answer::{chain, timed_out};
use crate::exporters::otlp::OtlpKind;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Status and headers.
    pub(super) head: Parts,
    /// What was read of the body.
    pub(super) body: Vec<u8>,
    /// What followed the body.
    pub(super) trailers: HeaderMap,
    /// How reading ended.
    pub(super) end: End,
}

/// How reading a body ended.
#[derive(Debug)]
pub(super) enum End {
    /// It is all there.
    Complete,
    /// There was more of it than anybody needs.
    TooLong,
    /// The connection or the stream broke.
    Broken(String),
    /// The rest did not come in time.
    Late(Duration),
}

impl Answer {
    /// The body, if all of it is there.
    ///
    /// # Errors
    ///
    /// What keeps it from being judged. That it broke or is late may be otherwise next time.
    pub(super) fn complete(&self) -> Result<&[u8], Fault<OtlpKind>> {
        match &self.end {
            End::Complete => Ok(&self.body),
            End::TooLong => Err(OtlpKind::Rejected.because(format!(
                "status {} with an answer longer than {ANSWER_BYTES} bytes, which is none of OTLP's",
                self.head.status
            ))),
            End::Broken(why) => Err(OtlpKind::Io.because(format!("the answer broke off: {why}")).transient()),
            End::Late(timeout) => Err(timed_out("the answer did not end", *timeout)),
        }
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }
}

/// Reads an answer.
pub(super) async fn read(response: Response<Incoming>, deadline: Instant, timeout: Duration) -> Answer {
    let (head, mut incoming) = response.into_parts();
    let mut answer = Answer { head, body: Vec::new(), trailers: HeaderMap::new(), end: End::Complete };
    loop {
        match timeout_at(deadline, incoming.frame()).await {
            Err(_) => answer.end = End::Late(timeout),
            Ok(Some(Err(error))) => answer.end = End::Broken(chain(&error)),
            Ok(None) => {}
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    let room = ANSWER_BYTES - answer.body.len();
                    answer.body.extend_from_slice(&data[..data.len().min(room)]);
                    if data.len() <= room {
                        continue;
                    }
                    answer.end = End::TooLong;
                }
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        answer.trailers = trailers;
                    }
                    continue;
                }
            },
        }
        return answer;
    }
}
