// SPDX-License-Identifier: Apache-2.0
//! Values of links by number. The older numbers have the link in themselves, up to the twelfth;
//! the newer ones take it as the scope.

use super::{Field, View, supported};
use crate::{LinkError, SimError};

/// Scope that means all links.
const ALL: u32 = u32::MAX;
/// Links that the older numbers know.
const OLD_LINKS: u32 = 12;
/// NVLink 4, which counts differently.
const VERSION_4: u32 = 6;

impl View<'_> {
    pub(super) fn field_nvlink(&self, id: u32, scope: u32) -> Result<Field, SimError> {
        let nvlink = self.spec().nvlink.ok_or(SimError::NOT_SUPPORTED)?;
        let older = nvlink.links <= OLD_LINKS;
        match id {
            32..=59 | 96..=119 | 148..=160 => supported(older, ()).and_then(|()| self.field_old_errors(id)),
            84..=90 | 132..=137 => {
                supported(older, ())?;
                let link = match id {
                    84..=89 => id - 84,
                    90 => 0,
                    _ => id - 132 + 6,
                };
                self.link_speed(link).map(Field::U32)
            }
            91 => Ok(Field::U32(nvlink.links)),
            // Volta counts these by another function.
            138..=141 => {
                supported(nvlink.version >= 4, ())?;
                let receive = id % 2 == 1;
                let bytes = self.scoped(scope, |link| self.link_bytes(link, receive))?;
                // With headers it is about an eighth more.
                let bytes = if id < 140 { bytes } else { bytes / 8 * 9 };
                Ok(Field::U64(bytes >> 10))
            }
            146 => self.link_is_up(scope).map(|_| Field::U32(scope)),
            147 => supported(nvlink.switched, Field::U32(nvlink.links)),
            161 => self.scoped(scope, |link| self.link_errors(link, LinkError::Replay)).map(Field::U64),
            162 => self.scoped(scope, |link| self.link_errors(link, LinkError::Recovery)).map(Field::U64),
            163 => self.scoped(scope, |link| self.link_errors(link, LinkError::CrcFlit)).map(Field::U64),
            164 => self.link_speed(scope).map(Field::U32),
            165 => self.link_is_up(scope).map(|up| Field::U32(up.into())),
            166 => self.link_version(scope).map(Field::U32),
            201..=204 => {
                supported(nvlink.version >= VERSION_4, ())?;
                let receive = id >= 203;
                let bytes = self.scoped(scope, |link| self.link_bytes(link, receive))?;
                // Packets carry 128 bytes.
                Ok(Field::U64(if id.is_multiple_of(2) { bytes } else { bytes / 128 }))
            }
            205..=212 => {
                supported(nvlink.version >= VERSION_4, ())?;
                let errors = |link| self.link_errors(link, LinkError::CrcFlit);
                // Only receive errors come from a script; the rest did not happen.
                let count = self.scoped(scope, errors)?;
                Ok(Field::U64(if id == 208 { count } else { 0 }))
            }
            213..=215 => {
                supported(nvlink.version >= VERSION_4, ())?;
                let count = self.scoped(scope, |link| self.link_errors(link, LinkError::Recovery))?;
                Ok(Field::U64(if id == 214 { 0 } else { count }))
            }
            _ => Err(SimError::NOT_SUPPORTED),
        }
    }

    /// A value of one link, or the sum over all.
    fn scoped(&self, scope: u32, of: impl Fn(u32) -> Result<u64, SimError>) -> Result<u64, SimError> {
        if scope == ALL { (0..self.links()?).map(of).sum() } else { of(scope) }
    }

    /// Error counters that have the link in their number: the first six links, all, and the
    /// second six elsewhere.
    fn field_old_errors(&self, id: u32) -> Result<Field, SimError> {
        let kind = |place: u32| {
            use LinkError as E;
            [E::CrcFlit, E::CrcData, E::Replay, E::Recovery][place as usize]
        };
        let (error, link) = match id {
            32..=59 => (kind((id - 32) / 7), Some((id - 32) % 7).filter(|link| *link < 6)),
            96..=119 => (kind((id - 96) / 6), Some((id - 96) % 6 + 6)),
            _ => (LinkError::EccData, Some(id - 148).filter(|link| *link < OLD_LINKS)),
        };
        match link {
            Some(link) => self.link_errors(link, error),
            None => self.all_link_errors(error),
        }
        .map(Field::U64)
    }
}
