// SPDX-License-Identifier: Apache-2.0
//! Components for tests of the compiler. They have what a config can have, so that every
//! mistake can be made, and they never change with the real ones.

use tracecore_schema::Catalog;

/// The components that the corpus is written for.
pub fn catalog() -> Catalog {
    Catalog::new()
        .with::<clock::Config>("::components::receivers::clock")
        .with::<host::Config>("::components::receivers::host")
        .with::<gpu::Config>("::components::receivers::gpu")
        .with::<rival::Config>("::components::receivers::rival")
        .with::<events::Config>("::components::receivers::events")
        .with::<both::Config>("::components::receivers::both")
        .with::<filter::Config>("::components::processors::filter")
        .with::<hash::Config>("::components::processors::hash")
        .with::<page::Config>("::components::exporters::page")
        .with::<lines::Config>("::components::exporters::lines")
        .with::<push::Config>("::components::exporters::push")
        .with::<deliver::Config>("::components::exporters::deliver")
        .with::<journal::Config>("::components::exporters::journal")
}

mod clock {
    use std::time::Duration;

    use tracecore_schema::{Counter, MetricSet};

    /// Emits one data point per tick.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(receiver = "clock", signal = metrics, metrics = Metrics, rust = Clock)]
    pub struct Config {
        /// Time between two ticks.
        #[config(default = "1s", min = "1ms")]
        pub interval: Duration,
    }

    #[derive(Clone, Copy, Debug, MetricSet)]
    pub struct Metrics {
        /// Ticks since the start.
        #[metric(name = "clock.ticks", unit = "{tick}")]
        pub ticks: Counter<u64>,
    }
}

mod host {
    use std::time::Duration;

    use tracecore_schema::{ConfigValue, Gauge, MetricSet, UpDownCounter};

    /// Reads this machine.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(receiver = "host", signal = metrics, metrics = Metrics, rust = Host)]
    pub struct Config {
        /// Time between two readings.
        #[config(default = "10s", min = "100ms", max = "1h")]
        pub collection_interval: Duration,
        /// What to read.
        #[config(fixed)]
        pub scrapers: Option<Vec<Scraper>>,
    }

    /// One part of what is read.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
    pub enum Scraper {
        /// CPU time.
        Cpu,
        /// Memory.
        Memory,
        /// Disks.
        Disk,
    }

    #[derive(Clone, Copy, Debug, MetricSet)]
    pub struct Metrics {
        /// How busy the CPUs are.
        #[metric(name = "system.cpu.utilization", unit = "1", attributes("cpu.mode"))]
        pub cpu: Gauge<f64>,
        /// Memory in use.
        #[metric(name = "system.memory.usage", unit = "By", attributes("system.memory.state"))]
        pub memory: UpDownCounter<i64>,
    }
}

mod gpu {
    use std::path::PathBuf;
    use std::time::Duration;

    use tracecore_schema::{Gauge, MetricSet};

    /// Reads GPUs.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(receiver = "gpu", signal = metrics, metrics = Metrics, rust = driver(simulated))]
    #[config(rule(peak_fits(collection_interval, peak_window)))]
    #[config(loads_library = library(simulated))]
    pub struct Config {
        /// Time between two readings.
        #[config(default = "1s", min = "10ms")]
        pub collection_interval: Duration,
        /// Over which time peaks are kept.
        #[config(default = "100ms")]
        pub peak_window: Duration,
        /// The driver's library.
        pub library: Option<PathBuf>,
        /// Simulates GPUs instead of reading some.
        #[config(fixed)]
        pub simulated: Option<Simulated>,
    }

    /// Simulated GPUs.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    pub struct Simulated {
        /// How many.
        #[config(fixed, min = 1, max = 16)]
        pub gpus: u32,
        /// Which sequence of readings.
        #[config(default = 0)]
        pub seed: u64,
    }

    fn driver(simulated: &Option<Simulated>) -> &'static str {
        if simulated.is_some() { "SimulatedGpu" } else { "Gpu" }
    }

    fn library(simulated: &Option<Simulated>) -> Option<&'static str> {
        simulated.is_none().then_some("libgpu.so.1")
    }

    fn peak_fits(interval: &Duration, peak: &Duration) -> Result<(), String> {
        if peak <= interval {
            Ok(())
        } else {
            Err("`peak_window` is longer than `collection_interval`".into())
        }
    }

    #[derive(Clone, Copy, Debug, MetricSet)]
    pub struct Metrics {
        /// How busy the GPU is.
        #[metric(name = "hw.gpu.utilization", unit = "1", attributes("hw.id"))]
        pub utilization: Gauge<f64>,
        /// How hot it is.
        #[metric(name = "hw.temperature", unit = "Cel", attributes("hw.id"))]
        pub temperature: Gauge<f64>,
    }
}

