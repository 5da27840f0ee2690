// SPDX-License-Identifier: Apache-2.0
//! The collector: a receiver that ticks fast, and an exporter that sends frames to a socket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracecore_runtime::private as rt;
use tracecore_runtime::queue::{FrameBatch, Frames};
use tracecore_runtime::signal::{Batch, Encode, Refused, Series};
use tracecore_runtime::{
    BuildInfo, Delivered, Delivery, Encodes, ErrorKind, Failure, LaneInfo, Metrics, Open, Pace, Pipeline,
    Receiver, Registrar, RunOptions, Slot, Stream, exporter, receiver,
};
use tracecore_schema::delivery::{BatchConfig, QueueConfig, RetryConfig, StoragePath};
use tracecore_schema::{ByteSize, Config, Counter, MetricSet};

/// Items in each frame.
pub const ITEMS: u64 = 320;

/// Emits one point each tick; its frames stand for many.
#[derive(Clone, Debug, Config)]
#[config(receiver = "fast", signal = metrics, metrics = FastMetrics, rust = Fast)]
pub struct FastConfig {
    /// Time between two ticks.
    pub interval: Duration,
}

#[derive(MetricSet)]
pub struct FastMetrics {
    /// Ticks.
    #[metric(name = "test.ticks", unit = "{tick}")]
    pub ticks: Counter<u64>,
}

#[receiver(config = FastConfig, metrics = FastMetrics)]
pub struct Fast {
    slot: Slot<u64>,
    ticks: u64,
}

impl Receiver for Fast {
    fn pace(config: &FastConfig) -> Pace {
        Pace::every(config.interval)
    }

    fn open(_: FastConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self { slot: Slot::OFF, ticks: 0 })
    }

    fn discover(&mut self, series: &mut Registrar<'_, FastMetrics>) -> Result<(), Failure<Self>> {
        if !self.slot.is_on() {
            self.slot = series.begin(|m| m.ticks, []);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        self.ticks += 1;
        out.set(self.slot, self.ticks);
        Ok(())
    }
}

/// Sends frames to a socket on this machine.
#[derive(Clone, Debug, Config)]
#[config(exporter = "socket", signal = metrics, rust = Socket)]
pub struct SocketConfig {
    /// The port.
    pub port: u32,
    /// What the numbers of its frames begin with.
    pub generation: u64,
    /// Bytes of a frame.
    pub frame: u64,
    /// What waits.
    pub queue: QueueConfig,
    /// What happens when it cannot be sent now.
    pub retry: RetryConfig,
}

#[exporter(stream, config = SocketConfig, errors(connect, io, throttled))]
pub struct Socket(String);

pub struct SocketEncoder {
    frames: Frames,
    number: u64,
    bytes: usize,
}

impl Encode<Metrics> for SocketEncoder {
    fn admit(&mut self, _: u32, _: &Series) -> Result<(), Refused> {
        Ok(())
    }

    fn retire(&mut self, _: u32) {}

    fn encode(&mut self, batch: &Batch) -> usize {
        if batch.is_empty() {
            return 0;
        }
        let mut frame = self.frames.buffer();
        frame.extend_from_slice(&(self.bytes as u64).to_le_bytes());
        frame.extend_from_slice(&self.number.to_le_bytes());
        frame.resize(self.bytes, 0);
        self.number += 1;
        self.frames.send(frame, ITEMS);
        0
    }
}

impl Encodes<Metrics> for Socket {
    type Encoder = SocketEncoder;

    fn encoder(config: &SocketConfig, frames: Frames, _: &LaneInfo) -> SocketEncoder {
        let bytes = usize::try_from(config.frame).unwrap();
        SocketEncoder { frames, number: config.generation << 32, bytes }
    }
}

impl Stream for Socket {
    fn open(config: SocketConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self(format!("127.0.0.1:{}", config.port)))
    }

    fn delivery(config: &SocketConfig) -> Delivery {
        Delivery::new(config.queue.clone(), config.retry.clone())
    }

    async fn deliver(&self, batch: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        let io = |error: std::io::Error| SocketKind::Io.because(error).transient();
        let attempt = async {
            let mut socket = TcpStream::connect(&self.0)
                .await
                .map_err(|error| SocketKind::Connect.because(error).transient())?;
            socket.write_all(&(batch.bytes() as u64).to_le_bytes()).await.map_err(io)?;
            for frame in batch.frames() {
                socket.write_all(frame.bytes()).await.map_err(io)?;
            }
            match socket.read_u8().await.map_err(io)? {
                b'+' => Ok(Delivered::all()),
                _ => Err(SocketKind::Throttled.because("asked to come back").retry_after(RETRY)),
            }
        };
        tokio::time::timeout(Duration::from_secs(2), attempt)
            .await
            .unwrap_or_else(|_| Err(SocketKind::Io.because("no answer in 2 s").transient()))
    }
}

const RETRY: Duration = Duration::from_millis(20);

static GENERATION: AtomicU64 = AtomicU64::new(0);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn start(host: &mut rt::Host) -> rt::Result<()> {
    let storage = std::env::var("CHILD_STORAGE").ok().map(|path| StoragePath::parse(&path).unwrap());
    let queue = QueueConfig {
        size: ByteSize(number("CHILD_QUEUE").unwrap_or(8 << 20)),
        storage_size: storage.is_some().then_some(ByteSize(256 << 20)),
        storage,
        batch: BatchConfig { timeout: Duration::from_millis(5), ..BatchConfig::default() },
        ..QueueConfig::default()
    };
    let retry = RetryConfig {
        initial: Duration::from_millis(20),
        max: Duration::from_millis(100),
        ..RetryConfig::default()
    };
    let config = SocketConfig {
        port: u32::try_from(number("CHILD_PORT").unwrap()).unwrap(),
        generation: GENERATION.load(Ordering::Relaxed),
        frame: number("CHILD_FRAME").unwrap_or(2000),
        queue,
        retry,
    };
    let socket = host.exporter::<Socket>("socket", config)?;
    let interval = Duration::from_micros(number("CHILD_MICROS").unwrap_or(1000));
    host.receiver::<Fast>("fast", FastConfig { interval })?.metrics("metrics/test", (), (&socket,)).start()
}

static PIPELINE: Pipeline =
    Pipeline { name: "test", file: "test.yaml", hash: "0", telemetry: |_| Ok(None), holes: &[], start };

/// Runs the collector until a signal ends it, if this process is the child.
#[test]
fn collector() {
    let Some(generation) = number("CHILD_GENERATION") else { return };
    GENERATION.store(generation, Ordering::Relaxed);
    let drain = Duration::from_millis(number("CHILD_DRAIN").unwrap_or(300));
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let ended = tracecore_runtime::run(
        &PIPELINE,
        &RunOptions::default().drain(drain),
        BuildInfo::new("test", "1.2.3"),
    );
    // Not by returning: the test harness would wait for threads that nobody waits for.
    std::process::exit(i32::from(ended.is_err()));
}
