// SPDX-License-Identifier: Apache-2.0
//! Why a folder is refused. What may pass (a full or read-only disk) is no error: the store
//! opens, keeps frames in memory and says so.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a store was not opened. Nothing in the folder has been changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another exporter of this one, uses the folder.
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Who uses it, if it said so.
        pid: Option<u32>,
    },
    /// A segment was written by a newer version.
    Newer {
        /// The segment.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this build reads.
        known: u32,
    },
    /// The folder holds the frames of something else.
    Content {
        /// The folder.
        folder: PathBuf,
        /// Whose frames it holds.
        found: String,
        /// Whose it was opened for.
        expected: String,
    },
    /// The path is something else than a folder.
    NotAFolder(PathBuf),
    /// Anything else that waiting does not mend.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { folder, pid } => {
                write!(f, "queue folder {} is in use by ", folder.display())?;
                match pid {
                    Some(pid) if *pid == std::process::id() => {
                        f.write_str("another exporter of this process")?;
                    }
                    Some(pid) => write!(f, "process {pid}")?,
                    None => f.write_str("another process")?,
                }
                f.write_str("; each queue needs a folder of its own")
            }
            Self::Newer { file, found, known } => write!(
                f,
                "queue segment {} has format version {found}, and this build reads up to {known}; run the newer \
                 build until the queue is empty, or choose another folder (nothing was deleted)",
                file.display()
            ),
            Self::Content { folder, found, expected } => write!(
                f,
                "queue folder {} holds frames of `{found}`, not of `{expected}`; choose another folder, or run \
                 the earlier configuration until it is empty (nothing was deleted)",
                folder.display()
            ),
            Self::NotAFolder(path) => write!(f, "queue folder {} is not a folder", path.display()),
            Self::Io { path, error } => write!(f, "queue folder {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Whether a failure may pass by itself, so that going on in memory is better than not
/// starting: a monitor must not die of a full or read-only disk.
pub(super) fn may_pass(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::FileTooLarge
            | Kind::ReadOnlyFilesystem
            | Kind::PermissionDenied
            | Kind::ResourceBusy
            | Kind::StaleNetworkFileHandle
            | Kind::TimedOut
            | Kind::OutOfMemory
    ) || matches!(error.raw_os_error(), Some(EIO | EMFILE | ENFILE))
}

const EIO: i32 = 5;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
