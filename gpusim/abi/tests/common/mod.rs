// SPDX-License-Identifier: Apache-2.0
//! A node of a test's own, loaded as a collector loads a driver's library.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

use std::ptr::null_mut;
use std::thread;
use std::time::{Duration, Instant};

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t};
use tempfile::TempDir;
use tracecore_gpusim::{Control, Setup};
use tracecore_gpusim_nvml::Instance;

pub struct Node {
    pub instance: Instance,
    folder: TempDir,
}

/// Calls a symbol.
#[allow(unused_macros, reason = "see above")]
macro_rules! call {
    ($library:ident . $name:ident ( $($argument:expr),* )) => {{
        let symbol = $library.$name.as_ref().unwrap();
        // SAFETY: each pointer is null, or of a local of the right type and length.
        unsafe { symbol($($argument),*) }
    }};
}

impl Node {
    pub fn new(gpus: u32) -> Self {
        Self::of(Setup::new(gpus, 42))
    }

    pub fn of(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let instance = tracecore_gpusim_nvml::install_as(folder.path(), setup).unwrap();
        instance.control.set_time(Some(Duration::from_secs(20)));
        Self { instance, folder }
    }

    /// The symbols themselves, without a wrapper around them, initialised.
    pub fn symbols(&self) -> NvmlLib {
        // SAFETY: loading the simulation runs no code that needs anything.
        let library = unsafe { NvmlLib::new(&self.instance.library) }.unwrap();
        assert_eq!(call!(library.nvmlInit_v2()), 0);
        library
    }

    /// The handle at an index.
    pub fn handle(&self, library: &NvmlLib, index: u32) -> nvmlDevice_t {
        let mut device = null_mut();
        assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(index, &mut device)), 0);
        device
    }

    /// Goes to so many seconds after the start.
    pub fn at(&self, seconds: u64) {
        self.control().set_time(Some(Duration::from_secs(seconds)));
    }

    pub fn control(&self) -> &Control {
        &self.instance.control
    }

    pub fn try_load(&self) -> Result<Nvml, NvmlError> {
        Nvml::builder().lib_path(self.instance.library.as_os_str()).init()
    }

    pub fn load(&self) -> Nvml {
        self.try_load().unwrap()
    }
}

pub fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(10), "it does not come about");
        thread::sleep(Duration::from_millis(1));
    }
}
