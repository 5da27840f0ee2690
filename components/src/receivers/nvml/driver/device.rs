// SPDX-License-Identifier: Apache-2.0
//! The driver and its GPUs: a library and handles into it.
//!
//! What is asked of a GPU is a method here or in a file of its own beside it; whatever needs
//! kept buffers makes its raw calls through [`Device::lib`] and [`Device::handle`].
#![allow(unsafe_code, reason = "the library is C")]

use std::path::Path;
use std::ptr;
use std::sync::Arc;

use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t};

use super::call::{check, symbol, text};
use super::library::Library;
use super::{Code, FieldIds, LoadError};

/// A driver that has been opened. Its library is closed with its last device, not before.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    library: Arc<Library>,
}

impl Driver {
    /// Opens the library at a path, or of a name that the loader looks up.
    pub(crate) fn open(library: Option<&Path>) -> Result<Self, LoadError> {
        Library::open(library).map(Self::of)
    }

    /// The driver behind a library.
    pub(super) fn of(library: Library) -> Self {
        Self { library: Arc::new(library) }
    }

    /// The functions of its library.
    #[inline]
    pub(crate) fn lib(&self) -> &NvmlLib {
        self.library.table()
    }

    /// The library's file.
    pub(crate) fn path(&self) -> &Path {
        self.library.path()
    }

    /// The driver's version: `580.95.05`.
    pub(crate) fn version(&self) -> Option<&str> {
        self.library.version()
    }

    /// The library's version: `13.580.95.05`.
    pub(crate) fn nvml_version(&self) -> Result<String, Code> {
        let function = symbol(&self.lib().nvmlSystemGetNVMLVersion)?;
        // SAFETY: the buffer has the length that is said.
        text(|buffer, length| unsafe { function(buffer, length) })
    }

    /// The CUDA version that the driver speaks: `13.0`.
    pub(crate) fn cuda_version(&self) -> Result<String, Code> {
        let function = symbol(&self.lib().nvmlSystemGetCudaDriverVersion_v2)?;
        let mut version = 0;
        // SAFETY: it fills a number.
        check(unsafe { function(&raw mut version) })?;
        Ok(format!("{}.{}", version / 1000, version % 1000 / 10))
    }

    /// How many GPUs there are, those included that do not answer.
    pub(crate) fn count(&self) -> Result<u32, Code> {
        let function = symbol(&self.lib().nvmlDeviceGetCount_v2)?;
        let mut count = 0;
        // SAFETY: it fills a number.
        check(unsafe { function(&raw mut count) })?;
        Ok(count)
    }

    /// The GPU at this place.
    pub(crate) fn device(&self, index: u32) -> Result<Device, Code> {
        let function = symbol(&self.lib().nvmlDeviceGetHandleByIndex_v2)?;
        let mut handle = ptr::null_mut();
        // SAFETY: it fills a handle.
        check(unsafe { function(index, &raw mut handle) })?;
        Ok(Device { handle, library: Arc::clone(&self.library) })
    }
}

/// A GPU of a library, which it keeps open.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    handle: nvmlDevice_t,
    library: Arc<Library>,
}

// SAFETY: a handle is a name that the library looks up. It may be used from any thread: the
// library is thread-safe by its documentation.
unsafe impl Send for Device {}

impl Device {
    /// The functions of its library: for raw calls with kept buffers.
    #[inline]
    pub(crate) fn lib(&self) -> &NvmlLib {
        self.library.table()
    }

    /// What its library knows it by.
    #[inline]
    pub(crate) const fn handle(&self) -> nvmlDevice_t {
        self.handle
    }

    /// How its driver numbers fields.
    pub(crate) fn field_ids(&self) -> FieldIds {
        self.library.field_ids()
    }

    /// `GPU-` and 32 hexadecimal digits.
    pub(crate) fn uuid(&self) -> Result<String, Code> {
        self.text(&self.lib().nvmlDeviceGetUUID)
    }

    /// Product name.
    pub(crate) fn model(&self) -> Result<String, Code> {
        self.text(&self.lib().nvmlDeviceGetName)
    }

    /// Serial number of the board.
    pub(crate) fn serial(&self) -> Result<String, Code> {
        self.text(&self.lib().nvmlDeviceGetSerial)
    }

    /// Version of the board's firmware.
    pub(crate) fn firmware(&self) -> Result<String, Code> {
        self.text(&self.lib().nvmlDeviceGetVbiosVersion)
    }

    /// Part number of the board.
    pub(crate) fn board_part_number(&self) -> Result<String, Code> {
        self.text(&self.lib().nvmlDeviceGetBoardPartNumber)
    }

    /// PCI address: `00000000:19:00.0`.
    pub(crate) fn pci_address(&self) -> Result<String, Code> {
        self.pci_info().map(|pci| characters(&pci.busId))
    }

    /// PCI address of what a link leads to.
    pub(crate) fn nvlink_remote_address(&self, link: u32) -> Result<String, Code> {
        self.nvlink_remote(link).map(|pci| characters(&pci.busId))
    }

    /// The MIG instance at this place, if there is one.
    pub(crate) fn instance(&self, index: u32) -> Result<Self, Code> {
        let function = symbol(&self.lib().nvmlDeviceGetMigDeviceHandleByIndex)?;
        let mut handle = ptr::null_mut();
        // SAFETY: the handle is of this library; it fills another.
        check(unsafe { function(self.handle, index, &raw mut handle) })?;
        Ok(Self { handle, library: Arc::clone(&self.library) })
    }
}

/// A text in an array, up to the zero that ends it.
fn characters(array: &[std::ffi::c_char]) -> String {
    let bytes: Vec<u8> =
        array.iter().take_while(|character| **character != 0).map(|c| c.to_ne_bytes()[0]).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
