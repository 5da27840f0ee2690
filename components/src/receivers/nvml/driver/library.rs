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

use nvml_wrapper_sys::bindings::NvmlLib;

use super::call::{check, symbol, text};
use super::{Code, FieldIds, LoadError};

/// What the driver's library is called on Linux.
const NAME: &str = "libnvidia-ml.so.1";

/// The library, initialised: the table of its functions, and the file it came from. Shut down
/// and unloaded when the last one who holds it lets go: the driver, and each of its devices.
pub(crate) struct Library {
    table: NvmlLib,
    path: PathBuf,
    version: Option<String>,
    field_ids: FieldIds,
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
        let table = probe(path.as_os_str(), false)?;
        Self::start(table, path.clone()).map_err(|code| LoadError::Refused { library: path, code })
    }

    /// Initialises a library whose functions are at hand.
    pub(crate) fn start(table: NvmlLib, path: PathBuf) -> Result<Self, Code> {
        let init = symbol(&table.nvmlInit_v2)?;
        // SAFETY: it takes no arguments, and may be called at any time.
        check(unsafe { init() })?;
        let version = symbol(&table.nvmlSystemGetDriverVersion).and_then(|function| {
            // SAFETY: the buffer has the length that is said.
            text(|buffer, length| unsafe { function(buffer, length) })
        });
        let version = version.ok();
        Ok(Self { table, path, field_ids: FieldIds::of(version.as_deref()), version })
    }

    /// The driver's version: `580.95.05`.
    pub(crate) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// How the driver numbers fields.
    pub(crate) const fn field_ids(&self) -> FieldIds {
        self.field_ids
    }

    /// Its functions. One that this driver lacks is an `Err`.
    #[inline]
    pub(crate) const fn table(&self) -> &NvmlLib {
        &self.table
    }

    /// The file, all links resolved.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Library {
    /// Nobody else is in a call: a call borrows a device or the driver, which hold the library.
    /// A receiver whose call hangs is never dropped, and so keeps the library it has, alone.
    fn drop(&mut self) {
        if let Ok(shutdown) = &self.table.nvmlShutdown {
            // SAFETY: it was initialised once more than it was shut down. What it answers is of
            // no use to anybody: the file is closed next.
            unsafe { shutdown() };
        }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("path", &self.path).finish_non_exhaustive()
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
    // Without these two nothing works.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{NAME, behind, file_of, probe};

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
}
