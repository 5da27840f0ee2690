// SPDX-License-Identifier: Apache-2.0
//! An OTLP/HTTP server that counts: which values of which series arrived, and how often.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use prost::Message;

/// How often each value of a series arrived; a series is a metric of one process.
pub(crate) type Series = BTreeMap<String, BTreeMap<u64, u64>>;

/// What the server does with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mood {
    /// Counts it and says so.
    Takes = 0,
    /// Counts it, and says so after a while.
    Slow = 1,
    /// 503.
    Busy = 2,
    /// Closes the connection without a word.
    Gone = 3,
}

#[derive(Debug, Default)]
struct State {
    counted: Mutex<Series>,
    /// The most points of one request.
    most: Mutex<usize>,
    mood: AtomicU8,
}

/// A server on a port of its own, until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let state = Arc::clone(&server.state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A connection ends with the collector that was killed.
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        server
    }

    pub(crate) fn be(&self, mood: Mood) {
        self.state.mood.store(mood as u8, Ordering::SeqCst);
    }

    pub(crate) fn counted(&self) -> Series {
        self.state.counted.lock().unwrap().clone()
    }

    pub(crate) fn most_in_a_request(&self) -> usize {
        *self.state.most.lock().unwrap()
    }
}

fn serve(stream: &TcpStream, state: &State) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mood = state.mood.load(Ordering::SeqCst);
        let status = if mood == Mood::Busy as u8 { "503 Service Unavailable" } else { "200 OK" };
        if mood == Mood::Gone as u8 {
            return None;
        }
        if status == "200 OK" {
            let mut points = Series::new();
            read(&body, &mut points);
            let here = points.values().flat_map(BTreeMap::values).sum::<u64>();
            let mut most = state.most.lock().unwrap();
            *most = (*most).max(usize::try_from(here).unwrap());
            drop(most);
            let mut counted = state.counted.lock().unwrap();
            for (series, values) in points {
                let sums = counted.entry(series).or_default();
                for (value, times) in values {
                    *sums.entry(value).or_default() += times;
                }
            }
        }
        if mood == Mood::Slow as u8 {
            std::thread::sleep(Duration::from_millis(30));
        }
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n");
        (&mut &*stream).write_all(head.as_bytes()).ok()?;
    }
}

/// Counts the points of a request, or of a frame: they look the same.
pub(crate) fn read(bytes: &[u8], into: &mut Series) {
    let request = ExportMetricsServiceRequest::decode(bytes).expect("the exporter writes protobuf");
    for resource in request.resource_metrics {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let instance = attributes.into_iter().find(|attribute| attribute.key == "service.instance.id");
        let instance = match instance.and_then(|attribute| attribute.value?.value) {
            Some(Value::StringValue(id)) => id,
            other => panic!("a resource says which process it is: {other:?}"),
        };
        for metric in resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
            let Some(Data::Sum(sum)) = metric.data else { panic!("ticks are a sum: {metric:?}") };
            for point in sum.data_points {
                let Some(number_data_point::Value::AsInt(value)) = point.value else {
                    panic!("ticks are whole numbers: {point:?}")
                };
                let series = format!("{instance} {}", metric.name);
                let values = into.entry(series).or_default();
                *values.entry(u64::try_from(value).unwrap()).or_default() += 1;
            }
        }
    }
}
