// SPDX-License-Identifier: Apache-2.0
//! The answer to a probe (contract H4).

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Probe, accept};

pub(super) fn answer(probe: Probe, headers: &HeaderMap) -> Response {
    let status = if probe.passes() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = probe.word();
    let (kind, body) = if accept::json(headers) {
        // The words have nothing in them that JSON would escape.
        ("application/json", format!("{{\"status\":\"{word}\"}}"))
    } else {
        ("text/plain; charset=utf-8", format!("{word}\n"))
    };
    (status, [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body).into_response()
}
