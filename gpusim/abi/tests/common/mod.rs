// SPDX-License-Identifier: Apache-2.0
//! A node of a test's own, loaded as a collector loads a driver's library.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use std::thread;
use std::time::{Duration, Instant};

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use tempfile::TempDir;
use tracecore_gpusim::Control;
use tracecore_gpusim_nvml::Instance;

pub struct Node {
    pub instance: Instance,
    folder: TempDir,
}

impl Node {
    pub fn new(gpus: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let instance = tracecore_gpusim_nvml::install(folder.path(), gpus, 42).unwrap();
        instance.control.set_time(Some(Duration::from_secs(20)));
        Self { instance, folder }
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
