// SPDX-License-Identifier: Apache-2.0
//! `statvfs` of each mounted filesystem: space and inodes.
//!
//! The list of mounts is compared with that of the last tick before any of them is asked, since
//! the path of one that is gone would answer for the filesystem beneath. A call may hang (a dead
//! NFS server), so that each mount point is a device of its own to the watchdog: a receiver that
//! is opened again after one hung leaves that one alone.

use std::collections::hash_map::DefaultHasher;
use std::ffi::CString;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

use rustix::fs::StatVfs;
use rustix::io::Errno;
use tracecore_runtime::{Absence, Batch, Device, ErrorKind, Faults, Registrar, ScopeId, Slot};
use tracecore_schema::Attribute;

use super::mounts::{Mount, select};
use super::scrape::{Fault, Host, Scrape, attribute, share, signed};
use super::source::Source;
use super::{HostMetricsKind, Metrics};

/// Asks each mounted filesystem.
#[derive(Debug)]
pub(super) struct Filesystem {
    mountinfo: Source,
    root: PathBuf,
    remote: bool,
    skipped: Vec<String>,
    /// Of the list of mounts that `filesystems` was made from.
    hash: Option<u64>,
    filesystems: Vec<Series>,
}

#[derive(Debug)]
struct Series {
    mount: Mount,
    path: CString,
    device: Device,
    scope: ScopeId,
    /// Whether the mount was there when the list was last looked at.
    mounted: bool,
    /// Used, free, reserved for root.
    usage: [Slot<i64>; 3],
    utilization: Slot<f64>,
    limit: Slot<i64>,
    /// Used, free.
    inodes: [Slot<i64>; 2],
}

impl Scrape for Filesystem {
    fn open(host: &Host<'_>) -> Option<Self> {
        Some(Self {
            mountinfo: Source::find(host.namespaced("mountinfo"))?,
            root: host.config.root_path.clone(),
            remote: host.config.network_filesystems,
            skipped: host.skipped.to_vec(),
            hash: None,
            filesystems: Vec::new(),
        })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault> {
        self.mountinfo.read()?;
        let (mounts, unread) = select(self.mountinfo.bytes(), self.remote);
        self.filesystems.retain(|filesystem| {
            let stays = mounts.contains(&filesystem.mount);
            if !stays {
                series.retire_scope(filesystem.scope);
            }
            stays
        });
        for mount in mounts {
            let known = self.filesystems.iter_mut().find(|filesystem| filesystem.mount == mount);
            match known {
                Some(known) => known.mounted = true,
                None if self.skipped.contains(&mount.point) => {}
                None => self.filesystems.extend(Series::begin(mount, &self.root, series)),
            }
        }
        self.hash = Some(hash(self.mountinfo.bytes()));
        match unread {
            0 => Ok(()),
            _ => Err(self.mountinfo.malformed(format_args!("{unread} of its lines could not be read"))),
        }
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault> {
        self.mountinfo.read()?;
        let hash = hash(self.mountinfo.bytes());
        if self.hash != Some(hash) {
            let (mounts, _) = select(self.mountinfo.bytes(), self.remote);
            for filesystem in &mut self.filesystems {
                filesystem.mounted = mounts.contains(&filesystem.mount);
            }
            // Also after a change that turns out to concern none of ours: `discover` takes the
            // new hash over.
            out.rediscover();
        }

        for _ in &self.skipped {
            out.absent(Absence::Timeout);
        }
        let mut faults = Faults::new();
        for filesystem in self.filesystems.iter().filter(|filesystem| filesystem.mounted) {
            out.entering(filesystem.device);
            let answer = rustix::fs::statvfs(filesystem.path.as_c_str());
            out.entering(Device::NONE);
            match answer {
                Ok(stat) => filesystem.set(&stat, out),
                Err(Errno::ACCESS | Errno::PERM) => out.absent(Absence::Permission),
                Err(error) => {
                    out.absent(Absence::Lost);
                    faults.push(HostMetricsKind::Read.because(format_args!(
                        "cannot read the filesystem at {}: {error}",
                        filesystem.mount.point
                    )));
                }
            }
        }
        faults.into_result()
    }
}

impl Series {
    /// `None` for a path that no call can take.
    fn begin(mount: Mount, root: &std::path::Path, series: &mut Registrar<'_, Metrics>) -> Option<Self> {
        let below = mount.point.trim_start_matches('/');
        let path = CString::new(root.join(below).into_os_string().into_encoded_bytes()).ok()?;
        let scope = series.scope([
            Attribute::new("system.device", mount.device.as_str()),
            Attribute::new("system.filesystem.type", mount.kind.as_str()),
            Attribute::new("system.filesystem.mode", mount.mode),
            Attribute::new("system.filesystem.mountpoint", mount.point.as_str()),
        ]);
        let state = |state| attribute("system.filesystem.state", state);
        Some(Self {
            path,
            device: series.device(&mount.point),
            scope,
            mounted: true,
            usage: ["used", "free", "reserved"]
                .map(|name| series.begin_in(scope, |m| m.filesystem_usage, state(name))),
            utilization: series.begin_in(scope, |m| m.filesystem_utilization, []),
            limit: series.begin_in(scope, |m| m.filesystem_limit, []),
            inodes: ["used", "free"].map(|name| series.begin_in(scope, |m| m.filesystem_inodes, state(name))),
            mount,
        })
    }

    fn set(&self, stat: &StatVfs, out: &mut Batch) {
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        let used = bytes(stat.f_blocks.saturating_sub(stat.f_bfree));
        let free = bytes(stat.f_bavail);
        let reserved = bytes(stat.f_bfree.saturating_sub(stat.f_bavail));
        for (slot, bytes) in self.usage.iter().zip([used, free, reserved]) {
            out.set(*slot, signed(bytes));
        }
        out.set(self.limit, signed(bytes(stat.f_blocks)));
        if let Some(share) = share(used, used.saturating_add(free)) {
            out.set(self.utilization, share);
        }
        // btrfs and others make inodes as they need them and say that they have none.
        if stat.f_files > 0 {
            let used = stat.f_files.saturating_sub(stat.f_ffree);
            for (slot, inodes) in self.inodes.iter().zip([used, stat.f_ffree]) {
                out.set(*slot, signed(inodes));
            }
        }
    }
}

/// A fingerprint of the list, which is some hundred kilobytes long where many containers run.
/// That two lists share one is 2^-64, and discovery on a timer would correct it.
fn hash(mountinfo: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    mountinfo.hash(&mut hasher);
    hasher.finish()
}
