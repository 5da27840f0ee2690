// SPDX-License-Identifier: Apache-2.0
//! A terminal, or what is none.
//!
//! A terminal is drawn over line by line and never cleared first, so that nothing flickers. The
//! cursor is neither hidden nor moved to another screen: however the process ends, the terminal
//! is as it should be, with the last table on it.

use std::io::{IsTerminal, stdout};

use rustix::termios::tcgetwinsize;

use super::blocks::len;
use super::layout::{Points, lines};

/// The width of a table in a file or a pipe.
const WIDTH: usize = 120;

/// Where the table is drawn.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: bool,
    begun: bool,
}

impl Screen {
    /// The standard output.
    pub(super) fn stdout() -> Self {
        Self::new(stdout().is_terminal())
    }

    /// A terminal, or a file or pipe.
    pub(super) const fn new(terminal: bool) -> Self {
        Self { terminal, begun: false }
    }

    /// What is to be written. `None` if there is nothing to say yet, and nobody who watches.
    pub(super) fn draw(&mut self, points: &Points, host: &str) -> Option<String> {
        if self.terminal {
            let size = tcgetwinsize(stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
            let (width, height) = size.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()));
            let first = !std::mem::replace(&mut self.begun, true);
            return Some(redraw(lines(points, host, width), width, height, first));
        }
        if points.is_empty() {
            return None;
        }
        let mut text = lines(points, host, WIDTH).join("\n");
        text.push_str("\n\n");
        Some(text)
    }
}

/// Draws over what is there, in one write and, where the terminal knows how, in one step.
pub(super) fn redraw(mut lines: Vec<String>, width: usize, height: usize, first: bool) -> String {
    let mut text = String::from("\x1b[?2026h");
    if first {
        // What is on the terminal moves up into its history instead of being overwritten.
        text.push_str(&"\n".repeat(height));
    }
    text.push_str("\x1b[H");
    // The last line is for the cursor.
    let room = height.saturating_sub(1).max(1);
    if lines.len() > room {
        let hidden = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push(format!("… {hidden} more lines; a larger terminal shows them"));
    }
    for line in &lines {
        if len(line) > width {
            text.extend(line.chars().take(width.saturating_sub(1)).chain(['…']));
        } else {
            text.push_str(line);
        }
        text.push_str("\x1b[K\r\n");
    }
    text.push_str("\x1b[J\x1b[?2026l");
    text
}
