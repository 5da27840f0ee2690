// SPDX-License-Identifier: Apache-2.0
//! What an answer over HTTP means.

use std::time::SystemTime;

use prost::Message;
use serde_json::Value;
use tracecore_runtime::{Delivered, ErrorKind, Fault};

use super::answer::{retry_after, retry_info, taken, throttled, words};
use super::body::Answer;
use super::messages::{PartialSuccess, Response, Status};
use crate::exporters::otlp::OtlpKind;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// What became of a request with `items` items.
///
/// # Errors
///
/// It was not taken; the failure says whether it is worth trying again.
pub(super) fn outcome(answer: &Answer, items: u64) -> Result<Delivered, Fault<OtlpKind>> {
    if !answer.head.status.is_success() {
        return Err(refused(answer));
    }
    let body = answer.complete()?;
    // A server with nothing to say is not asked for the type of it.
    if body.is_empty() {
        return Ok(Delivered::all());
    }
    let partial = match media_type(answer) {
        PROTOBUF => {
            Response::decode(body).map(|response| response.partial_success).map_err(|why| why.to_string())
        }
        JSON => serde_json::from_slice(body).map(|json| partial(&json)).map_err(|why| why.to_string()),
        other => Err(format!("content type `{}`", words(other))),
    };
    let partial = partial.map_err(|why| {
        let status = answer.head.status;
        OtlpKind::Rejected.because(format!("status {status} with an answer that is none of OTLP's: {why}"))
    })?;
    Ok(taken(partial, items))
}

/// The type without its parameters.
fn media_type(answer: &Answer) -> &str {
    let written = answer.header("content-type").unwrap_or("");
    written.split(';').next().unwrap_or("").trim()
}

/// `partialSuccess` of a response in JSON, where numbers of 64 bits are texts, and some servers
/// write them as numbers all the same.
fn partial(response: &Value) -> Option<PartialSuccess> {
    let partial = response.get("partialSuccess")?;
    let rejected = ["rejectedDataPoints", "rejectedLogRecords"].iter().find_map(|key| partial.get(key));
    let rejected = rejected.and_then(|number| match number {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    });
    let error_message = partial.get("errorMessage").and_then(Value::as_str).unwrap_or("").to_owned();
    Some(PartialSuccess { rejected: rejected.unwrap_or(0), error_message })
}

/// A status other than success, by OTLP's table.
fn refused(answer: &Answer) -> Fault<OtlpKind> {
    let status = answer.head.status;
    let details = match media_type(answer) {
        PROTOBUF => Status::decode(answer.body.as_slice()).ok(),
        _ => None,
    };
    let text = match (&details, media_type(answer)) {
        (Some(details), _) => details.message.clone(),
        (None, JSON) => serde_json::from_slice::<Value>(&answer.body)
            .ok()
            .and_then(|json| Some(json.get("message")?.as_str()?.to_owned()))
            .unwrap_or_else(|| String::from_utf8_lossy(&answer.body).into_owned()),
        (None, _) => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    let text = match answer.header("location") {
        Some(place) if status.is_redirection() => format!("redirects to {place}, which is not followed"),
        _ => text,
    };
    let text = words(&text);
    let message = format!("status {status}{}{text}", if text.is_empty() { "" } else { ": " });
    let asked = answer.header("retry-after").and_then(|value| retry_after(value, SystemTime::now()));
    let wait = asked.or_else(|| details.as_ref().and_then(retry_info));
    match status.as_u16() {
        429 => throttled(message, wait),
        502..=504 if wait.is_some() => throttled(message, wait),
        502..=504 => OtlpKind::Io.because(message).transient(),
        401 | 403 => OtlpKind::Auth.because(message),
        407 => OtlpKind::Auth.because(message),
        _ => OtlpKind::Rejected.because(message),
    }
}
