// SPDX-License-Identifier: Apache-2.0
//! From an address to a connection: through a proxy or not, encrypted or not.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::tls::Tls;
use crate::exporters::otlp::config::{Config, Proxy};

type Failed = Box<dyn Error + Send + Sync>;

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    http: HttpConnector,
    proxy: Option<(Uri, Option<HeaderValue>)>,
    tls: Option<Tls>,
}

impl Connector {
    pub(super) fn open(config: &Config) -> Result<Self, String> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(config.timeout));
        http.set_keepalive(Some(Duration::from_secs(30)));
        let tls = if config.endpoint.is_encrypted() { Some(Tls::open(config)?) } else { None };
        Ok(Self(Arc::new(Inner { http, proxy: proxy(config)?, tls })))
    }
}

/// The proxy that a request goes through, and what it is shown.
fn proxy(config: &Config) -> Result<Option<(Uri, Option<HeaderValue>)>, String> {
    let matcher = match &config.proxy {
        Proxy::None => return Ok(None),
        Proxy::Env => Matcher::from_env(),
        Proxy::At(at) => Matcher::builder().all(at.as_str()).build(),
    };
    let endpoint: Uri =
        config.endpoint.to_string().parse().map_err(|error| format!("`endpoint`: {error}"))?;
    let Some(found) = matcher.intercept(&endpoint) else { return Ok(None) };
    if found.uri().scheme_str() != Some("http") {
        let scheme = found.uri().scheme_str().unwrap_or("");
        return Err(format!(
            "`proxy`: the environment names a proxy with `{scheme}://`, which is not spoken: use one with \
             `http://`, set `proxy: none`, or add `{}` to NO_PROXY",
            config.endpoint.host()
        ));
    }
    let credentials = match &config.proxy_credentials {
        None => found.basic_auth().cloned(),
        Some(secret) => {
            let text = secret.read().map_err(|why| format!("`proxy_credentials`: {why}"))?;
            if !text.contains(':') {
                return Err(format!("`proxy_credentials`: expected `name:password` in {secret:?}"));
            }
            let value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(text)));
            Some(value.map_err(|error| error.to_string())?)
        }
    };
    Ok(Some((found.uri().clone(), credentials)))
}

impl Inner {
    async fn connect(&self, address: Uri) -> Result<Wire, Failed> {
        let mut http = self.http.clone();
        let stream: TokioIo<TcpStream> = match &self.proxy {
            None => http.call(address).await?,
            Some((proxy, credentials)) => {
                let mut tunnel = Tunnel::new(proxy.clone(), http);
                if let Some(credentials) = credentials {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                tunnel.call(address).await.map_err(|error| {
                    io::Error::other(format!("through the proxy {proxy}: {}", super::answer::chain(&error)))
                })?
            }
        };
        match &self.tls {
            None => Ok(Wire(Box::new(stream))),
            Some(tls) => Ok(Wire(Box::new(TokioIo::new(tls.connect(stream.into_inner()).await?)))),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, Failed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { inner.connect(address).await })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What the proxy is shown is a secret.
        let proxy = self.0.proxy.as_ref().map(|(proxy, _)| proxy);
        f.debug_struct("Connector").field("proxy", &proxy).finish_non_exhaustive()
    }
}

trait Bytes: Read + Write + Unpin + Send {}

impl<T: Read + Write + Unpin + Send> Bytes for T {}

/// A connection, whatever it is made of.
pub(super) struct Wire(Box<dyn Bytes>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, room)
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, parts)
    }
}
