// SPDX-License-Identifier: Apache-2.0
//! What each answer over HTTP leads to.

use std::time::{Duration, SystemTime};

use prost::Message;
use tracecore_components::exporters::otlp::Protocol;

use crate::grpc::{retry_info, status_message};
use crate::http_server::{Door, Say, answer, serve};
use crate::support::{attempt, config, exporter};

/// `ExportMetricsServiceResponse` that says that three points were refused.
pub fn partial() -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
    };
    let partial =
        ExportMetricsPartialSuccess { rejected_data_points: 3, error_message: "too old".to_owned() };
    ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
}

/// One attempt with this answer.
async fn with(protocol: Protocol, says: Vec<Say>) -> String {
    let resets = says.iter().any(|say| matches!(say, Say::Close));
    let (address, _) = serve(Door { resets, ..Door::default() }, move |_, _| says.clone()).await;
    attempt(&exporter(config(protocol, &format!("http://{address}"))), protocol).await
}

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const HTML: (&str, &str) = ("content-type", "text/html");

/// The rows of the README's table about HTTP, with what provokes each: answer, outcome, the
/// words that follow it, and what the server says.
pub fn rows() -> Vec<(&'static str, &'static str, &'static str, Protocol, Vec<Say>)> {
    let (protobuf, json) = (Protocol::HttpProtobuf, Protocol::HttpJson);
    let text = |status: &'static str| answer(status, &[HTML], b"<p>no\nroom</p>");
    let late = Say::Wait(Duration::from_secs(5));
    vec![
        ("HTTP: success", "delivered", "", protobuf, answer("200 OK", &[PROTOBUF], b"")),
        ("HTTP: success in JSON", "delivered", "", json, answer("200 OK", &[JSON], b"{}")),
        ("HTTP: success without a body", "delivered", "", protobuf, answer("202 Accepted", &[], b"")),
        (
            "HTTP: partial success",
            "delivered but",
            " 3: too old",
            protobuf,
            answer("200 OK", &[PROTOBUF], &partial()),
        ),
        (
            "HTTP: partial success in JSON",
            "delivered but",
            " 3: too old",
            json,
            answer(
                "200 OK",
                &[JSON],
                br#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}"#,
            ),
        ),
        (
            "HTTP: a warning with success",
            "delivered:",
            " upgrade",
            json,
            answer("200 OK", &[JSON], br#"{"partialSuccess":{"errorMessage":"upgrade"}}"#),
        ),
        (
            "HTTP: success with a body that is no protobuf",
            "`rejected`, dropped",
            ": status 200 OK with an answer that is none of OTLP's",
            protobuf,
            answer("200 OK", &[PROTOBUF], b"\xff\xff\xff"),
        ),
        (
            "HTTP: success with a body that is no JSON",
            "`rejected`, dropped",
            ": status 200 OK with an answer that is none of OTLP's",
            json,
            answer("200 OK", &[JSON], b"<html>"),
        ),
        (
            "HTTP: success with another content type",
            "`rejected`, dropped",
            ": status 200 OK with an answer that is none of OTLP's: content type `text/html`",
            protobuf,
            answer("200 OK", &[HTML], b"welcome"),
        ),
        (
            "HTTP: success with a body of more than 64 KiB",
            "`rejected`, dropped",
            ": status 200 OK with an answer longer than 65536 bytes",
            protobuf,
            vec![
                Say::Bytes(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\n\r\n".to_vec()),
                Say::Endless(vec![b'x'; 4096]),
            ],
        ),
        (
            "HTTP: 429",
            "`throttled`, tried again",
            ": status 429 Too Many Requests: <p>no room</p>",
            protobuf,
            text("429 Too Many Requests"),
        ),
        (
            "HTTP: 429 with `Retry-After`",
            "`throttled`, tried again after",
            " 7s: status 429",
            protobuf,
            answer("429 Too Many Requests", &[("retry-after", "7")], b""),
        ),
        (
            "HTTP: 502, 503, 504",
            "`io`, tried again",
            ": status 503 Service Unavailable: <p>no room</p>",
            protobuf,
            text("503 Service Unavailable"),
        ),
        (
            "HTTP: 502, 503, 504 with `Retry-After`",
            "`throttled`, tried again after",
            " 7s: status 503",
            protobuf,
            answer("503 Service Unavailable", &[("retry-after", "7")], b""),
        ),
        (
            "HTTP: 401, 403",
            "`auth`, dropped",
            ": status 401 Unauthorized: <p>no room</p>",
            protobuf,
            text("401 Unauthorized"),
        ),
        (
            "HTTP: a redirection",
            "`rejected`, dropped",
            ": status 307 Temporary Redirect: redirects to http://elsewhere/, which is not followed",
            protobuf,
            answer("307 Temporary Redirect", &[("location", "http://elsewhere/")], b""),
        ),
        (
            "HTTP: any other status",
            "`rejected`, dropped",
            ": status 400 Bad Request: no such point",
            protobuf,
            answer("400 Bad Request", &[PROTOBUF], &status_message("no such point", None)),
        ),
        (
            "HTTP: the connection breaks before the answer",
            "`io`, tried again",
            ": ",
            protobuf,
            vec![Say::Close],
        ),
        (
            "HTTP: the connection breaks in the answer to a success",
            "`io`, tried again",
            ": the answer broke off",
            protobuf,
            vec![Say::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nxx".to_vec()), Say::Close],
        ),
        (
            "HTTP: no answer in time",
            "`timeout`, tried again",
            ": no answer within 1s",
            protobuf,
            vec![late.clone()],
        ),
        (
            "HTTP: a success that does not end in time",
            "`timeout`, tried again",
            ": the answer did not end within 1s",
            protobuf,
            vec![Say::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nxx".to_vec()), late.clone()],
        ),
        (
            "HTTP: another status that does not end in time",
            "`rejected`, dropped",
            ": status 400 Bad Request: xx",
            protobuf,
            vec![Say::Bytes(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 10\r\n\r\nxx".to_vec()), late],
        ),
        (
            "HTTP: no HTTP",
            "`io`, tried again",
            ": ",
            protobuf,
            vec![Say::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), Say::Close],
        ),
        (
            "HTTP: headers without an end",
            "`io`, tried again",
            ": ",
            protobuf,
            vec![
                Say::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Say::Endless(b"x-more: and more\r\n".repeat(64)),
            ],
        ),
    ]
}

#[tokio::test]
async fn each_answer_leads_to_its_outcome() {
    let mut wrong = Vec::new();
    for (row, outcome, words, protocol, says) in rows() {
        let told = with(protocol, says).await;
        if !told.starts_with(&format!("{outcome}{words}")) {
            wrong.push(format!("{row}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_status_is_told_apart_by_its_class() {
    let statuses = |number: usize| format!("{} Status", 200 + number);
    let (address, _) = serve(Door::default(), move |number, _| answer(&statuses(number), &[], b"")).await;
    let exporter = exporter(config(Protocol::HttpProtobuf, &format!("http://{address}")));
    for status in 200..600_u16 {
        let told = attempt(&exporter, Protocol::HttpProtobuf).await;
        let expected = match status {
            200..=299 => "delivered",
            429 => "`throttled`, tried again: ",
            502..=504 => "`io`, tried again: ",
            401 | 403 | 407 => "`auth`, dropped: ",
            _ => "`rejected`, dropped: ",
        };
        assert!(told.starts_with(expected), "{status}: {told}");
    }
}

#[tokio::test]
async fn a_wait_is_taken_from_a_date_and_from_details_and_has_an_end() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
    let header = |value: &str| answer("503 Service Unavailable", &[("retry-after", value)], b"");
    let told = with(Protocol::HttpProtobuf, header(&date)).await;
    let seconds = told.strip_prefix("`throttled`, tried again after ").unwrap().split('.').next().unwrap();
    assert!((95..=100).contains(&seconds.parse::<u32>().unwrap()), "{told}");
    let told = with(Protocol::HttpProtobuf, header("99999999999")).await;
    assert!(told.starts_with("`throttled`, tried again after 3600s"), "{told}");
    for of_no_use in ["soon", "-1", "0"] {
        let told = with(Protocol::HttpProtobuf, header(of_no_use)).await;
        assert!(told.contains(", tried again: status 503"), "{told}");
    }
    let details = status_message("full", Some(retry_info(3, 500_000_000)));
    let told = with(Protocol::HttpProtobuf, answer("429 Full", &[PROTOBUF], &details)).await;
    assert_eq!(told, "`throttled`, tried again after 3.5s: status 429 Too Many Requests: full");
}

#[tokio::test]
async fn a_servers_words_are_bounded_and_of_one_line() {
    let long = "no\r\n".repeat(40_000);
    let told = with(Protocol::HttpProtobuf, answer("400 Bad Request", &[], long.as_bytes())).await;
    assert!(told.len() < 700 && !told.contains('\n') && told.ends_with('…'), "{told}");
    let json = br#"{"code":3,"message":"no such \u0000 field"}"#;
    let told = with(Protocol::HttpJson, answer("400 Bad Request", &[JSON], json)).await;
    assert_eq!(told, "`rejected`, dropped: status 400 Bad Request: no such   field");
}

#[tokio::test]
async fn a_server_cannot_refuse_more_than_it_was_sent_or_less_than_nothing() {
    let says = |rejected: &str| {
        let body = format!(r#"{{"partialSuccess":{{"rejectedDataPoints":{rejected},"errorMessage":"x"}}}}"#);
        answer("200 OK", &[JSON], body.as_bytes())
    };
    assert_eq!(with(Protocol::HttpJson, says("\"99\"")).await, "delivered but 10: x");
    assert_eq!(with(Protocol::HttpJson, says("7")).await, "delivered but 7: x");
    assert_eq!(with(Protocol::HttpJson, says("-7")).await, "delivered: x");
}
