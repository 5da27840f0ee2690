// SPDX-License-Identifier: Apache-2.0
//! What each answer over gRPC leads to.

use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use h2::Reason;
use prost::Message;
use tracecore_components::exporters::otlp::Protocol;

use crate::grpc_server::{Reply, failed, ok, serve, status};
use crate::http::partial;
use crate::support::{attempt, config, exporter};

/// `google.rpc.RetryInfo` in a `google.protobuf.Any`.
pub fn retry_info(seconds: i64, nanos: i32) -> Vec<u8> {
    #[derive(Clone, PartialEq, Message)]
    struct Span {
        #[prost(int64, tag = "1")]
        seconds: i64,
        #[prost(int32, tag = "2")]
        nanos: i32,
    }
    #[derive(Clone, PartialEq, Message)]
    struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        delay: Option<Span>,
    }
    RetryInfo { delay: Some(Span { seconds, nanos }) }.encode_to_vec()
}

/// `google.rpc.Status`, with details if there are any, among others that nobody knows.
pub fn status_message(message: &str, info: Option<Vec<u8>>) -> Vec<u8> {
    #[derive(Clone, PartialEq, Message)]
    struct Any {
        #[prost(string, tag = "1")]
        type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        value: Vec<u8>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
        #[prost(message, repeated, tag = "3")]
        details: Vec<Any>,
    }
    let other = Any { type_url: "type.googleapis.com/google.rpc.Help".to_owned(), value: vec![1, 2, 3] };
    let info =
        info.map(|value| Any { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value });
    let details = [other].into_iter().chain(info).collect();
    Status { code: 8, message: message.to_owned(), details }.encode_to_vec()
}

/// A status with `RetryInfo`.
fn with_wait(code: u32, seconds: i64) -> Vec<(&'static str, String)> {
    let details = status_message("full", Some(retry_info(seconds, 0)));
    let mut trailers = status(code, "full");
    trailers.push(("grpc-status-details-bin", STANDARD_NO_PAD.encode(details)));
    trailers
}

fn of_http(status: u16) -> Reply {
    Reply::Whole {
        status,
        headers: vec![("content-type", "text/html".to_owned())],
        body: b"a proxy".to_vec(),
        trailers: Vec::new(),
    }
}

