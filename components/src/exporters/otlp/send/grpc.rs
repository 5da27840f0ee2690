// SPDX-License-Identifier: Apache-2.0
//! What an answer over gRPC means.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use hyper::{HeaderMap, StatusCode};
use percent_encoding::percent_decode_str;
use prost::Message;
use tracecore_runtime::{Delivered, ErrorKind, Fault};

use super::answer::{retry_info, taken, throttled, words};
use super::body::Answer;
use super::messages::{Response, Status};
use crate::exporters::otlp::OtlpKind;

/// Servers pad, and do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The codes by number.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// What became of a request with `items` items.
///
/// # Errors
///
/// It was not taken; the failure says whether it is worth trying again.
pub(super) fn outcome(answer: &Answer, items: u64) -> Result<Delivered, Fault<OtlpKind>> {
    let status = answer.head.status;
    if status != StatusCode::OK {
        return Err(of_http(answer));
    }
    let content_type = answer.header("content-type").unwrap_or("");
    if !content_type.starts_with("application/grpc") {
        let what = format!("no answer of gRPC: content type `{}`", words(content_type));
        return Err(OtlpKind::Rejected.because(what));
    }
    // An answer without a body has its status in the head.
    let trailers = if answer.head.headers.contains_key("grpc-status") {
        &answer.head.headers
    } else {
        answer.complete()?;
        &answer.trailers
    };
    let Some(code) = code(trailers) else {
        return Err(OtlpKind::Rejected.because("no answer of gRPC: there is no `grpc-status` in it"));
    };
    if code != 0 {
        return Err(refused(code, trailers));
    }
    let body = answer.complete()?;
    let message = message(body).map_err(|why| OtlpKind::Rejected.because(why))?;
    let response = Response::decode(message)
        .map_err(|why| OtlpKind::Rejected.because(format!("an answer that is none of OTLP's: {why}")))?;
    Ok(taken(response.partial_success, items))
}

fn code(trailers: &HeaderMap) -> Option<usize> {
    trailers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

/// The one message of a body.
fn message(body: &[u8]) -> Result<&[u8], String> {
    let Some((prefix, rest)) = body.split_first_chunk::<5>() else {
        return Err("an answer of OTLP that is cut short".to_owned());
    };
    let [flag, length @ ..] = *prefix;
    if flag != 0 {
        return Err("a compressed answer, which was not asked for".to_owned());
    }
    let length = u32::from_be_bytes(length) as usize;
    if rest.len() == length { Ok(rest) } else { Err("an answer of OTLP of the wrong length".to_owned()) }
}

/// A code other than OK, by OTLP's table.
fn refused(code: usize, trailers: &HeaderMap) -> Fault<OtlpKind> {
    let name = CODES.get(code).copied().unwrap_or("a code that gRPC does not have");
    let text = trailers.get("grpc-message").and_then(|text| text.to_str().ok()).unwrap_or("");
    let text = percent_decode_str(text).decode_utf8_lossy();
    let message = if text.trim().is_empty() { name.to_owned() } else { format!("{name}: {}", words(&text)) };
    let details = trailers
        .get("grpc-status-details-bin")
        .and_then(|details| Status::decode(BASE64.decode(details.as_bytes()).ok()?.as_slice()).ok());
    let wait = details.as_ref().and_then(retry_info);
    match name {
        "CANCELLED" | "DEADLINE_EXCEEDED" | "ABORTED" | "OUT_OF_RANGE" | "UNAVAILABLE" | "DATA_LOSS"
            if wait.is_some() =>
        {
            throttled(message, wait)
        }
        // Only a server that says when it has room again will have it.
        "RESOURCE_EXHAUSTED" if wait.is_some() => throttled(message, wait),
        "DEADLINE_EXCEEDED" => OtlpKind::Timeout.because(message).transient(),
        "CANCELLED" | "ABORTED" | "OUT_OF_RANGE" | "UNAVAILABLE" | "DATA_LOSS" => {
            OtlpKind::Io.because(message).transient()
        }
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => OtlpKind::Auth.because(message),
        _ => OtlpKind::Rejected.because(message),
    }
}

/// An answer of something in between, by gRPC's table from HTTP's codes to its own.
fn of_http(answer: &Answer) -> Fault<OtlpKind> {
    let status = answer.head.status;
    let text = words(&String::from_utf8_lossy(&answer.body));
    let message = format!(
        "no answer of gRPC, but HTTP status {status}{}{text}",
        if text.is_empty() { "" } else { ": " }
    );
    match status.as_u16() {
        429 | 502..=504 => OtlpKind::Io.because(message).transient(),
        401 | 403 => OtlpKind::Auth.because(message),
        _ => OtlpKind::Rejected.because(message),
    }
}
