// SPDX-License-Identifier: Apache-2.0
//! What a package's `build.rs` calls: compiles the package's pipeline files into `OUT_DIR`.
//!
//! ```no_run
//! // build.rs
//! tracecore_compiler::build::pipelines(&tracecore_schema::Catalog::new());
//! ```
//!
//! ```ignore
//! // main.rs
//! #[cfg(tracecore_bad_pipelines)]
//! compile_error!(include_str!(concat!(env!("OUT_DIR"), "/diag.txt")));
//! #[cfg(not(tracecore_bad_pipelines))]
//! mod pipelines {
//!     include!(concat!(env!("OUT_DIR"), "/pipelines.rs"));
//! }
//! ```
//!
//! A file with mistakes does not fail the build script: it writes the drawn mistakes and sets a
//! cfg, and the `compile_error!` above shows them, without a wrapper and to editors, too.

mod info;
mod select;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use tracecore_schema::Catalog;

use crate::{Look, Source, Target, compile_for, emit};

/// The variable that names which pipelines are compiled in.
pub const SELECTION: &str = "TRACECORE_PIPELINES";

/// Compiles the pipelines of the package that is being built: all of `pipelines/`, or what
/// `TRACECORE_PIPELINES` names, separated by commas: stems (`default`), files and folders.
///
/// Writes `OUT_DIR/pipelines.rs`, or `OUT_DIR/diag.txt` and the cfg `tracecore_bad_pipelines`;
/// a copy of the generated code for people lies in `target/tracecore/PACKAGE/pipelines.rs`.
/// Sets `TRACECORE_REVISION`, `TRACECORE_BUILD_DATE` and `TRACECORE_TARGET` for the package.
pub fn pipelines(catalog: &Catalog) {
    cargo("rustc-check-cfg", "cfg(tracecore_bad_pipelines)");
    cargo("rerun-if-env-changed", SELECTION);
    info::set();
    if let Err(error) = run(catalog) {
        cargo("error", &error);
    }
}

/// Says something to cargo.
#[allow(clippy::print_stdout, reason = "a build script speaks to cargo on its standard output")]
fn cargo(key: &str, value: &str) {
    println!("cargo::{key}={value}");
}

/// A variable that cargo sets for build scripts.
fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set: this runs in a build script alone"))
}

fn run(catalog: &Catalog) -> Result<(), String> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let outcome = read(&package).and_then(|sources| {
        let compilation = compile_for(&sources, catalog, target());
        for warning in compilation.report.warning_lines() {
            cargo("warning", &warning);
        }
        if compilation.is_ok() {
            Ok(emit(&compilation.plans))
        } else {
            Err(compilation.report.draw(Look::Plain))
        }
    });
    match outcome {
        Ok(code) => {
            write(&out.join("pipelines.rs"), &code)?;
            copy_for_people(&out, &code);
            Ok(())
        }
        Err(mistakes) => {
            cargo("rustc-cfg", "tracecore_bad_pipelines");
            // `compile_error!` puts its text after `error: `.
            write(&out.join("diag.txt"), &format!("pipelines do not compile\n\n{}\n", mistakes.trim_end()))
        }
    }
}

/// The selected files, each announced to cargo.
fn read(package: &Path) -> Result<Vec<Source>, String> {
    let selection = env::var(SELECTION).unwrap_or_default();
    let selected = select::select(package, &selection).inspect_err(|_| {
        // What is missing now may be there in the next build.
        for name in selection.split(',').chain([select::FOLDER]).filter(|name| !name.trim().is_empty()) {
            cargo("rerun-if-changed", &package.join(name.trim()).to_string_lossy());
        }
    })?;
    for watched in &selected.watched {
        cargo("rerun-if-changed", &watched.to_string_lossy());
    }
    let files = selected.files.iter();
    files
        .map(|path| {
            let shown = path.strip_prefix(package).unwrap_or(path).to_string_lossy();
            Source::read(path, shown.clone())
                .map_err(|error| format!("error: cannot read {shown}: {error}\n"))
        })
        .collect()
}

/// What cargo says of the executable. A C runtime that is linked in cannot load libraries,
/// except on Windows, where it is the system that loads them.
fn target() -> Target {
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let crt_static = features.split(',').any(|feature| feature == "crt-static");
    let windows = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "windows");
    Target::default().fully_static(crt_static && !windows)
}

/// Writes a file unless it says the same already, so that nothing looks newer than it is.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let same = fs::read(path).is_ok_and(|old| old == text.as_bytes());
    if same { Ok(()) } else { fs::write(path, text).map_err(|error| format!("{}: {error}", path.display())) }
}

/// Puts the generated code where people find it. `OUT_DIR` is
/// `target/PROFILE/build/PACKAGE-HASH/out`; a copy that fails costs nothing but the copy.
fn copy_for_people(out: &Path, code: &str) {
    let Some(target) = out.ancestors().nth(4) else { return };
    let folder = target.join("tracecore").join(env::var("CARGO_PKG_NAME").unwrap_or_default());
    let copied = fs::create_dir_all(&folder)
        .and_then(|()| write(&folder.join("pipelines.rs"), code).map_err(io::Error::other));
    if let Err(error) = copied {
        cargo("warning", &format!("no copy of the generated code for people: {error}"));
    }
}
