// SPDX-License-Identifier: Apache-2.0
//! What the NVIDIA driver says of a GPU besides Xids.

use super::address::Address;
use super::scan::Scan;

/// What the driver says of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gpu<'a> {
    /// Which GPU sits at an address. Comes once for each GPU, before its first Xid.
    Name {
        /// Where it sits.
        address: Address,
        /// `GPU-` and what makes it unique.
        uuid: &'a str,
    },
    /// It has fallen off the bus. An Xid 79 may come with it, or not.
    Lost {
        /// Where it sat, if the line says so.
        address: Option<Address>,
    },
    /// From now on only some of its Xids 119 are reported.
    RateLimited {
        /// Where it sits.
        address: Address,
    },
}

/// Reads what follows `NVRM: `.
pub(super) fn parse(text: &str) -> Option<Gpu<'_>> {
    if let Some(rest) = text.strip_prefix("GPU at PCI:") {
        let mut scan = Scan(rest);
        if let Some(address) = Address::scan(&mut scan)
            && scan.eat(": ")
        {
            let uuid = scan.run(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if is_uuid(uuid) && scan.0.trim().is_empty() {
                return Some(Gpu::Name { address, uuid });
            }
        }
    }
    if let Some(rest) = text.strip_prefix("Rate limiting GSP RPC error prints for GPU at PCI:") {
        return Address::scan(&mut Scan(rest)).map(|address| Gpu::RateLimited { address });
    }
    // A line that a name of user space could make up begins with neither.
    let lost = (text.starts_with("The NVIDIA GPU ") || text.starts_with("GPU "))
        && text.contains("fallen off the bus");
    lost.then(|| Gpu::Lost { address: Address::find(text) })
}

/// `GPU-` and five groups of hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("GPU-") else { return false };
    let mut groups = rest.split('-');
    let fits = [8, 4, 4, 4, 12].into_iter().all(|length| {
        groups
            .next()
            .is_some_and(|group| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    fits && groups.next().is_none()
}
