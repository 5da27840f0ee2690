// SPDX-License-Identifier: Apache-2.0
//! Why there is no library, in words that say what to do, and what the machine tells about it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Code;

/// Why there is no library.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// There is no such file.
    Missing { library: PathBuf, by_default: bool },
    /// The loader does not take it.
    Unloadable { library: PathBuf, why: String },
    /// It is another library.
    Foreign { library: PathBuf, missing: &'static str },
    /// It does not start.
    Refused { library: PathBuf, code: Code },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { library, by_default: true } => {
                write!(f, "{} not found: is the NVIDIA driver installed?", library.display())
            }
            Self::Missing { library, by_default: false } => {
                write!(f, "there is no library `{}`, which `library` names", library.display())
            }
            Self::Unloadable { library, why } => write!(f, "cannot load {}: {why}", library.display()),
            Self::Foreign { library, missing } => write!(
                f,
                "{} is not the driver's library (libnvidia-ml): it has no `{missing}`",
                library.display()
            ),
            Self::Refused { library, code } => refused(f, library, *code),
        }
    }
}

fn refused(f: &mut fmt::Formatter<'_>, library: &Path, code: Code) -> fmt::Result {
    let shown = library.display();
    match code {
        Code::DRIVER_NOT_LOADED => write!(
            f,
            "the NVIDIA driver is not loaded, though its library is there ({shown}): \
             try `modprobe nvidia`, and look into the kernel log"
        ),
        Code::VERSION_MISMATCH => {
            let kernel = kernel_driver_version().unwrap_or_else(|| "of another version".to_owned());
            write!(
                f,
                "the driver is loaded but its version differs from the library's: the kernel has {kernel}, \
                 the library is {shown}; load the new driver (a reboot does)"
            )
        }
        Code::NO_PERMISSION => {
            let nodes = unreadable_nodes();
            let nodes = if nodes.is_empty() { "/dev/nvidia*".to_owned() } else { nodes.join(", ") };
            write!(
                f,
                "no permission to open {nodes}: run as a user who may, or give the container the devices"
            )
        }
        code => write!(f, "{shown} does not start: {code}"),
    }
}

/// The version of the driver in the kernel, as the kernel tells it.
pub(crate) fn kernel_driver_version() -> Option<String> {
    version_in(&fs::read_to_string("/proc/driver/nvidia/version").ok()?)
}

fn version_in(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("NVRM version:"))?;
    let version = line
        .split_whitespace()
        .find(|word| word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.'));
    version.map(ToOwned::to_owned)
}

/// The driver's device files that this process may not open.
pub(crate) fn unreadable_nodes() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/dev") else { return Vec::new() };
    let mut nodes: Vec<_> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix("nvidia"));
            rest.is_some_and(|rest| rest == "ctl" || rest.parse::<u32>().is_ok())
        })
        .filter(|entry| {
            let opened = fs::File::options().read(true).write(true).open(entry.path());
            opened.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
        })
        .map(|entry| entry.path().display().to_string())
        .collect();
    nodes.sort();
    nodes
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn the_kernels_version_is_read_of_both_kinds_of_modules() {
        let open = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  595.45.04  Release Build  (x)\n\
                    GCC version:  gcc version 13.3.0\n";
        let closed =
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n";
        assert_eq!(version_in(open).as_deref(), Some("595.45.04"));
        assert_eq!(version_in(closed).as_deref(), Some("535.183.01"));
        assert_eq!(version_in("GCC version: 13.3.0"), None);
    }
}
