// SPDX-License-Identifier: Apache-2.0
//! What stands between a connection and a handler: a panic or a hang of one must cost that
//! answer and nothing else.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use tower::Service;

use super::Limits;

/// The router's answer, 500 if it panicked, 503 if it took too long.
pub(super) async fn answer(
    mut router: axum::Router,
    request: Request<Incoming>,
    limits: &Limits,
) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let handler = async move { router.call(request).await };
    let answer = match tokio::time::timeout(limits.answer_timeout, caught(handler)).await {
        Ok(Ok(Ok(answer))) => answer,
        Ok(Err(message)) => {
            limits.panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!("the handler of {path} panicked: {message}");
            (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response()
        }
        Err(_) => {
            tracing::error!("the handler of {path} did not answer in {:?}", limits.answer_timeout);
            (StatusCode::SERVICE_UNAVAILABLE, "no answer in time\n").into_response()
        }
    };
    Ok(answer)
}

/// What the future gives, or the message of its panic.
async fn caught<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    // A future that panicked is not polled again, so nothing sees what it left half done.
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panic) => Poll::Ready(Err(match panic.downcast_ref::<&str>() {
            Some(text) => (*text).to_owned(),
            None => panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "no message".to_owned()),
        })),
    })
    .await
}