fn whole(content_type: &str, body: &[u8], trailers: Vec<(&'static str, String)>) -> Reply {
    let headers = vec![("content-type", content_type.to_owned())];
    Reply::Whole { status: 200, headers, body: body.to_vec(), trailers }
}

async fn with(reply: Reply) -> String {
    let (address, _) = serve(None, move |_| reply.clone()).await;
    attempt(&exporter(config(Protocol::Grpc, &format!("http://{address}"))), Protocol::Grpc).await
}

/// The rows of the README's table about gRPC, with what provokes each.
pub fn rows() -> Vec<(&'static str, &'static str, &'static str, Reply)> {
    vec![
        ("gRPC: OK", "delivered", "", ok(b"")),
        ("gRPC: OK with a partial success", "delivered but", " 3: too old", ok(&partial())),
        ("gRPC: CANCELLED", "`io`, tried again", ": CANCELLED: w o", failed(status(1, "w%20o"))),
        (
            "gRPC: DEADLINE_EXCEEDED",
            "`timeout`, tried again",
            ": DEADLINE_EXCEEDED: w",
            failed(status(4, "w")),
        ),
        (
            "gRPC: RESOURCE_EXHAUSTED with `RetryInfo`",
            "`throttled`, tried again after",
            " 4s: RESOURCE_EXHAUSTED: full",
            failed(with_wait(8, 4)),
        ),
        (
            "gRPC: RESOURCE_EXHAUSTED without it",
            "`rejected`, dropped",
            ": RESOURCE_EXHAUSTED: w",
            failed(status(8, "w")),
        ),
        ("gRPC: ABORTED", "`io`, tried again", ": ABORTED: w", failed(status(10, "w"))),
        ("gRPC: OUT_OF_RANGE", "`io`, tried again", ": OUT_OF_RANGE: w", failed(status(11, "w"))),
        ("gRPC: UNAVAILABLE", "`io`, tried again", ": UNAVAILABLE: w", failed(status(14, "w"))),
        (
            "gRPC: UNAVAILABLE with `RetryInfo`",
            "`throttled`, tried again after",
            " 4s: UNAVAILABLE: full",
            failed(with_wait(14, 4)),
        ),
        ("gRPC: DATA_LOSS", "`io`, tried again", ": DATA_LOSS: w", failed(status(15, "w"))),
        (
            "gRPC: UNAUTHENTICATED, PERMISSION_DENIED",
            "`auth`, dropped",
            ": UNAUTHENTICATED: w",
            failed(status(16, "w")),
        ),
        ("gRPC: any other code", "`rejected`, dropped", ": INVALID_ARGUMENT: w", failed(status(3, "w"))),
        (
            "gRPC: OK with a body that is no protobuf",
            "`rejected`, dropped",
            ": an answer that is none of OTLP's",
            ok(b"\xff\xff\xff"),
        ),
        (
            "gRPC: OK without a message, or with one of another length",
            "`rejected`, dropped",
            ": an answer of OTLP that is cut short",
            whole("application/grpc", b"", status(0, "")),
        ),
        (
            "gRPC: a compressed answer, which was not asked for",
            "`rejected`, dropped",
            ": a compressed answer",
            whole("application/grpc", &[1, 0, 0, 0, 0], status(0, "")),
        ),
        (
            "gRPC: no `grpc-status`",
            "`rejected`, dropped",
            ": no answer of gRPC: there is no `grpc-status` in it",
            whole("application/grpc", &[0, 0, 0, 0, 0], Vec::new()),
        ),
        (
            "gRPC: another content type",
            "`rejected`, dropped",
            ": no answer of gRPC: content type `text/html`",
            whole("text/html", b"welcome", Vec::new()),
        ),
        (
            "gRPC: HTTP status 429, 502, 503, 504",
            "`io`, tried again",
            ": no answer of gRPC, but HTTP status 503 Service Unavailable: a proxy",
            of_http(503),
        ),
        (
            "gRPC: HTTP status 401, 403",
            "`auth`, dropped",
            ": no answer of gRPC, but HTTP status 403",
            of_http(403),
        ),
        (
            "gRPC: any other HTTP status",
            "`rejected`, dropped",
            ": no answer of gRPC, but HTTP status 404",
            of_http(404),
        ),
        (
            "gRPC: the stream is reset before the answer",
            "`io`, tried again",
            ": ",
            Reply::Reset(Reason::REFUSED_STREAM),
        ),
        (
            "gRPC: the stream is reset in the answer",
            "`io`, tried again",
            ": the answer broke off",
            Reply::Broken,
        ),
        ("gRPC: the server closes the connection (GOAWAY)", "`io`, tried again", ": ", Reply::GoAway),
        ("gRPC: no answer in time", "`timeout`, tried again", ": no answer within 1s", Reply::Silence),
        (
            "gRPC: an answer that does not end in time",
            "`timeout`, tried again",
            ": the answer did not end within 1s",
            Reply::Late,
        ),
        (
            "gRPC: an answer of more than 64 KiB",
            "`rejected`, dropped",
            ": status 200 OK with an answer longer than 65536 bytes",
            Reply::Endless,
        ),
    ]
}

#[tokio::test]
async fn each_answer_leads_to_its_outcome() {
    let mut wrong = Vec::new();
    for (row, outcome, words, reply) in rows() {
        let told = with(reply).await;
        if !told.starts_with(&format!("{outcome}{words}")) {
            wrong.push(format!("{row}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every code there is and some there are not, in the head alone and behind a head, with and
/// without `RetryInfo`.
#[tokio::test]
async fn every_code_is_told_apart() {
    let alone = |trailers: Vec<(&'static str, String)>| {
        let mut headers = vec![("content-type", "application/grpc".to_owned())];
        headers.extend(trailers);
        Reply::Whole { status: 200, headers, body: Vec::new(), trailers: Vec::new() }
    };
    let mut script = Vec::new();
    let mut expected = Vec::new();
    for code in (1..20).chain([99, 4_000_000_000]) {
        for (wait, trailers) in [(false, status(code, "w")), (true, with_wait(code, 4))] {
            let again = matches!(code, 1 | 4 | 10 | 11 | 14 | 15) || (code == 8 && wait);
            let outcome = match (again, wait) {
                (true, true) => "`throttled`, tried again after 4s: ",
                (true, false) if code == 4 => "`timeout`, tried again: ",
                (true, false) => "`io`, tried again: ",
                (false, _) if matches!(code, 7 | 16) => "`auth`, dropped: ",
                (false, _) => "`rejected`, dropped: ",
            };
            for reply in [failed(trailers.clone()), alone(trailers)] {
                script.push(reply);
                expected.push((code, wait, outcome));
            }
        }
    }
    let (address, seen) = serve(None, move |number| script[number].clone()).await;
    let exporter = exporter(config(Protocol::Grpc, &format!("http://{address}")));
    for (code, wait, outcome) in expected {
        let told = attempt(&exporter, Protocol::Grpc).await;
        assert!(told.starts_with(outcome), "code {code}, `RetryInfo` {wait}: {told}");
    }
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1, "no status costs a connection");
}

#[tokio::test]
async fn details_are_read_with_padding_and_without_and_garbage_is_none() {
    let details = |text: String| {
        let mut trailers = status(8, "w");
        trailers.push(("grpc-status-details-bin", text));
        failed(trailers)
    };
    let info = |seconds, nanos| status_message("full", Some(retry_info(seconds, nanos)));
    for (reply, outcome) in [
        (details(STANDARD.encode(info(1, 5_000_000))), "`throttled`, tried again after 1.005s"),
        (details(STANDARD_NO_PAD.encode(info(1, 5_000_000))), "`throttled`, tried again after 1.005s"),
        (details(STANDARD.encode(info(0, 0))), "`throttled`, tried again: "),
        (details(STANDARD.encode(info(-5, 0))), "`throttled`, tried again: "),
        (details(STANDARD.encode(info(i64::MAX, i32::MAX))), "`throttled`, tried again after 3600s"),
        (details(STANDARD.encode(status_message("full", None))), "`rejected`, dropped"),
        (details("!!!".to_owned()), "`rejected`, dropped"),
        (details(STANDARD.encode([0xff; 30])), "`rejected`, dropped"),
    ] {
        let told = with(reply).await;
        assert!(told.starts_with(outcome), "{told}");
    }
}
