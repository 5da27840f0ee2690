// SPDX-License-Identifier: Apache-2.0
//! A journald that a test starts, in a mount namespace of its own: it has its own `/run` and
//! leaves this machine's alone. It reads this machine's `/dev/kmsg`, as every journald does.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Runs in the namespace.
const INSIDE: &str = r#"
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/systemd
mkdir -p /run/systemd/journal /run/log/journal
printf '[Journal]\nStorage=volatile\nReadKMsg=yes\nRateLimitIntervalSec=0\nRateLimitBurst=0\n' > /etc/systemd/journald.conf
exec "$1"
"#;

/// A journald that runs; it ends with its test.
pub(crate) struct Journald {
    process: Child,
    folder: TempDir,
}

impl Journald {
    /// Starts it and waits until it has a journal.
    pub(crate) fn start() -> Result<Self, String> {
        let program = ["/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald"];
        let program = program.into_iter().find(|path| Path::new(path).exists());
        let program = program.ok_or("there is no systemd-journald")?;
        if Command::new("journalctl").arg("--version").output().is_err() {
            return Err("there is no journalctl".to_owned());
        }
        if std::fs::read_to_string("/etc/machine-id").unwrap_or_default().trim().is_empty() {
            return Err("this machine has no /etc/machine-id".to_owned());
        }
        let process = Command::new("unshare")
            .args(["--mount", "sh", "-c", INSIDE, "sh", program])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut journald = Self { process, folder };
        let root = PathBuf::from(format!("/proc/{}/root/run/log/journal", journald.process.id()));
        let start = Instant::now();
        let journal = loop {
            // Before it has its own /run, this is the machine's.
            let own = std::fs::read_dir(&root).ok().and_then(|mut found| found.next()?.ok());
            if let Some(journal) = own.filter(|entry| entry.path().join("system.journal").exists())
                && std::fs::read_link(format!("/proc/{}/exe", journald.process.id()))
                    .is_ok_and(|exe| exe.ends_with("systemd-journald"))
            {
                break journal.path();
            }
            if let Ok(Some(status)) = journald.process.try_wait() {
                return Err(format!("journald does not start here: {status}"));
            }
            if start.elapsed() > Duration::from_secs(20) {
                return Err("journald has no journal after 20 s".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let script = format!("#!/bin/sh\nexec journalctl --directory='{}' \"$@\"\n", journal.display());
        let path = journald.journalctl();
        std::fs::write(&path, script).map_err(|error| error.to_string())?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .map_err(|error| error.to_string())?;
        Ok(journald)
    }

    /// A `journalctl` of this journal.
    pub(crate) fn journalctl(&self) -> PathBuf {
        self.folder.path().join("journalctl")
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
