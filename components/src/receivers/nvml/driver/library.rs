// SPDX-License-Identifier: Apache-2.0
//! Finding and opening the driver's library, and saying why it cannot be opened.
//!
//! Every attempt starts from nothing: no handle is kept and no failure remembered, so that a
//! driver that was installed, loaded or replaced meanwhile is found.
//!
//! Who opened the library owns it: handle, initialisation and all. A receiver whose call hangs
//! keeps its own until that call returns, and its successor has one of its own. Both loader and
//! library count their users, so that closing one takes nothing from the other; a library in
//! which a call hangs for ever stays loaded for ever. That is why there is no handle of the
//! whole process here.
//!
//! A library that stayed loaded answers to its short name even after a new driver has taken its
//! place on disk. So the short name only serves to find the file, and the file is opened by its
//! full, versioned path.
#![allow(unsafe_code, reason = "opening a shared library runs its initialisers")]

use std::ffi::{CStr, OsStr, OsString};
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nvml_wrapper::Nvml;
use nvml_wrapper_sys::bindings::NvmlLib;

use super::Code;

/// What the driver's library is called on Linux.
const NAME: &str = "libnvidia-ml.so.1";

/// The library, initialised.
#[derive(Debug)]
pub(crate) struct Library {
    pub(super) nvml: Nvml,
    /// The file, all links resolved.
    pub(super) path: PathBuf,
}

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

impl Library {
    /// Opens the library at a path, or of a name that the loader looks up.
    pub(crate) fn open(library: Option<&Path>) -> Result<Self, LoadError> {
        let name = library.unwrap_or(Path::new(NAME));
        let by_default = library.is_none();
        let path = if name.as_os_str().as_bytes().contains(&b'/') {
            resolve(name)?
        } else {
            find(name, by_default)?
        };
        probe(path.as_os_str(), false)?;
        let nvml = Nvml::builder()
            .lib_path(path.as_os_str())
            .init()
            .map_err(|error| LoadError::Refused { library: path.clone(), code: error.into() })?;
        Ok(Self { nvml, path })
    }
}

/// The file that a path leads to.
fn resolve(path: &Path) -> Result<PathBuf, LoadError> {
    fs::canonicalize(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => LoadError::Missing { library: path.to_owned(), by_default: false },
        _ => LoadError::Unloadable { library: path.to_owned(), why: error.to_string() },
    })
}

/// The file that the loader takes for a name.
fn find(name: &Path, by_default: bool) -> Result<PathBuf, LoadError> {
    let lib = probe(name.as_os_str(), by_default)?;
    let loaded = lib.nvmlInit_v2.as_ref().ok().and_then(|init| file_of(*init as *const ()));
    // Without an answer the loader's own choice is as good as it gets.
    Ok(loaded.and_then(|loaded| behind(name, &loaded)).unwrap_or_else(|| name.to_owned()))
}

/// The file that a name stands for now, given where it was loaded from. A library that stayed
/// loaded may have a path that is gone, or is of the old driver; the link beside it is not.
fn behind(name: &Path, loaded: &Path) -> Option<PathBuf> {
    fs::canonicalize(loaded.with_file_name(name)).or_else(|_| fs::canonicalize(loaded)).ok()
}

/// Loads the library without initialising it, and checks that it is what it should be.
fn probe(name: &OsStr, by_default: bool) -> Result<NvmlLib, LoadError> {
    let library = PathBuf::from(name);
    // SAFETY: the initialisers of the driver's library, or of whatever an operator names as
    // that, are trusted like the driver itself.
    let lib = match unsafe { NvmlLib::new(name) } {
        Ok(lib) => lib,
        Err(error) => {
            let why = error.to_string();
            // The loader says it the same way of a library that this one needs.
            let itself = why.starts_with(&*name.to_string_lossy()) && why.contains("No such file");
            return Err(match itself {
                true => LoadError::Missing { library, by_default },
                false => LoadError::Unloadable { library, why },
            });
        }
    };
    // Without these two nothing works; the wrapper would panic for lack of the second.
    for (missing, there) in
        [("nvmlInit_v2", lib.nvmlInit_v2.is_ok()), ("nvmlShutdown", lib.nvmlShutdown.is_ok())]
    {
        if !there {
            return Err(LoadError::Foreign { library, missing });
        }
    }
    Ok(lib)
}

/// The file that a function was loaded from.
fn file_of(function: *const ()) -> Option<PathBuf> {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: `info` is ours to write; any address may be asked about.
    let found = unsafe { libc::dladdr(function.cast(), &raw mut info) };
    if found == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: on success the loader's own, terminated text, which lives as long as the library
    // is loaded; the caller holds it.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(PathBuf::from(OsString::from(OsStr::from_bytes(name.to_bytes()))))
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
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{NAME, behind, file_of, probe, version_in};

    #[test]
    fn a_function_tells_where_it_was_loaded_from() {
        let folder = tempfile::tempdir().unwrap();
        let node = tracecore_gpusim_nvml::install(folder.path(), 1, 1).unwrap();
        let lib = probe(node.library.as_os_str(), false).unwrap();
        let init = lib.nvmlInit_v2.as_ref().unwrap();
        assert_eq!(file_of(*init as *const ()), Some(node.library));
        assert_eq!(file_of(std::ptr::null()), None);
    }

    #[test]
    fn a_name_stands_for_the_new_file_though_the_old_one_is_loaded() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(temporary.path()).unwrap();
        let (link, name) = (folder.join(NAME), Path::new(NAME));
        let [old, new] = ["libnvidia-ml.so.580", "libnvidia-ml.so.595"].map(|file| folder.join(file));
        fs::write(&old, "").unwrap();
        assert_eq!(behind(name, &old), Some(old.clone()), "there is no link");
        symlink(&old, &link).unwrap();
        assert_eq!(behind(name, &link), Some(old.clone()));
        // The upgrade.
        fs::remove_file(&old).unwrap();
        fs::remove_file(&link).unwrap();
        fs::write(&new, "").unwrap();
        symlink(&new, &link).unwrap();
        assert_eq!(behind(name, &old), Some(new.clone()), "loaded by its versioned path");
        assert_eq!(behind(name, &link), Some(new), "loaded by its name");
    }

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
