// SPDX-License-Identifier: Apache-2.0
//! Frames to a request: put together, compressed, addressed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, TE, USER_AGENT};
use hyper::{Method, Request, Uri};
use tracecore_runtime::queue::FrameBatch;
use tracecore_schema::SignalKind;

use crate::exporters::gzip::Gzip;
use crate::exporters::otlp::config::{Compression, Config, Protocol};

/// What a gRPC message is preceded by: a flag and its length.
const PREFIX: usize = 5;

/// Makes requests.
#[derive(Debug)]
pub(super) struct Requests {
    protocol: Protocol,
    metrics: Uri,
    logs: Uri,
    user_agent: HeaderValue,
    timeout: HeaderValue,
    encoding: Option<HeaderValue>,
    /// Locked while frames are put together and compressed, never across an await.
    kept: Mutex<Kept>,
}

/// What is used again for each request.
#[derive(Debug)]
struct Kept {
    compressor: Compressor,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

enum Compressor {
    None,
    Gzip(Gzip),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
        })
    }
}

impl Requests {
    pub(super) fn new(config: &Config, version: &str) -> Result<Self, String> {
        let level = config.compression_level.unwrap_or(1);
        let (compressor, encoding) = match config.compression {
            Compression::None => (Compressor::None, None),
            Compression::Gzip => (Compressor::Gzip(Gzip::new(level)), Some("gzip")),
            Compression::Zstd => {
                let compressor = zstd::bulk::Compressor::new(i32::try_from(level).unwrap_or(1));
                let compressor = compressor.map_err(|error| format!("cannot start zstd: {error}"))?;
                (Compressor::Zstd(compressor), Some("zstd"))
            }
        };
        let address = |of_grpc: &str, path: &str| {
            let endpoint = &config.endpoint;
            let address = match config.protocol {
                Protocol::Grpc => format!("{endpoint}/opentelemetry.proto.collector.{of_grpc}/Export"),
                Protocol::HttpProtobuf | Protocol::HttpJson => format!("{endpoint}{path}"),
            };
            address.parse::<Uri>().map_err(|error| format!("`{address}`: {error}"))
        };
        Ok(Self {
            protocol: config.protocol,
            metrics: address("metrics.v1.MetricsService", config.paths.metrics.as_str())?,
            logs: address("logs.v1.LogsService", config.paths.logs.as_str())?,
            user_agent: HeaderValue::try_from(format!(
                "tracecore/{version} OTel-OTLP-Exporter-Rust/{version}"
            ))
            .map_err(|error| error.to_string())?,
            timeout: grpc_timeout(config.timeout),
            encoding: encoding.map(HeaderValue::from_static),
            kept: Mutex::new(Kept { compressor, plain: Vec::new(), packed: Vec::new() }),
        })
    }

    /// A request that carries a batch.
    ///
    /// # Errors
    ///
    /// A frame is none of this protocol's: it comes from a queue on disk that was filled under
    /// another one. Or the compressor fails, which it has no reason to.
    pub(super) fn request(&self, batch: &FrameBatch) -> Result<Request<Full<Bytes>>, String> {
        let body = self.body(batch)?;
        let address = match batch.signal() {
            SignalKind::Metrics => &self.metrics,
            _ => &self.logs,
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = address.clone();
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static(match self.protocol {
                Protocol::Grpc => "application/grpc+proto",
                Protocol::HttpProtobuf => "application/x-protobuf",
                Protocol::HttpJson => "application/json",
            }),
        );
        if self.protocol == Protocol::Grpc {
            headers.insert(TE, HeaderValue::from_static("trailers"));
            headers.insert("grpc-timeout", self.timeout.clone());
            headers.insert("grpc-accept-encoding", HeaderValue::from_static("identity"));
        }
        if let Some(encoding) = &self.encoding {
            let name = match self.protocol {
                Protocol::Grpc => "grpc-encoding",
                Protocol::HttpProtobuf | Protocol::HttpJson => CONTENT_ENCODING.as_str(),
            };
            headers.insert(name, encoding.clone());
        }
        Ok(request)
    }

    fn body(&self, batch: &FrameBatch) -> Result<Bytes, String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { compressor, plain, packed } = &mut *kept;
        let prefix = if self.protocol == Protocol::Grpc { PREFIX } else { 0 };
        let mut body = vec![0; prefix];
        match compressor {
            Compressor::None => {
                body.reserve_exact(batch.bytes() + 64 + batch.frames().len());
                self.join(batch, &mut body)?;
            }
            Compressor::Gzip(gzip) => {
                plain.clear();
                self.join(batch, plain)?;
                gzip.write(plain, &mut body).ok_or("gzip failed")?;
            }
            Compressor::Zstd(zstd) => {
                plain.clear();
                self.join(batch, plain)?;
                packed.clear();
                packed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
                zstd.compress_to_buffer(plain, packed).map_err(|error| format!("zstd failed: {error}"))?;
                body.extend_from_slice(packed);
            }
        }
        if prefix > 0 {
            let compressed = u8::from(self.encoding.is_some());
            let length = u32::try_from(body.len() - PREFIX).map_err(|_| "more than 4 GiB at once")?;
            body[0] = compressed;
            body[1..PREFIX].copy_from_slice(&length.to_be_bytes());
        }
        Ok(body.into())
    }

    /// The frames as one request, behind what is in `out`.
    fn join(&self, batch: &FrameBatch, out: &mut Vec<u8>) -> Result<(), String> {
        let json = self.protocol == Protocol::HttpJson;
        if json {
            out.extend_from_slice(match batch.signal() {
                SignalKind::Metrics => b"{\"resourceMetrics\":[".as_slice(),
                _ => b"{\"resourceLogs\":[",
            });
        }
        for (at, frame) in batch.frames().iter().enumerate() {
            if frame.bytes().starts_with(b"{") != json {
                return Err(format!(
                    "a frame that was not made for `{}`: was `protocol` changed while something was queued?",
                    self.protocol.name()
                ));
            }
            if json && at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(frame.bytes());
        }
        if json {
            out.extend_from_slice(b"]}");
        }
        Ok(())
    }
}

/// At most eight digits and a unit.
fn grpc_timeout(timeout: Duration) -> HeaderValue {
    let millis = timeout.as_millis().min(99_999_999);
    HeaderValue::try_from(format!("{millis}m")).unwrap_or(HeaderValue::from_static("10S"))
}