mod rival {
    use tracecore_schema::{Gauge, MetricSet};

    /// Declares a metric of another receiver differently.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(receiver = "rival", signal = metrics, metrics = Metrics, rust = Rival)]
    pub struct Config {}

    #[derive(Clone, Copy, Debug, MetricSet)]
    pub struct Metrics {
        /// How hot it is.
        #[metric(name = "hw.temperature", unit = "1")]
        pub temperature: Gauge<f64>,
    }
}

mod events {
    use std::path::PathBuf;

    /// Reads what the kernel says.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(receiver = "events", signal = logs, rust = Events)]
    pub struct Config {
        /// Where to read.
        #[config(default = "/dev/kmsg")]
        pub path: PathBuf,
    }
}

mod both {
    use tracecore_schema::{Counter, MetricSet};

    /// Counts what it tells.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(receiver = "both", signals(logs, metrics), metrics = Metrics, rust = Both)]
    pub struct Config {}

    #[derive(Clone, Copy, Debug, MetricSet)]
    pub struct Metrics {
        /// What was told.
        #[metric(name = "test.told", unit = "{record}")]
        pub told: Counter<u64>,
    }
}

mod filter {
    use tracecore_schema::Glob;

    /// Keeps some metrics and drops others.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(processor = "filter", signal = metrics, rust = Filter)]
    pub struct Config {
        /// Metrics that pass.
        #[config(fixed, default)]
        pub include: Vec<Glob>,
        /// Metrics that do not.
        #[config(fixed, default)]
        pub exclude: Vec<Glob>,
    }
}

mod hash {
    use tracecore_schema::Secret;

    /// Hides values of attributes.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(processor = "hash", signals(metrics, logs), rust = Hash)]
    pub struct Config {
        /// The attributes.
        #[config(fixed)]
        pub keys: Vec<String>,
        /// Mixed into each value.
        pub salt: Secret,
    }
}

mod page {
    use tracecore_schema::Listen;

    /// Shows the newest values.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(exporter = "page", signal = metrics, rust = Page, page = "the page")]
    pub struct Config {
        /// Where.
        #[config(default = "localhost:9464")]
        pub listen: Listen,
    }
}

mod lines {
    use tracecore_schema::ConfigValue;

    /// Writes to the standard output.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(exporter = "lines", signals(metrics, logs), rust = writer(format), claims = "the standard output")]
    #[config(no_logs = why_no_logs(format))]
    pub struct Config {
        /// In which form.
        #[config(fixed, default = "json")]
        pub format: Format,
    }

    /// The form of what is written.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
    pub enum Format {
        /// One JSON object a line.
        Json,
        /// A table.
        Table,
    }

    fn writer(format: &Format) -> &'static str {
        match format {
            Format::Json => "Json",
            Format::Table => "Table",
        }
    }

    fn why_no_logs(format: &Format) -> Option<&'static str> {
        match format {
            Format::Json => None,
            Format::Table => Some("a table shows metrics; `format: json` writes records too"),
        }
    }
}

mod push {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use tracecore_schema::{ByteSize, Secret};

    /// Sends to a server.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(exporter = "push", signals(metrics, logs), rust = Push)]
    pub struct Config {
        /// The server.
        pub endpoint: String,
        /// How long an attempt may take.
        #[config(default = "10s")]
        pub timeout: Duration,
        /// How much may wait.
        #[config(default = "64MiB", max = "1GiB")]
        pub queue: ByteSize,
        /// How often to try.
        #[config(default = 5, max = 100)]
        pub retries: u32,
        /// Whether to compress.
        #[config(default = true)]
        pub compress: bool,
        /// Sent with each request.
        #[config(default)]
        pub headers: BTreeMap<String, String>,
        /// Says who we are.
        pub token: Option<Secret>,
    }
}

mod deliver {
    pub use tracecore_schema::delivery::*;

    /// Delivers to a server that may be away.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(exporter = "deliver", signals(metrics, logs), rust = Deliver)]
    pub struct Config {
        /// What waits.
        #[config(default)]
        pub queue: QueueConfig,
        /// What happens when it cannot be sent now.
        #[config(default)]
        pub retry: RetryConfig,
    }
}

mod journal {
    /// Writes to the journal.
    #[derive(Clone, Debug, tracecore_schema::Config)]
    #[config(exporter = "journal", signal = logs, rust = Journal)]
    pub struct Config {}
}
