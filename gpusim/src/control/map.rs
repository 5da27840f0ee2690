// SPDX-License-Identifier: Apache-2.0
//! The control file in memory. The only module of this crate with `unsafe`.
#![allow(unsafe_code, reason = "mapping a file that another process writes needs it")]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::ptr::{NonNull, null_mut};

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

use super::layout::Layout;

/// Bytes of a control file.
pub(super) const SIZE: usize = size_of::<Layout>();

/// A shared mapping of a [`Layout`].
pub(super) struct Map(NonNull<Layout>);

// SAFETY: the mapping belongs to no thread, and every byte of it that is reachable is an atomic.
unsafe impl Send for Map {}
// SAFETY: as above; shared references to atomics may be used from any thread.
unsafe impl Sync for Map {}

impl Map {
    /// Maps `file`, which must have at least [`SIZE`] bytes and keep them.
    pub(super) fn file(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() < SIZE as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
        let base = unsafe { mmap(null_mut(), SIZE, protection, flags, file, 0) }?;
        Self::from_base(base.cast())
    }

    /// Maps zeroed memory that only this process sees.
    pub(super) fn anonymous() -> io::Result<Self> {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: as in `file`.
        let base = unsafe { mmap_anonymous(null_mut(), SIZE, protection, flags) }?;
        Self::from_base(base.cast())
    }

    fn from_base(base: *mut Layout) -> io::Result<Self> {
        NonNull::new(base).map(Self).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl Deref for Map {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        // SAFETY: the mapping is page-aligned, SIZE bytes long and lives until `drop`. Layout is
        // atomics only, for which every bit pattern is valid and which others may write meanwhile.
        // A file that somebody truncates while it is mapped ends the process with SIGBUS, which is
        // why `Control::create` replaces files and never shortens them.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: this value owns the mapping, and no reference into it outlives the value.
        // Unmapping a whole mapping of our own does not fail; if it did, it would leak.
        let _ = unsafe { munmap(self.0.as_ptr().cast(), SIZE) };
    }
}
