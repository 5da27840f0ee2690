// SPDX-License-Identifier: Apache-2.0
//! From a synthetic receiver to a sink on this machine over gRPC, and what the compressor alone
//! makes of the same bytes: `benches/otlp`.
//!
//! The sender is a lane that ticks as fast as it can, an encoder, a queue and the exporter, all
//! on one thread; the sink is a process of its own, so that the CPU time counted is the sender's.
//! Sending and compressing alone take turns, so that both meet the same noise.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool's output")]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use h2::server::SendResponse;
use hyper::body::Bytes;
use hyper::http::{HeaderMap, HeaderValue, Response};
use rustix::time::{ClockId, clock_gettime};
use tokio::net::{TcpListener, TcpStream};
use tracecore_benches::otlp::requests;
use tracecore_benches::synthetic;
use tracecore_components::exporters::otlp::{Compression, Config, Endpoint, Otlp, Proxy};
use tracecore_runtime::Stream;
use tracecore_runtime::queue::{FrameBatch, FrameReceiver, queue};
use tracecore_runtime::testing::{Lane, open};

/// Bytes in a request before compression: the default of `queue.batch.bytes`.
const BATCH: usize = 1 << 20;
/// Requests that are under way at once, so that the sender does not wait for the sink.
const AT_ONCE: usize = 2;
/// How long each compression is measured.
const TIME: Duration = Duration::from_secs(6);

type Failed = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["sink"] => runtime.block_on(sink()),
        ["send", address] => runtime.block_on(send(address)),
        _ => Err("otlp sink | otlp send ADDRESS".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes every request, and says OK.
async fn sink() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let _ = take(stream).await;
        });
    }
}

async fn take(stream: TcpStream) -> Result<(), h2::Error> {
    stream.set_nodelay(true).ok();
    let mut builder = h2::server::Builder::new();
    builder.initial_window_size(8 << 20).initial_connection_window_size(16 << 20).max_frame_size(1 << 20);
    let mut connection = builder.handshake(stream).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        let mut body = request.into_body();
        tokio::spawn(async move {
            while let Some(Ok(data)) = body.data().await {
                let _ = body.flow_control().release_capacity(data.len());
            }
            let _ = answer(respond);
        });
    }
    Ok(())
}

fn answer(mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(head, false)?;
    stream.send_data(Bytes::from_static(&[0; 5]), false)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

/// What was spent and done.
#[derive(Default)]
struct Spent {
    cpu: Duration,
    wall: Duration,
    points: u64,
    plain: u64,
    packed: u64,
}

async fn send(address: &str) -> Result<(), Failed> {
    let address: SocketAddr = address.parse()?;
    println!(
        "{:>12} {:>16} {:>16} {:>11} {:>12} {:>12} {:>22}",
        "compression",
        "points/s of CPU",
        "points/s of time",
        "ns/point",
        "bytes/point",
        "on the wire",
        "compressing alone"
    );
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let (sent, alone) = measure(address, compression).await?;
        let rate = |spent: &Spent| spent.points as f64 / spent.cpu.as_secs_f64();
        let ratio = match compression {
            Compression::None => String::new(),
            _ => format!("{:.2} M/s, ratio {:.2}", rate(&alone) / 1e6, rate(&sent) / rate(&alone)),
        };
        println!(
            "{:>12} {:>14.2} M {:>14.2} M {:>11.1} {:>12.1} {:>12.2} {ratio:>22}",
            format!("{compression:?}").to_lowercase(),
            rate(&sent) / 1e6,
            sent.points as f64 / sent.wall.as_secs_f64() / 1e6,
            1e9 / rate(&sent),
            sent.plain as f64 / sent.points as f64,
            alone.packed as f64 / alone.points as f64,
        );
    }
    Ok(())
}

