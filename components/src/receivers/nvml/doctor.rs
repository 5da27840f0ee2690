// SPDX-License-Identifier: Apache-2.0
//! What an operator wants to know when there are no numbers: which library was found, which
//! driver runs, and for each GPU what it does not tell, and why.
//!
//! It looks from a thread of its own and waits for each answer a while only: a GPU that hangs
//! is what it is asked about most.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::Config;
use super::driver::{Driver, LoadError, kernel_driver_version, unreadable_nodes};
use super::events;
use super::group::Group as _;
use super::identity::{Identity, name};
use super::readings::Readings;

/// How long to wait for the answers of one GPU.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found out about driver and GPUs.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The library's file, all links resolved.
    pub library: Option<PathBuf>,
    /// The driver's version, as the library tells it.
    pub driver: Option<String>,
    /// The driver's version, as the kernel tells it.
    pub kernel: Option<String>,
    /// Device files that this process may not open.
    pub forbidden: Vec<String>,
    /// The GPUs.
    pub gpus: Vec<GpuReport>,
    /// Why there is no more than this.
    pub problem: Option<String>,
    /// The problem is that there is no such library.
    pub not_installed: bool,
}

/// What was found out about a GPU.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GpuReport {
    /// `gpu 3`.
    pub name: String,
    /// UUID, model and PCI address, if it says so much.
    pub identity: Option<String>,
    /// How many calls were answered.
    pub answered: usize,
    /// The calls that were not.
    pub findings: Vec<Finding>,
}

/// A call that a GPU does not answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The library's function.
    pub call: &'static str,
    /// Why not.
    pub why: String,
}

impl Report {
    /// Whether there is a GPU, and none that cannot be read.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.problem.is_none() && !self.gpus.is_empty() && self.gpus.iter().all(|gpu| gpu.identity.is_some())
    }
}

/// One thing that the looking thread found out.
enum Step {
    Library { path: PathBuf, version: Option<String> },
    Asking(String),
    Gpu(GpuReport),
    Problem(String),
    NotInstalled(String),
}

/// Looks at the library (by default `libnvidia-ml.so.1`), the driver and every GPU. Takes ten
/// seconds longer for a GPU that hangs, and leaves the thread that asked it behind.
#[must_use]
pub fn doctor(library: Option<&Path>) -> Report {
    look(library, PATIENCE)
}

pub(super) fn look(library: Option<&Path>, patience: Duration) -> Report {
    let mut report =
        Report { kernel: kernel_driver_version(), forbidden: unreadable_nodes(), ..Report::default() };
    let (steps, found) = mpsc::channel();
    let library = library.map(Path::to_owned);
    let thread = thread::Builder::new().name("doctor".to_owned());
    if let Err(error) = thread.spawn(move || examine(library.as_deref(), &steps)) {
        report.problem = Some(format!("cannot start a thread: {error}"));
        return report;
    }
    let mut at = "the library".to_owned();
    loop {
        match found.recv_timeout(patience) {
            Ok(Step::Library { path, version }) => {
                report.library = Some(path);
                report.driver = version;
            }
            Ok(Step::Asking(name)) => at = name,
            Ok(Step::Gpu(gpu)) => report.gpus.push(gpu),
            Ok(Step::Problem(problem)) => report.problem = Some(problem),
            Ok(Step::NotInstalled(problem)) => {
                report.problem = Some(problem);
                report.not_installed = true;
            }
            Err(RecvTimeoutError::Disconnected) => return report,
            Err(RecvTimeoutError::Timeout) => {
                report.problem = Some(format!(
                    "{at} has not answered for {} s and may never do; what comes after it was not looked at",
                    patience.as_secs()
                ));
                return report;
            }
        }
    }
}

/// Runs in a thread that may hang. Nobody listens any more once it has hung: then it ends.
fn examine(library: Option<&Path>, steps: &Sender<Step>) {
    let tell = |step| drop(steps.send(step));
    let driver = match Driver::open(library) {
        Ok(driver) => driver,
        Err(error @ LoadError::Missing { .. }) => return tell(Step::NotInstalled(error.to_string())),
        Err(error) => return tell(Step::Problem(error.to_string())),
    };
    tell(Step::Library { path: driver.path().to_owned(), version: driver.version().map(ToOwned::to_owned) });
    match driver.count() {
        Ok(0) => tell(Step::Problem("the driver finds no GPU".to_owned())),
        Ok(count) => {
            for index in 0..count {
                tell(Step::Asking(name(index)));
                tell(Step::Gpu(gpu(&driver, index)));
            }
        }
        Err(code) => tell(Step::Problem(format!("cannot count the GPUs: {code}"))),
    }
}

fn gpu(driver: &Driver, index: u32) -> GpuReport {
    let known = driver.device(index).and_then(|device| {
        let uuid = device.uuid()?;
        Ok((device, uuid))
    });
    match known {
        Ok((device, uuid)) => {
            let mut survey = Vec::new();
            Readings::survey(&device, &Config::default(), &mut survey);
            events::survey(&device, &mut survey);
            let findings: Vec<_> = survey
                .iter()
                .filter_map(|(call, code)| Some(Finding { call, why: (*code)?.to_string() }))
                .collect();
            let identity = Identity::of(&device, index, uuid, driver.version(), None);
            let model = identity.model.as_deref().unwrap_or("of unknown model");
            let address = identity.pci_address.as_deref().unwrap_or("an unknown address");
            GpuReport {
                name: name(index),
                identity: Some(format!("{model}, {} at {address}", identity.uuid)),
                answered: survey.len() - findings.len(),
                findings,
            }
        }
        Err(code) => GpuReport {
            name: name(index),
            identity: None,
            answered: 0,
            findings: vec![Finding { call: "nvmlDeviceGetHandleByIndex_v2", why: code.to_string() }],
        },
    }
}

/// One finding a line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(library) = &self.library {
            let version = self.driver.as_deref().unwrap_or("unknown");
            writeln!(f, "library: {} (driver {version})", library.display())?;
        }
        match &self.kernel {
            Some(kernel) => writeln!(f, "kernel: driver {kernel}")?,
            None => writeln!(f, "kernel: no NVIDIA driver is loaded (/proc/driver/nvidia is not there)")?,
        }
        for node in &self.forbidden {
            writeln!(f, "permission: {node} cannot be opened by this user")?;
        }
        for gpu in &self.gpus {
            match &gpu.identity {
                Some(identity) => writeln!(f, "{}: {identity}: {} calls answered", gpu.name, gpu.answered)?,
                None => writeln!(f, "{}: does not answer", gpu.name)?,
            }
            for finding in &gpu.findings {
                writeln!(f, "{}: {}: {}", gpu.name, finding.call, finding.why)?;
            }
        }
        match &self.problem {
            Some(problem) => writeln!(f, "problem: {problem}"),
            None => Ok(()),
        }
    }
}
