// SPDX-License-Identifier: Apache-2.0
//! Faults scripted from outside: a small file of atomics that the simulation
//! looks at in every call.
//!
//! Whoever has the file open can script: the test that made it, or another
//! process. Changes take effect at the next call, and a hang ends the moment it
//! is cleared. Calls are counted in the same file.

mod driver;
mod enforce;
mod faults;
mod gpu;
mod layout;
mod map;
mod processes;
mod queue;
mod script;
mod target;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::{MAX_GPUS, Profile, clock};
pub use faults::{Counter, EccError, EccLocation, LinkError};
pub use gpu::Spike;
pub(crate) use gpu::{GpuScript, LINKS, SPIKES};
use layout::{Layout, MAGIC, REAL_TIME, VERSION};
use map::Map;
pub use processes::{Process, ProcessKind};
pub use queue::Event;
pub(crate) use queue::{Queue, ring};
pub use target::Target;

/// Which node a control is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Kind of GPUs and driver.
    pub profile: Profile,
    /// Number of GPUs, 0 to [`MAX_GPUS`].
    pub gpus: u32,
    /// What makes this node differ from another.
    pub seed: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self { profile: Profile::default(), gpus: crate::DEFAULT_GPUS, seed: crate::DEFAULT_SEED }
    }
}

impl Setup {
    /// H100s.
    #[must_use]
    pub fn new(gpus: u32, seed: u64) -> Self {
        Self { gpus, seed, ..Self::default() }
    }

    /// The same with another kind of GPUs and driver.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }
}

/// A control file, open. Clones are the same file.
#[derive(Clone)]
pub struct Control {
    map: Arc<Map>,
}

impl Control {
    /// Makes a control file for a node of `gpus` H100s; see [`Control::create_as`].
    ///
    /// # Errors
    /// See [`Control::create_as`].
    pub fn create(path: impl AsRef<Path>, gpus: u32, seed: u64) -> Result<Self, ControlError> {
        Self::create_as(path, Setup::new(gpus, seed))
    }

    /// Makes a control file for a node, in real time and without faults. that is there already is replaced; who has the old one open keeps it.
    ///
    /// # Errors
    /// More than [`MAX_GPUS`] GPUs, or the file cannot be written.
    pub fn create_as(path: impl AsRef<Path>, setup: Setup) -> Result<Self, ControlError> {
        let path = path.as_ref();
        let io = |source| ControlError::Io { doing: "create", path: path.to_owned(), source };
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(format!(".{}.new", std::process::id()));
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&fresh).map_err(io)?;
        let made = file
            .set_len(map::SIZE as u64)
            .and_then(|()| Map::file(&file))
            .map_err(io)
            .and_then(|map| Self::begin(map, setup))
            // Renamed when it is complete: a reader never sees half a file.
            .and_then(|control| fs::rename(&fresh, path).map(|()| control).map_err(io));
        if made.is_err() {
            // The error at hand says more than a failure to clean up after it would.
            let _ = fs::remove_file(&fresh);
        }
        made
    }

    /// A node of `gpus` H100s without a file; see [`Control::in_memory_as`].
    ///
    /// # Errors
    /// See [`Control::in_memory_as`].
    pub fn in_memory(gpus: u32, seed: u64) -> Result<Self, ControlError> {
        Self::in_memory_as(Setup::new(gpus, seed))
    }

    /// The same without a file, for tests in one process.
    ///
    /// # Errors
    /// More than [`MAX_GPUS`] GPUs, or there is no memory.
    pub fn in_memory_as(setup: Setup) -> Result<Self, ControlError> {
        let path = PathBuf::from("(memory)");
        let map = Map::anonymous().map_err(|source| ControlError::Io { doing: "map", path, source })?;
        Self::begin(map, setup)
    }

    /// Opens the control file at `path`.
    ///
    /// # Errors
    /// There is none, it cannot be mapped, or another version of this crate made it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ControlError> {
        let path = path.as_ref();
        let io = |source| ControlError::Io { doing: "open", path: path.to_owned(), source };
        let file = File::options().read(true).write(true).open(path).map_err(io)?;
        let map = match Map::file(&file) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(ControlError::NotAControlFile { path: path.to_owned() });
            }
            map => map.map_err(io)?,
        };
        if map.magic.load(Ordering::Acquire) != MAGIC {
            return Err(ControlError::NotAControlFile { path: path.to_owned() });
        }
        match map.version.load(Ordering::Relaxed) {
            VERSION => Ok(Self { map: Arc::new(map) }),
            found => Err(ControlError::Version { path: path.to_owned(), found }),
        }
    }

    fn begin(map: Map, setup: Setup) -> Result<Self, ControlError> {
        map.present.store(first(setup.gpus)?, Ordering::Relaxed);
        map.profile.store(setup.profile.number(), Ordering::Relaxed);
        map.seed.store(setup.seed, Ordering::Relaxed);
        map.epoch_ns.store(clock::monotonic_ns(), Ordering::Relaxed);
        map.wall_epoch_us.store(clock::wall_us(), Ordering::Relaxed);
        map.time_ns.store(REAL_TIME, Ordering::Relaxed);
        map.version.store(VERSION, Ordering::Relaxed);
        map.magic.store(MAGIC, Ordering::Release);
        Ok(Self { map: Arc::new(map) })
    }

    /// The kind of node that it was made for.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile_or_default()
    }

    fn layout(&self) -> &Layout {
        &self.map
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("present", &self.present()).finish_non_exhaustive()
    }
}

/// A set of the first `gpus` slots.
pub(crate) fn first(gpus: u32) -> Result<u64, ControlError> {
    match gpus {
        0 => Ok(0),
        1..=MAX_GPUS => Ok(u64::MAX >> (MAX_GPUS - gpus)),
        found => Err(ControlError::TooManyGpus { found }),
    }
}

/// Why a control file could not be made, opened or scripted.
#[derive(Debug)]
#[non_exhaustive]
pub enum ControlError {
    /// The operating system refused.
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
    /// The file is something else.
    NotAControlFile {
        /// The file.
        path: PathBuf,
    },
    /// The file is of another version.
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// More GPUs than a node can have.
    TooManyGpus {
        /// How many were asked for.
        found: u32,
    },
    /// More processes than a GPU's script has room for.
    TooManyProcesses,
    /// A link that no GPU has.
    NoSuchLink {
        /// The link.
        found: u32,
    },
    /// A slot that no node has.
    NoSuchSlot {
        /// The slot.
        found: u32,
    },
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => {
                write!(f, "cannot {doing} gpusim control file {}: {source}", path.display())
            }
            Self::NotAControlFile { path } => {
                write!(f, "{} is not a gpusim control file; `Control::create` makes one", path.display())
            }
            Self::Version { path, found } => write!(
                f,
                "gpusim control file {} has version {found}, this gpusim reads version {VERSION}; \
                 make it again with the same build",
                path.display()
            ),
            Self::TooManyGpus { found } => {
                write!(f, "{found} simulated gpus are too many: a node has 0 to {MAX_GPUS}")
            }
            Self::TooManyProcesses => {
                write!(f, "a gpu has room for {} scripted processes; end one first", gpu::PROCESSES)
            }
            Self::NoSuchLink { found } => {
                write!(f, "there is no link {found}: links are 0 to {}", LINKS - 1)
            }
            Self::NoSuchSlot { found } => {
                write!(f, "there is no gpu slot {found}: slots are 0 to {}", MAX_GPUS - 1)
            }
        }
    }
}

impl std::error::Error for ControlError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