async fn measure(address: SocketAddr, compression: Compression) -> Result<(Spent, Spent), Failed> {
    let mut config = Config::new(Endpoint::parse(&format!("http://{address}"))?);
    config.compression = compression;
    config.proxy = Proxy::None;
    let (frames, mut receiver) = queue(64 << 20);
    let branches = requests(&config, frames);
    let mut lane = Lane::<synthetic::Synthetic, _>::open(synthetic::Config::default(), branches)
        .map_err(|fault| fault.to_string())?;
    let exporter = open("otlp", |cx| Otlp::open(config, cx)).map_err(|fault| fault.to_string())?;
    let (mut sent, mut alone) = (Spent::default(), Spent::default());
    let mut compressor = Alone::new(compression)?;

    // Connects, and lets buffers find their size.
    round(&mut lane, &mut receiver, &exporter, &mut Spent::default(), None).await?;
    let start = Instant::now();
    while start.elapsed() < TIME {
        let mut bytes = Vec::new();
        for turn in 0..8 {
            let copy = (turn == 0).then_some(&mut bytes);
            round(&mut lane, &mut receiver, &exporter, &mut sent, copy).await?;
        }
        for _ in 0..8 {
            compressor.compress(&bytes, &mut alone)?;
        }
    }
    Ok((sent, alone))
}

/// Makes as many batches as are sent at once, and sends them. The copy of the first is not
/// counted.
async fn round(
    lane: &mut Lane<synthetic::Synthetic, tracecore_benches::otlp::Requests>,
    receiver: &mut FrameReceiver,
    exporter: &Otlp,
    spent: &mut Spent,
    copy: Option<&mut Vec<(Vec<u8>, u64)>>,
) -> Result<(), Failed> {
    let (cpu, wall) = (cpu(), Instant::now());
    let mut batches = Vec::with_capacity(AT_ONCE);
    for _ in 0..AT_ONCE {
        let (mut frames, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH {
            lane.tick().map_err(|fault| fault.to_string())?;
            while let Some(frame) = receiver.try_next() {
                bytes += frame.bytes().len();
                frames.push(frame);
            }
        }
        batches.push(FrameBatch::new(frames).ok_or("no frames")?);
    }
    let [first, second] = &batches[..] else { return Err("two at once".into()) };
    let (first, second) = tokio::join!(exporter.deliver(first), exporter.deliver(second));
    first.map_err(|fault| fault.to_string())?;
    second.map_err(|fault| fault.to_string())?;
    for batch in &batches {
        spent.points += batch.items();
        spent.plain += batch.bytes() as u64;
    }
    let copied = copy.map(|copy| {
        let joined = |batch: &FrameBatch| {
            let all = batch.frames().iter().flat_map(|frame| frame.bytes().iter().copied()).collect();
            (all, batch.items())
        };
        copy.extend(batches.iter().map(joined));
    });
    if copied.is_none() {
        for frame in batches.into_iter().flat_map(FrameBatch::into_frames) {
            receiver.recycle(frame);
        }
        spent.cpu += self::cpu() - cpu;
        spent.wall += wall.elapsed();
    } else {
        // This round was for the copy.
        for batch in batches {
            spent.points -= batch.items();
            spent.plain -= batch.bytes() as u64;
            batch.into_frames().into_iter().for_each(|frame| receiver.recycle(frame));
        }
    }
    Ok(())
}

/// The same libraries with kept contexts and buffers, and nothing else.
enum Alone {
    None,
    Gzip(flate2::Compress, Vec<u8>),
    Zstd(zstd::bulk::Compressor<'static>, Vec<u8>),
}

impl Alone {
    fn new(compression: Compression) -> Result<Self, Failed> {
        Ok(match compression {
            Compression::None => Self::None,
            Compression::Gzip => {
                Self::Gzip(flate2::Compress::new_gzip(flate2::Compression::new(1), 15), Vec::new())
            }
            Compression::Zstd => Self::Zstd(zstd::bulk::Compressor::new(1)?, Vec::new()),
        })
    }

    fn compress(&mut self, batches: &[(Vec<u8>, u64)], spent: &mut Spent) -> Result<(), Failed> {
        for (bytes, points) in batches {
            let cpu = cpu();
            let packed = match self {
                Self::None => bytes.len(),
                Self::Gzip(compress, out) => {
                    compress.reset();
                    out.clear();
                    out.reserve(bytes.len() + 1024);
                    compress.compress_vec(bytes, out, flate2::FlushCompress::Finish)?;
                    out.len()
                }
                Self::Zstd(zstd, out) => {
                    out.clear();
                    out.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
                    zstd.compress_to_buffer(bytes, out)?
                }
            };
            spent.cpu += self::cpu() - cpu;
            spent.points += points;
            spent.packed += packed as u64;
        }
        Ok(())
    }
}

/// The CPU time of this process, the kernel's work for it included.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
