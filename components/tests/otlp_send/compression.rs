// SPDX-License-Identifier: Apache-2.0
//! What is sent: the frames, in order, compressed as the headers say, addressed as the protocol
//! has it.

use std::collections::BTreeMap;
use std::io::Read;

use tracecore_components::exporters::otlp::{Compression, HeaderText, Protocol};
use tracecore_runtime::Stream;
use tracecore_runtime::queue::{Frame, FrameBatch};
use tracecore_schema::{Secret, SignalKind};

use crate::grpc_server::{self, ok};
use crate::http_server::{self, Door, answer};
use crate::support::{attempt, batch, config, exporter, frames, told};

const ALL: [(Compression, Option<&str>); 3] =
    [(Compression::None, None), (Compression::Gzip, Some("gzip")), (Compression::Zstd, Some("zstd"))];

fn unpacked(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match compression {
        Compression::None => out.extend_from_slice(bytes),
        Compression::Gzip => drop(flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap()),
        Compression::Zstd => out = zstd::decode_all(bytes).unwrap(),
    }
    out
}

#[tokio::test]
async fn http_requests_are_the_frames_compressed() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        for (compression, encoding) in ALL {
            let (address, seen) =
                http_server::serve(Door::default(), |_, _| answer("200 OK", &[], b"")).await;
            let mut config = config(protocol, &format!("http://{address}/otlp"));
            config.compression = compression;
            let token = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(token.path(), "t0ken\n").unwrap();
            config.token = Some(Secret::file(token.path()));
            config.headers = BTreeMap::from([("X-Scope".to_owned(), HeaderText::Text("42".to_owned()))]);
            let exporter = exporter(config);
            // Twice, since the compressor is used again.
            for _ in 0..2 {
                assert_eq!(attempt(&exporter, protocol).await, "delivered");
            }
            let request = seen.last();
            let expected = match protocol {
                Protocol::HttpJson => {
                    br#"{"resourceMetrics":[{"schemaUrl":"0"},{"schemaUrl":"1"}]}"#.to_vec()
                }
                _ => frames(protocol, 2).concat(),
            };
            assert_eq!(unpacked(compression, &request.body), expected);
            assert!(request.head.starts_with("post /otlp/v1/metrics http/1.1\r\n"), "{}", request.head);
            assert_eq!(request.header("content-encoding"), encoding);
            let of_type = if protocol == Protocol::HttpJson { "json" } else { "x-protobuf" };
            assert_eq!(request.header("content-type"), Some(format!("application/{of_type}").as_str()));
            assert_eq!(request.header("authorization"), Some("bearer t0ken"));
            assert_eq!(request.header("x-scope"), Some("42"));
            assert!(request.header("user-agent").unwrap().contains("otel-otlp-exporter-rust/"));

            std::fs::write(token.path(), "n3xt!\n").unwrap();
            attempt(&exporter, protocol).await;
            assert_eq!(seen.last().header("authorization"), Some("bearer n3xt!"), "a token that changed");
        }
    }
}

#[tokio::test]
async fn grpc_requests_are_the_frames_compressed() {
    for (compression, encoding) in ALL {
        let (address, seen) = grpc_server::serve(None, |_| ok(b"")).await;
        let mut config = config(Protocol::Grpc, &format!("http://{address}"));
        config.compression = compression;
        let exporter = exporter(config);
        for _ in 0..2 {
            assert_eq!(attempt(&exporter, Protocol::Grpc).await, "delivered");
        }
        let requests = seen.requests.lock().unwrap();
        let (head, body) = requests.last().unwrap();
        assert_eq!(head.uri().path(), "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
        let header = |name: &str| head.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("te"), Some("trailers"));
        assert_eq!(header("content-type"), Some("application/grpc+proto"));
        assert_eq!(header("grpc-timeout"), Some("1000m"));
        assert_eq!(header("grpc-encoding"), encoding);
        let (prefix, message) = body.split_at(5);
        assert_eq!(prefix[0], u8::from(encoding.is_some()));
        assert_eq!(u32::from_be_bytes(prefix[1..].try_into().unwrap()) as usize, message.len());
        assert_eq!(unpacked(compression, message), frames(Protocol::Grpc, 2).concat());
    }
}

#[tokio::test]
async fn logs_go_where_logs_go() {
    let logs = |bytes: &[u8]| FrameBatch::of(Frame::new(SignalKind::Logs, bytes.to_vec(), 1));
    let (address, seen) = http_server::serve(Door::default(), |_, _| answer("200 OK", &[], b"")).await;
    let exporter = exporter(config(Protocol::HttpJson, &format!("http://{address}")));
    assert_eq!(told(exporter.deliver(&logs(b"{}")).await), "delivered");
    assert!(seen.last().head.starts_with("post /v1/logs http/1.1\r\n"));
    assert_eq!(seen.last().body, br#"{"resourceLogs":[{}]}"#);
    let (address, seen) = grpc_server::serve(None, |_| ok(b"")).await;
    let exporter = crate::support::exporter(config(Protocol::Grpc, &format!("http://{address}")));
    assert_eq!(told(exporter.deliver(&logs(b"\n\0")).await), "delivered");
    let path = seen.requests.lock().unwrap()[0].0.uri().path().to_owned();
    assert_eq!(path, "/opentelemetry.proto.collector.logs.v1.LogsService/Export");
}

#[tokio::test]
async fn frames_of_another_protocol_are_not_sent() {
    let (address, seen) = http_server::serve(Door::default(), |_, _| answer("200 OK", &[], b"")).await;
    let exporter = exporter(config(Protocol::HttpJson, &format!("http://{address}")));
    let told = told(exporter.deliver(&batch(Protocol::Grpc)).await);
    assert!(told.starts_with("`marshal`, dropped: a frame that was not made for `http/json`"), "{told}");
    assert!(seen.requests.lock().unwrap().is_empty());
}
