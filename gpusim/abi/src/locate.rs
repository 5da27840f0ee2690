// SPDX-License-Identifier: Apache-2.0
//! Finding the shared library for a test. Nothing here is part of the C ABI.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

use tracecore_gpusim::{Control, ControlError, Function, Setup};

use crate::CONTROL_SUFFIX;

/// The shared library that Cargo built together with the running test.
///
/// Cargo builds it wherever this package is a dependency, also a
/// dev-dependency, and puts it next to the test's own executable.
///
/// # Errors
/// It is not there.
pub fn library_path() -> Result<PathBuf, LibraryNotBuilt> {
    let name = format!("{DLL_PREFIX}tracecore_gpusim_nvml{DLL_SUFFIX}");
    let executable = env::current_exe().unwrap_or_default();
    let folder = executable.parent().unwrap_or(Path::new("."));
    // A test lies in `deps`, a binary above it, an example beside it.
    let folders = [folder.to_owned(), folder.join("deps"), folder.join("../deps")];
    let looked = folders.map(|folder| folder.join(&name));
    // `deps` first: a copy elsewhere may be of an earlier build.
    let in_deps = |path: &&PathBuf| path.parent().is_some_and(|folder| folder.ends_with("deps"));
    let found = looked.iter().filter(in_deps).chain(&looked).find(|path| path.is_file());
    found.cloned().ok_or(LibraryNotBuilt { looked })
}

/// The shared library is not where Cargo puts it.
#[derive(Debug)]
pub struct LibraryNotBuilt {
    looked: [PathBuf; 3],
}

impl fmt::Display for LibraryNotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the simulated nvml library is not built: looked for")?;
        for path in &self.looked {
            write!(f, " {}", path.display())?;
        }
        f.write_str(
            "; `cargo build -p tracecore-gpusim-abi` with the same profile and target folder builds it",
        )
    }
}

impl Error for LibraryNotBuilt {}

/// A copy of the library with a control file next to it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The copy, to be loaded by path.
    pub library: PathBuf,
    /// Its script.
    pub control: Control,
}

/// Installs a node of H100s: see [`install_as`].
///
/// # Errors
/// See [`install_as`].
pub fn install(folder: impl AsRef<Path>, gpus: u32, seed: u64) -> Result<Instance, InstallError> {
    install_as(folder, Setup::new(gpus, seed))
}

/// Puts a copy of the library into `folder`, under the driver library's own
/// name, without the symbols that its driver lacks, and with a control file that it finds by itself.
///
/// The loader takes every copy for another library, so that tests in one
/// process each have a node of their own, and no environment variable is needed.
///
/// # Errors
/// The library is not built, the folder cannot be written, or there are too many GPUs.
pub fn install_as(folder: impl AsRef<Path>, setup: Setup) -> Result<Instance, InstallError> {
    let built = library_path().map_err(InstallError::NotBuilt)?;
    let folder = fs::canonicalize(folder).map_err(InstallError::Copy)?;
    let library = folder.join("libnvidia-ml.so.1");
    let control = folder.join(format!("libnvidia-ml.so.1{CONTROL_SUFFIX}"));
    let control = Control::create_as(control, setup).map_err(InstallError::Control)?;
    let mut bytes = fs::read(built).map_err(InstallError::Copy)?;
    remove_symbols(&mut bytes, |name| {
        Function::by_name(name).is_some_and(|function| !setup.profile.has(function))
    });
    fs::write(&library, bytes).map_err(InstallError::Copy)?;
    Ok(Instance { library, control })
}

/// Makes symbols of a shared library ones that nobody finds: their names in the string table get
/// another first letter. The loader looks names up by their hash and then compares them, so the
/// entry stays where it is and answers to neither name.
fn remove_symbols(library: &mut [u8], lacks: impl Fn(&str) -> bool) {
    // Strings of a table are what is between zeros.
    for string in library.split_mut(|byte| *byte == 0).filter(|string| string.starts_with(b"nvml")) {
        if str::from_utf8(string).is_ok_and(&lacks) {
            string[0] = b'x';
        }
    }
}

/// Why there is no copy of the library.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// There is nothing to copy.
    NotBuilt(LibraryNotBuilt),
    /// Copying failed.
    Copy(io::Error),
    /// The control file could not be made.
    Control(ControlError),
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt(error) => error.fmt(f),
            Self::Copy(error) => write!(f, "cannot copy the simulated nvml library: {error}"),
            Self::Control(error) => error.fmt(f),
        }
    }
}

impl Error for InstallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotBuilt(error) => Some(error),
            Self::Copy(error) => Some(error),
            Self::Control(error) => Some(error),
        }
    }
}
