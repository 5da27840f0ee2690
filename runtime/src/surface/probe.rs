// SPDX-License-Identifier: Apache-2.0
//! The answer to a probe (contract H4), in a word or, with `?verbose`, with every component's
//! state.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json};

use super::{Probe, accept};
use crate::telemetry::Registry;

pub(super) fn answer(probe: Probe, uri: &Uri, headers: &HeaderMap, states: &Registry) -> Response {
    let status = if probe.passes() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = probe.word();
    let (kind, body) = if verbose(uri) {
        ("application/json", format!("{:#}\n", tree(word, states)))
    } else if accept::json(headers) {
        // The words have nothing in them that JSON would escape.
        ("application/json", format!("{{\"status\":\"{word}\"}}"))
    } else {
        ("text/plain; charset=utf-8", format!("{word}\n"))
    };
    (status, [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// Whether the query has `verbose` in it, and not `verbose=false`.
fn verbose(uri: &Uri) -> bool {
    let parts = uri.query().unwrap_or_default().split('&');
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .any(|(key, value)| key == "verbose" && !matches!(value, "0" | "false"))
}

/// The probe's word first, then how the components are together, then each.
fn tree(word: &str, states: &Registry) -> Json {
    let mut all = Map::new();
    all.insert("status".to_owned(), word.into());
    for (key, value) in states.status_tree() {
        // The probe's own word has that name, as it has without `?verbose`.
        let key = if key == "status" { "component_status".to_owned() } else { key };
        all.insert(key, value);
    }
    all.into()
}
