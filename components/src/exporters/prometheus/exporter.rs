// SPDX-License-Identifier: Apache-2.0
//! The reading half: a port on which the page is served.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tracecore_runtime::http::{self, Limits};
use tracecore_runtime::page::PageReader;
use tracecore_runtime::{Calls, ErrorKind, Failure, Open, Page, Stopping, exporter};

use super::Config;
use super::format::Exposition;
use super::negotiate::{self, Format};
use super::scrape::Scraper;

/// Serves the last values of all series to Prometheus.
#[exporter(page, config = Config, errors(io))]
#[derive(Debug)]
pub struct Prometheus {
    listener: TcpListener,
    router: Router,
}

impl Prometheus {
    /// Where it listens: the port that the system chose, if it was left to choose one.
    #[cfg(test)]
    #[allow(clippy::unwrap_used, reason = "a test may end here")]
    pub(super) fn address(&self) -> std::net::SocketAddr {
        self.listener.local_addr().unwrap()
    }
}

impl Page for Prometheus {
    type Format = Exposition;

    fn format(config: &Config) -> Exposition {
        Exposition::of(&config.names)
    }

    fn open(config: Config, page: PageReader<Exposition>, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let listener = http::bind(&config.listen).map_err(|error| PrometheusKind::Init.because(error))?;
        let scraper = Mutex::new(Scraper::new(page, &cx.settings().resource));
        let shared = Arc::new(Shared { scraper, calls: cx.calls(), compression: config.compression });
        let router = Router::new().route(config.path.as_str(), get(scrape)).with_state(shared);
        let port = listener.local_addr().map_or(config.listen.port(), |address| address.port());
        let at = config.listen.to_string();
        let host = at.rsplit_once(':').map_or(at.as_str(), |(host, _)| host);
        cx.settings().logger.info(&format!("serving http://{host}:{port}{}", config.path.as_str()));
        Ok(Self { listener, router })
    }

    async fn serve(self, stop: Stopping) -> Result<(), Failure<Self>> {
        let served = http::serve(self.listener, self.router, Limits::default(), stop).await;
        served.map_err(|error| PrometheusKind::Io.because(error))
    }
}

struct Shared {
    scraper: Mutex<Scraper>,
    calls: Calls<PrometheusKind>,
    compression: bool,
}

async fn scrape(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let call = Call(&shared.calls);
    let format = list(&headers, &ACCEPT).map_or(Format::Text, |accept| negotiate::format(&accept));
    let gzip = shared.compression
        && list(&headers, &ACCEPT_ENCODING).is_some_and(|encodings| negotiate::gzip(&encodings));
    let answer = shared.scraper.lock().unwrap_or_else(PoisonError::into_inner).scrape(format, gzip);
    let mut response = Body::from(answer.body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    if answer.gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    drop(call);
    response
}

/// A header's list, which may come in several parts. `None` if it is no text.
fn list(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let parts: Result<Vec<_>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
    parts.ok().map(|parts| parts.join(","))
}

/// Counts a scrape when it ends, whichever way.
struct Call<'a>(&'a Calls<PrometheusKind>);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failed(PrometheusKind::Panic);
        } else {
            self.0.ok();
        }
    }
}
