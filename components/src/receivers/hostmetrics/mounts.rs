// SPDX-License-Identifier: Apache-2.0
//! Which of the mounts in `mountinfo` are filesystems that somebody wants to know the space of.
//!
//! Each filesystem counts once, at the shortest of its mount points, so that sums are right.
//! What has no space of its own (procfs, cgroups, read-only images, the layers and volumes of
//! containers) is left out, and so, unless asked for, is what may hang: filesystems that live on
//! another machine or in another process.

use procfs::process::MountInfo;

/// Types without space of their own, or that are full by nature.
const PSEUDO: &[&str] = &[
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cramfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "nullfs",
    "proc",
    "pstore",
    "ramfs",
    "resctrl",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smackfs",
    "squashfs",
    "sysfs",
    "tracefs",
    "udf",
];

/// Types that answer when another machine or another process does.
const REMOTE: &[&str] = &[
    "9p",
    "acfs",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "dax",
    "fuse",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "panfs",
    "pvfs2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
    "wekafs",
];

/// Below these are views into the machine, and the mounts of containers, which are there by the
/// hundred and show space that is counted elsewhere.
const FOREIGN: &[&str] = &[
    "/proc",
    "/sys",
    "/run/containerd",
    "/run/credentials",
    "/run/docker",
    "/run/netns",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
];

/// A mounted filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Where it is mounted.
    pub(super) point: String,
    /// What is mounted: `/dev/sda1`.
    pub(super) device: String,
    /// `ext4`.
    pub(super) kind: String,
    /// `rw` or `ro`.
    pub(super) mode: &'static str,
    /// `st_dev` of its files, by which it is known when it is mounted in several places.
    number: String,
}

/// The filesystems to be shown, in the order of their mount points, and how many lines could
/// not be read.
pub(super) fn select(mountinfo: &[u8], remote: bool) -> (Vec<Mount>, usize) {
    let mut unread = 0;
    let mut chosen: Vec<Mount> = Vec::new();
    // A path may be any bytes. One that is no UTF-8 cannot be an attribute; it still must not
    // hide the others.
    for line in String::from_utf8_lossy(mountinfo).lines() {
        let Ok(info) = MountInfo::from_line(line) else {
            unread += 1;
            continue;
        };
        let mount = Mount::from(&info);
        // Whatever was mounted there before is covered now.
        chosen.retain(|earlier| earlier.point != mount.point);
        if mount.is_wanted(remote) {
            chosen.push(mount);
        }
    }
    // Stable, so that of two mount points of one length the first mounted one stays.
    chosen.sort_by_key(|mount| mount.point.len());
    let mut seen = Vec::with_capacity(chosen.len());
    chosen.retain(|mount| {
        let first = !seen.contains(&mount.number);
        seen.push(mount.number.clone());
        first
    });
    chosen.sort_by(|a, b| a.point.cmp(&b.point));
    (chosen, unread)
}

impl From<&MountInfo> for Mount {
    fn from(info: &MountInfo) -> Self {
        let read_only = info.mount_options.contains_key("ro") || info.super_options.contains_key("ro");
        Self {
            point: unescape(&info.mount_point.to_string_lossy()),
            device: unescape(info.mount_source.as_deref().unwrap_or("none")),
            kind: info.fs_type.clone(),
            mode: if read_only { "ro" } else { "rw" },
            number: info.majmin.clone(),
        }
    }
}

impl Mount {
    fn is_wanted(&self, remote: bool) -> bool {
        let kind = self.kind.as_str();
        let base = kind.split_once('.').map_or(kind, |(base, _)| base);
        let foreign = FOREIGN.iter().any(|place| is_below(&self.point, place))
            || (is_below(&self.point, "/dev") && self.point != "/dev/shm");
        !foreign
            && !PSEUDO.contains(&kind)
            && (remote || !REMOTE.contains(&base))
            // A layer cake is a container's; that of `/` is the container we are in.
            && (kind != "overlay" || self.point == "/")
    }
}

fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Undoes the kernel's octal escapes of space, tab, line feed, `#` and backslash.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                plain.push(char::from(code));
                rest = &rest[at + 4..];
            }
            None => {
                plain.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::{select, unescape};

    const MOUNTINFO: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:22 / /dev rw - devtmpfs udev rw
25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw
26 22 8:1 /var/log /mnt/log rw - ext4 /dev/sda1 rw
27 22 8:17 / /data\\040one ro,noatime - xfs /dev/sdb1 rw
28 22 0:40 / /home rw - nfs4 server:/home rw
29 22 0:41 / /mnt/bucket rw - fuse.gcsfuse bucket rw
30 22 0:42 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
31 22 0:43 / /var/lib/kubelet/pods/1/volumes/secret rw - tmpfs tmpfs rw
32 22 8:33 / /scratch rw - ext4 /dev/sdc1 rw
33 22 0:50 / /scratch rw - tmpfs none rw
34 22 0:51 / /mnt/layers rw - overlay overlay rw
";

    fn points(remote: bool) -> Vec<String> {
        select(MOUNTINFO.as_bytes(), remote).0.into_iter().map(|mount| mount.point).collect()
    }

    #[test]
    fn each_filesystem_with_space_of_its_own_is_there_once() {
        assert_eq!(points(false), ["/", "/data one", "/dev/shm", "/scratch"]);
    }

    #[test]
    fn what_lives_elsewhere_is_there_if_asked_for() {
        assert_eq!(points(true), ["/", "/data one", "/dev/shm", "/home", "/mnt/bucket", "/scratch"]);
    }

    #[test]
    fn the_mount_that_covers_another_counts() {
        let (mounts, _) = select(MOUNTINFO.as_bytes(), false);
        let scratch = mounts.iter().find(|mount| mount.point == "/scratch");
        assert_eq!(
            scratch.map(|mount| (mount.kind.as_str(), mount.device.as_str())),
            Some(("tmpfs", "none"))
        );
        assert_eq!(mounts.iter().map(|mount| mount.mode).collect::<Vec<_>>(), ["rw", "ro", "rw", "rw"]);
    }

    #[test]
    fn a_line_that_cannot_be_read_hides_no_other() {
        let mut bytes = b"nonsense\n40 22 0:60 / /mnt/\xff rw - xfs /dev/sdd1 rw\n".to_vec();
        bytes.extend_from_slice(MOUNTINFO.as_bytes());
        let (mounts, unread) = select(&bytes, false);
        assert_eq!((mounts.len(), unread), (5, 1));
    }

    #[test]
    fn escapes_are_undone_and_other_backslashes_stay() {
        assert_eq!(unescape(r"a\040b\134\011c"), "a b\\\tc");
        assert_eq!(unescape(r"a\x\04"), r"a\x\04");
    }
}
