// SPDX-License-Identifier: Apache-2.0
//! From the bytes of a log to what the kernel said: pure functions, no I/O, no state.
//!
//! | file | for |
//! |---|---|
//! | `record.rs` | a record, wherever it was read, and the buffers that one is read into |
//! | `kmsg.rs` | a record of `/dev/kmsg` |
//! | `journal.rs`, `json.rs` | a line of `journalctl --output=json` |
//! | `text.rs` | bytes of unknown virtue, as text |
//! | `event.rs` | what a message means: the table of contents of the rest |
//! | `xid.rs`, `process.rs`, `nvlink.rs` | Xids of the NVIDIA driver |
//! | `sxid.rs` | SXids of NVSwitches |
//! | `gpu.rs`, `address.rs` | what else the driver says of a GPU |
//! | `general.rs` | what the kernel itself says: OOM kills, oopses, hardware errors |
//! | `laws.rs` | what holds for every input: for fuzz targets and a test |
//!
//! Invariants: nothing here panics, allocates per record once its buffers have grown, or
//! believes what it reads. This folder names nothing outside of itself, so that the fuzz targets
//! compile it alone.

pub mod address;
pub mod event;
pub mod general;
pub mod gpu;
pub mod journal;
mod json;
pub mod kmsg;
pub mod laws;
pub mod nvlink;
mod process;
pub mod record;
mod scan;
pub mod sxid;
mod text;
pub mod xid;

#[cfg(test)]
mod tests;
