// SPDX-License-Identifier: Apache-2.0
//! The standard output, for data, and the standard error, for words.

use std::io::{ErrorKind, IsTerminal as _, Write as _, stderr, stdout};

use crate::Exit;

/// Prints data. A reader that has seen enough is no failure.
pub(crate) fn print(text: &str) -> Exit {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Success,
        Err(error) => {
            say(&format!("error: cannot write to the standard output: {error}\n"));
            Exit::Failure
        }
    }
}

/// Says something to whoever started the command. If the standard error is gone, so are they.
pub(crate) fn say(text: &str) {
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Whether the standard error shows colours (<https://no-color.org>).
pub(crate) fn stderr_has_colors() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
