// SPDX-License-Identifier: Apache-2.0
//! Every macro in a crate that knows ours by other names and has no prelude: what they write
//! must name everything by its whole path. Compiling is the test; it takes a crate of its own,
//! because cargo lets no crate have a dependency under two names.

#![no_implicit_prelude]
#![deny(warnings)]

use ::collector::queue::{FrameBatch, Frames};
use ::collector::signal::{Encode, SeriesDraft};
use ::collector::{
    Admission, Batch, Delivered, Encodes, ErrorKind, Failure, LaneInfo, LogBatch, Logs, Metrics, Open, Pace,
    Processes, Processor, Receiver, Registrar, Slot, Stream, exporter, processor, receiver,
};
use ::std::collections::BTreeMap;
use ::std::option::Option;
use ::std::primitive::{bool, str, u8, u64, usize};
use ::std::result::Result::{self, Ok};
use ::std::string::String;
use ::std::time::Duration;
use ::std::vec::Vec;
use ::vocabulary::{Config, ConfigValue, Counter, MetricSet};

/// Beats.
#[derive(::std::clone::Clone, ::std::fmt::Debug, Config)]
#[config(crate = ::vocabulary, receiver = "heartbeat", signal = metrics, metrics = Beats)]
#[config(rust = choose(simulated), claims = claims(simulated), loads_library = "libheart.so")]
#[config(rule(audible(volume, nested)))]
pub struct HeartConfig {
    /// How often.
    #[config(default = "1s", min = "1ms", max = "1h")]
    pub interval: Duration,
    /// How loud.
    #[config(default = "very-loud")]
    pub volume: Volume,
    /// Whether there is a heart.
    #[config(default = false, fixed)]
    pub simulated: bool,
    /// More of it.
    #[config(default)]
    pub nested: Nested,
}

/// A part.
#[derive(::std::clone::Clone, ::std::fmt::Debug, Config)]
#[config(crate = ::vocabulary)]
pub struct Nested {
    /// What it says.
    pub r#type: Option<String>,
    /// Names.
    #[config(default)]
    pub names: Vec<String>,
    /// Names by name.
    #[config(default)]
    pub by_name: BTreeMap<String, u8>,
    /// Read by serde.
    #[config(serde, default)]
    pub serde: BTreeMap<String, Vec<bool>>,
}

/// How loud.
#[derive(::std::clone::Clone, ::std::fmt::Debug, ConfigValue)]
#[config(crate = ::vocabulary)]
pub enum Volume {
    /// Not very.
    Loud,
    /// Very.
    #[config(name = "very-loud")]
    VeryLoud,
}

/// What it emits.
#[derive(::std::clone::Clone, ::std::marker::Copy, ::std::fmt::Debug, MetricSet)]
#[metric(crate = ::vocabulary)]
pub struct Beats {
    /// Beats since the start.
    #[metric(name = "heart.beats", unit = "{beat}", attributes("heart.id"))]
    pub beats: Counter<u64>,
}

fn choose(simulated: &bool) -> &'static str {
    if *simulated { "Simulated" } else { "Heartbeat" }
}

fn claims(simulated: &bool) -> Option<&'static str> {
    if *simulated { Option::Some("the standard output") } else { Option::None }
}

fn audible(_: &Volume, _: &Nested) -> Result<(), String> {
    Ok(())
}

/// A heart.
#[receiver(crate = ::collector, config = HeartConfig, metrics = Beats, errors(read, local(arrhythmia)))]
#[derive(::std::fmt::Debug)]
pub struct Heartbeat {
    beats: Slot<u64>,
}

impl Receiver for Heartbeat {
    fn pace(config: &HeartConfig) -> Pace {
        Pace::every(config.interval)
    }

    fn open(_: HeartConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self { beats: Slot::OFF })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Beats>) -> Result<(), Failure<Self>> {
        self.beats = series.begin(|beats| beats.beats, []);
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Failure<Self>> {
        out.set(self.beats, 1);
        Result::Err(HeartbeatKind::Arrhythmia.because("it skipped"))
    }
}

/// Keeps what it keeps.
#[derive(::std::clone::Clone, ::std::fmt::Debug, Config)]
#[config(crate = ::vocabulary, processor = "sieve", signal = metrics, rust = Sieve)]
pub struct SieveConfig {}

/// A sieve.
#[processor(crate = ::collector, config = SieveConfig)]
#[derive(::std::fmt::Debug)]
pub struct Sieve;

impl Processor for Sieve {
    fn open(_: &SieveConfig) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }
}

impl Processes<Metrics> for Sieve {
    fn admit(&mut self, _: &mut SeriesDraft) -> Admission {
        Admission::Keep
    }
}

/// Takes everything.
#[derive(::std::clone::Clone, ::std::fmt::Debug, Config)]
#[config(crate = ::vocabulary, exporter = "sink", signals(metrics, logs), rust = Sink)]
pub struct SinkConfig {}

/// A sink.
#[exporter(crate = ::collector, stream, config = SinkConfig, errors(io))]
#[derive(::std::fmt::Debug)]
pub struct Sink;

/// Takes everything in.
#[derive(::std::fmt::Debug)]
pub struct Encoder;

impl Encode<Metrics> for Encoder {
    fn encode(&mut self, _: &Batch) -> usize {
        0
    }
}

impl Encode<Logs> for Encoder {
    fn encode(&mut self, _: &LogBatch) -> usize {
        0
    }
}

impl Encodes<Metrics> for Sink {
    type Encoder = Encoder;

    fn encoder(_: &SinkConfig, _: Frames, _: &LaneInfo) -> Encoder {
        Encoder
    }
}

impl Encodes<Logs> for Sink {
    type Encoder = Encoder;

    fn encoder(_: &SinkConfig, _: Frames, _: &LaneInfo) -> Encoder {
        Encoder
    }
}

impl Stream for Sink {
    fn open(_: SinkConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }

    async fn deliver(&self, _: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        Ok(Delivered::all())
    }
}
