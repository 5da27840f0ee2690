// SPDX-License-Identifier: Apache-2.0
//! How much memory the control group of this process allows: version 2, version 1, or none.
//!
//! A limit of any group above counts as well: the least of them is what the kernel enforces.
//! Inside a container the path in `/proc/self/cgroup` is often that of the host; the mount then
//! shows the container's own group at its root, so the path is walked up until a file is there.

use std::fs;
use std::path::{Path, PathBuf};

/// A version 1 group without a limit shows a number near 2^63, rounded to a page.
const NO_LIMIT: u64 = 1 << 60;

/// The limit in bytes, if there is one.
pub(super) fn memory_limit() -> Option<u64> {
    limit_below(Path::new("/"))
}

/// The same with another root of the file system, for tests.
fn limit_below(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    groups.lines().filter_map(|line| of_line(root, line)).min()
}

/// `0::/kubepods/pod1` of version 2, `7:cpu,memory:/docker/1` of version 1.
fn of_line(root: &Path, line: &str) -> Option<u64> {
    let mut fields = line.splitn(3, ':');
    let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    let (mount, file) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max"),
        some if some.split(',').any(|one| one == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return None,
    };
    let mount = root.join(mount);
    let mut group: PathBuf = mount.join(path.trim_start_matches('/'));
    let mut least = None::<u64>;
    loop {
        if let Ok(text) = fs::read_to_string(group.join(file)) {
            let limit = text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT);
            least = least.into_iter().chain(limit).min();
        }
        if group == mount || !group.pop() {
            return least;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::fs;

    use super::limit_below;

    /// A file system with these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn version_2_takes_the_least_limit_up_to_the_root() {
        let root = system(&[
            ("proc/self/cgroup", "0::/pods/one/app\n"),
            ("sys/fs/cgroup/pods/one/app/memory.max", "max\n"),
            ("sys/fs/cgroup/pods/one/memory.max", "268435456\n"),
            ("sys/fs/cgroup/pods/memory.max", "1073741824\n"),
        ]);
        assert_eq!(limit_below(root.path()), Some(256 << 20));
    }

    #[test]
    fn version_1_knows_a_limit_from_none() {
        let lines = "12:cpu,cpuacct:/docker/1\n7:memory:/docker/1\n";
        let file = "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes";
        let root = system(&[("proc/self/cgroup", lines), (file, "134217728\n")]);
        assert_eq!(limit_below(root.path()), Some(128 << 20));
        let root = system(&[("proc/self/cgroup", lines), (file, "9223372036854771712\n")]);
        assert_eq!(limit_below(root.path()), None);
    }

    #[test]
    fn in_a_container_the_group_is_at_the_root_of_the_mount() {
        let root = system(&[
            ("proc/self/cgroup", "0::/../../host/path/of/the/container\n"),
            ("sys/fs/cgroup/memory.max", "67108864\n"),
        ]);
        assert_eq!(limit_below(root.path()), Some(64 << 20));
    }

    #[test]
    fn without_control_groups_there_is_no_limit() {
        assert_eq!(limit_below(system(&[]).path()), None);
        assert_eq!(limit_below(system(&[("proc/self/cgroup", "nonsense\n::\n0:\n")]).path()), None);
    }
}
