// SPDX-License-Identifier: Apache-2.0
//! A program whose output is read without waiting. It ends with its owner.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

/// How much of what it said of its troubles is kept.
const TOLD: usize = 300;

/// A program that runs.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    pub(super) stdout: ChildStdout,
    stderr: ChildStderr,
    told: Vec<u8>,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(super) fn start(
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        for fd in [stdout.as_fd(), stderr.as_fd()] {
            let flags = rustix::fs::fcntl_getfl(fd)?;
            rustix::fs::fcntl_setfl(fd, flags | rustix::fs::OFlags::NONBLOCK)?;
        }
        Ok(Self { child, stdout, stderr, told: Vec::new() })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.stdout.as_fd()
    }

    /// Takes in what it says of its troubles, so that it never waits for us to listen.
    pub(super) fn listen(&mut self) {
        let mut some = [0; 1024];
        while let Ok(read @ 1..) = self.stderr.read(&mut some) {
            self.told.extend_from_slice(&some[..read]);
            let excess = self.told.len().saturating_sub(TOLD);
            self.told.drain(..excess);
        }
    }

    /// How it ended, in words; `None` while it runs.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => error.to_string(),
        };
        self.listen();
        let told = String::from_utf8_lossy(&self.told);
        Some(match told.trim().lines().next_back() {
            Some(last) => format!("{status}: {last}"),
            None => status,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, or is made to; either way nothing is left behind. A program that cannot
        // be killed hangs in the kernel, and waiting for it would hang us as well.
        if self.child.kill().is_ok() {
            for _ in 0..50 {
                match self.child.try_wait() {
                    Ok(None) => std::thread::sleep(std::time::Duration::from_millis(2)),
                    _ => break,
                }
            }
        }
    }
}
