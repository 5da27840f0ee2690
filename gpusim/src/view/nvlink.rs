// SPDX-License-Identifier: Apache-2.0
//! NVLink, by link.

use std::sync::atomic::Ordering::Acquire;

use super::View;
use crate::spec::NvLink;
use crate::{Counter, Identity, LinkError, PciAddress, SimError};

/// What a link can do (`NVML_NVLINK_CAP_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkCapability {
    /// Peer to peer.
    P2p = 0,
    /// Access to system memory.
    SystemMemory = 1,
    /// Atomic operations between peers.
    P2pAtomics = 2,
    /// Atomic operations on system memory.
    SystemAtomics = 3,
    /// Bridges between boards that draw together.
    SliBridge = 4,
    /// The link works at all.
    Valid = 5,
}

/// Switches of a board with eight GPUs.
const SWITCHES: u32 = 4;
/// Links of a board whose neighbours are linked: which of the seven others, counted upwards.
const NEIGHBOURS: [u32; 6] = [1, 2, 3, 3, 4, 4];

impl View<'_> {
    /// The links, and whether there is such a link.
    fn linked(&self, link: u32) -> Result<NvLink, SimError> {
        let nvlink = self.spec().nvlink.ok_or(SimError::NOT_SUPPORTED)?;
        if link < nvlink.links { Ok(nvlink) } else { Err(SimError::INVALID_ARGUMENT) }
    }

    /// Whether a link is up.
    ///
    /// # Errors
    /// The board has no links, or none of this number; so for all that follow.
    pub fn link_is_up(&self, link: u32) -> Result<bool, SimError> {
        self.linked(link)?;
        Ok(self.script.links_down.load(Acquire) & (1 << link) == 0)
    }

    /// Its version.
    ///
    /// # Errors
    /// See [`View::link_is_up`].
    pub fn link_version(&self, link: u32) -> Result<u32, SimError> {
        self.linked(link).map(|nvlink| nvlink.version)
    }

    /// Its speed in MB/s; zero while it is down.
    ///
    /// # Errors
    /// See [`View::link_is_up`].
    pub fn link_speed(&self, link: u32) -> Result<u32, SimError> {
        let nvlink = self.linked(link)?;
        Ok(if self.link_is_up(link)? { nvlink.megabytes_per_second } else { 0 })
    }

    /// What it can do.
    ///
    /// # Errors
    /// See [`View::link_is_up`].
    pub fn link_can(&self, link: u32, capability: LinkCapability) -> Result<bool, SimError> {
        self.linked(link)?;
        Ok(match capability {
            LinkCapability::P2p | LinkCapability::P2pAtomics | LinkCapability::SystemMemory => true,
            LinkCapability::SystemAtomics => true,
            LinkCapability::SliBridge => false,
            LinkCapability::Valid => self.link_is_up(link)?,
        })
    }

    /// Its errors. Codes that correct bits came with version 3, and version 4 has one checksum.
    ///
    /// # Errors
    /// See [`View::link_is_up`], and the link does not count these.
    pub fn link_errors(&self, link: u32, error: LinkError) -> Result<u64, SimError> {
        let version = self.linked(link)?.version;
        let counts = match error {
            LinkError::Replay | LinkError::Recovery | LinkError::CrcFlit => true,
            LinkError::CrcData => version < 6,
            LinkError::EccData => version >= 4,
        };
        super::supported(counts, self.script.link_errors[link as usize][error as usize].load(Acquire))
    }

    /// Errors of all links.
    ///
    /// # Errors
    /// See [`View::link_errors`].
    pub fn all_link_errors(&self, error: LinkError) -> Result<u64, SimError> {
        (0..self.links()?).map(|link| self.link_errors(link, error)).sum()
    }

    /// How many links there are.
    ///
    /// # Errors
    /// None.
    pub fn links(&self) -> Result<u32, SimError> {
        Ok(self.spec().nvlink.map_or(0, |nvlink| nvlink.links))
    }

    /// Bytes that a link has sent (false) or received since the driver was loaded.
    ///
    /// # Errors
    /// See [`View::link_is_up`].
    pub fn link_bytes(&self, link: u32, receive: bool) -> Result<u64, SimError> {
        self.linked(link)?;
        let bytes = self.counters().nvlink[usize::from(receive)][link as usize];
        Ok(if receive { bytes } else { self.set_back(Counter::NvLinkBytes, bytes) })
    }

    /// What is at its other end: a switch, or a neighbour.
    ///
    /// # Errors
    /// See [`View::link_is_up`].
    pub fn link_remote(&self, link: u32) -> Result<PciAddress, SimError> {
        let nvlink = self.linked(link)?;
        let slot = self.place.slot;
        if nvlink.switched {
            return Ok(PciAddress { domain: slot / 8, bus: 0x06 + link % SWITCHES, device: 0 });
        }
        let neighbour = (slot % 8 + NEIGHBOURS[link as usize % NEIGHBOURS.len()]) % 8;
        Ok(Identity::address(slot / 8 * 8 + neighbour))
    }
}
