// SPDX-License-Identifier: Apache-2.0
//! What is measured: whole lanes without threads, built from the components that ship.
//!
//! `benches/tick.rs` and `benches/scrape.rs` time them, `src/bin/count.rs` and those beside
//! it run them a given number of times for callgrind (`benches/gate` turns that into
//! instructions per operation),
//! `src/bin/overhead.rs` runs one against the library alone (`benches/overhead`),
//! `src/bin/indirect.rs` reads their machine code (`benches/check-tick`).

pub mod count;
pub mod otlp;
pub mod planted;
pub mod synthetic;

use tracecore_components::exporters::prometheus::{self, Exposition};
use tracecore_components::exporters::stdout;
use tracecore_components::receivers::nvml;
use tracecore_runtime::page::{Page, PageEncoder};
use tracecore_runtime::private::{Branch, Branches};
use tracecore_runtime::queue::{FrameReceiver, Frames, queue};
use tracecore_runtime::testing::{Lane, branch, lane_info};
use tracecore_runtime::{Encodes, Metrics, Page as _, Receiver};

/// A branch into a Prometheus page and into JSON lines.
pub type Both = Branch<Metrics, (), (PageEncoder<Exposition>, <stdout::Json as Encodes<Metrics>>::Encoder)>;

/// A lane with everything that its steady path touches.
#[derive(Debug)]
pub struct Bench<R: Receiver, B> {
    lane: Lane<R, B>,
    frames: FrameReceiver,
    page: Page<Exposition>,
}

impl<R, B> Bench<R, B>
where
    R: Receiver,
    B: Branches<R::Out>,
{
    /// Opens the lane with the branch that `make` gives for a page and a queue.
    ///
    /// # Errors
    ///
    /// The receiver cannot be opened.
    pub fn open(
        config: R::Config,
        make: impl FnOnce(&Page<Exposition>, Frames) -> B,
    ) -> Result<Self, String> {
        let page = Page::new(prometheus::Prometheus::format(&prometheus::Config::default()));
        let (frames, receiver) = queue(64 << 20);
        let branches = make(&page, frames);
        let lane = Lane::open(config, branches).map_err(|fault| fault.to_string())?;
        Ok(Self { lane, frames: receiver, page })
    }

    /// One tick, and its frame delivered to nobody.
    ///
    /// # Errors
    ///
    /// The receiver fails.
    pub fn tick(&mut self) -> Result<(), String> {
        let result = self.read();
        self.deliver();
        result
    }

    /// One tick, whose frame waits.
    ///
    /// # Errors
    ///
    /// The receiver fails.
    pub fn read(&mut self) -> Result<(), String> {
        self.lane.tick().map_err(|fault| fault.to_string())
    }

    /// Delivers what waits to nobody.
    pub fn deliver(&mut self) {
        while let Some(frame) = self.frames.try_next() {
            self.frames.recycle(frame);
        }
    }

    /// How many points the last tick had.
    #[must_use]
    pub fn points(&self) -> usize {
        self.lane.points()
    }

    /// What renders the page that the lane stores into.
    #[must_use]
    pub fn scraper(&self) -> prometheus::Scraper {
        prometheus::Scraper::new(self.page.reader(), &lane_info("bench").resource)
    }
}

/// The two encoders.
fn encoders(
    page: &Page<Exposition>,
    frames: Frames,
) -> (PageEncoder<Exposition>, <stdout::Json as Encodes<Metrics>>::Encoder) {
    let lane = lane_info("bench");
    let config = stdout::Config { format: stdout::Format::Json, ..stdout::Config::default() };
    (page.encoder(&lane), <stdout::Json as Encodes<Metrics>>::encoder(&config, frames, &lane))
}

/// A branch with both encoders.
#[must_use]
pub fn both(page: &Page<Exposition>, frames: Frames) -> Both {
    branch("bench", (), encoders(page, frames))
}

/// `gpus` simulated GPUs, read in process.
///
/// # Errors
///
/// The simulation cannot be opened.
pub fn simulated(gpus: u32) -> Result<Bench<nvml::SimulatedNvml, Both>, String> {
    let simulated = nvml::Simulated { gpus: Some(gpus), ..nvml::Simulated::default() };
    Bench::open(nvml::Config { simulated: Some(simulated), ..nvml::Config::default() }, both)
}

/// The simulated driver's library, loaded like a real one.
///
/// # Errors
///
/// The library has not been built, or cannot be opened.
pub fn driver() -> Result<Bench<nvml::Nvml, Both>, String> {
    let library = tracecore_gpusim_nvml::library_path().map_err(|error| error.to_string())?;
    Bench::open(nvml::Config { library: Some(library), ..nvml::Config::default() }, both)
}

/// The lane that reads a node through its library.
///
/// # Errors
///
/// The library cannot be opened.
pub fn node(library: &std::path::Path) -> Result<Bench<nvml::Nvml, Both>, String> {
    Bench::open(nvml::Config { library: Some(library.to_owned()), ..nvml::Config::default() }, both)
}

/// 8 by 64 series that cost nothing to read: the pipeline alone.
///
/// # Errors
///
/// None in practice.
pub fn synthetic() -> Result<Bench<synthetic::Synthetic, Both>, String> {
    Bench::open(synthetic::Config::default(), both)
}
