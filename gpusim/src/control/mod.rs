// SPDX-License-Identifier: Apache-2.0
//! Faults scripted from outside: a small file of atomics that the simulation
//! looks at in every call.
//!
//! Whoever has the file open can script: the test that made it, or another
//! process. Changes take effect at the next call, and a hang ends the moment it
//! is cleared. Calls are counted in the same file.

mod enforce;
mod layout;
mod map;
mod script;
mod target;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::{MAX_GPUS, clock};
use layout::{Layout, MAGIC, REAL_TIME, VERSION};
use map::Map;
pub use target::Target;

/// A control file, open. Clones are the same file.
#[derive(Clone)]
pub struct Control {
    map: Arc<Map>,
}

impl Control {
    /// Makes a control file for a node of `gpus` GPUs, in real time and without faults.
    /// A file that is there already is replaced; who has the old one open keeps it.
    ///
    /// # Errors
    /// More than [`MAX_GPUS`] GPUs, or the file cannot be written.
    pub fn create(path: impl AsRef<Path>, gpus: u32, seed: u64) -> Result<Self, ControlError> {
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
            .and_then(|map| Self::begin(map, gpus, seed))
            // Renamed when it is complete: a reader never sees half a file.
            .and_then(|control| fs::rename(&fresh, path).map(|()| control).map_err(io));
        if made.is_err() {
            // The error at hand says more than a failure to clean up after it would.
            let _ = fs::remove_file(&fresh);
        }
        made
    }

    /// The same without a file, for tests of the Rust door in one process.
    ///
    /// # Errors
    /// More than [`MAX_GPUS`] GPUs, or there is no memory.
    pub fn in_memory(gpus: u32, seed: u64) -> Result<Self, ControlError> {
        let path = PathBuf::from("(memory)");
        let map = Map::anonymous().map_err(|source| ControlError::Io { doing: "map", path, source })?;
        Self::begin(map, gpus, seed)
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

    fn begin(map: Map, gpus: u32, seed: u64) -> Result<Self, ControlError> {
        map.present.store(first(gpus)?, Ordering::Relaxed);
        map.seed.store(seed, Ordering::Relaxed);
        map.epoch_ns.store(clock::monotonic_ns(), Ordering::Relaxed);
        map.time_ns.store(REAL_TIME, Ordering::Relaxed);
        map.version.store(VERSION, Ordering::Relaxed);
        map.magic.store(MAGIC, Ordering::Release);
        Ok(Self { map: Arc::new(map) })
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
pub(crate) fn first(gpus: u32) -> Result<u32, ControlError> {
    match gpus {
        0 => Ok(0),
        1..=MAX_GPUS => Ok(u32::MAX >> (MAX_GPUS - gpus)),
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
