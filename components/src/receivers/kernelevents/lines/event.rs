// SPDX-License-Identifier: Apache-2.0
//! What a message means.
//!
//! Only the beginning of a message is looked at. The kernel's own lines may hold words of user
//! space further on (the name of a program that crashed, say), and those words are no events.

use super::general::{self, General};
use super::gpu::{self, Gpu};
use super::sxid::{self, Sxid, SxidLine};
use super::xid::{self, Xid};

/// What a message of the kernel means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// The NVIDIA driver reports an error of a GPU.
    Xid(Xid<'a>),
    /// The NVSwitch driver reports an error.
    Sxid(Sxid<'a>),
    /// A further line of an error of an NVSwitch, which is no error of its own.
    SxidDetail(Sxid<'a>),
    /// Something else about a GPU.
    Gpu(Gpu<'a>),
    /// The kernel reports something that has nothing to do with GPUs.
    General(General<'a>),
}

/// What this message means, if it is one that we know.
///
/// ```
/// use tracecore_components::receivers::kernelevents::lines::event::{Event, understand};
///
/// let Some(Event::Xid(xid)) = understand("NVRM: Xid (0000:03:00): 14, Channel 00000001") else {
///     unreachable!()
/// };
/// assert_eq!((xid.code, xid.detail), (14, "Channel 00000001"));
/// ```
#[must_use]
pub fn understand(text: &str) -> Option<Event<'_>> {
    if let Some(driver) = text.strip_prefix("NVRM: ") {
        return match xid::parse(driver) {
            Some(xid) => Some(Event::Xid(xid)),
            None => gpu::parse(driver).map(Event::Gpu),
        };
    }
    if let Some(switch) = text.strip_prefix("nvidia-nvswitch") {
        return match sxid::parse(switch)? {
            SxidLine::Error(sxid) => Some(Event::Sxid(sxid)),
            SxidLine::Detail(sxid) => Some(Event::SxidDetail(sxid)),
        };
    }
    general::parse(text).map(Event::General)
}
