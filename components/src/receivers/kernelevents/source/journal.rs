// SPDX-License-Identifier: Apache-2.0
//! The journal, through `journalctl` as a child that follows it.
//!
//! A child that ends is started again, later each time; it goes on after the last record that
//! was read. One that lives and says nothing may have nothing to say, or hang: so once in a while
//! another one is asked for the newest record, and if that is not the one last read and does not
//! come either, the child is replaced.
//!
//! Records of the kernel are asked for by their transport, which programs cannot choose, and not
//! with `-k`, which leaves out earlier starts of the machine: so the last words before a crash
//! are read after it.

use std::ffi::OsString;
use std::fmt;
use std::io::Read as _;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::child::Running;
use super::frames::{Ends, Frame, Frames};
use super::{Next, Tally};
use crate::receivers::kernelevents::config::StartAt;
use crate::receivers::kernelevents::lines::journal::{self, FIELDS};
use crate::receivers::kernelevents::lines::record::{Record, Scratch};

/// A line of a record of 8 KiB whose every byte is written as a number.
const BUFFER: usize = 128 * 1024;
/// How long a child may say nothing before it is checked on.
const QUIET: Duration = Duration::from_secs(30);
/// How long the answer, and the record that it promises, may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The first pause before a child is started again, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// `journalctl` ended, could not be started, or hung.
#[derive(Debug)]
pub(in super::super) struct JournalCrash(String);

impl fmt::Display for JournalCrash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a child that says nothing has nothing to say.
#[derive(Debug)]
enum Check {
    /// It spoke at this time, or was found well.
    Well(Instant),
    /// Another one is asked for the newest record.
    Asked { asked: Running, answer: Vec<u8>, since: Instant },
    /// There is a record that it has not given.
    Owed(Instant),
}

/// The journal, record by record.
#[derive(Debug)]
pub(in super::super) struct Journal {
    program: PathBuf,
    start_at: StartAt,
    cursor: Option<String>,
    /// Where the record before that one stands.
    before: Option<String>,
    child: Option<Running>,
    check: Check,
    frames: Frames,
    start_next: Instant,
    pause: Duration,
    /// Whether the present child has given a record.
    spoke: bool,
    quiet: Duration,
    pub(in super::super) tally: Tally,
}

impl Journal {
    /// Starts `journalctl`, which goes on after this cursor.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(in super::super) fn open(
        program: &Path,
        cursor: Option<String>,
        start_at: StartAt,
    ) -> Result<Self, JournalCrash> {
        let now = Instant::now();
        let mut journal = Self {
            program: program.to_owned(),
            start_at,
            before: cursor.clone(),
            cursor,
            child: None,
            check: Check::Well(now),
            frames: Frames::new(Ends::Line, BUFFER),
            start_next: now,
            pause: PAUSE.0,
            spoke: false,
            quiet: QUIET,
            tally: Tally::default(),
        };
        journal.start(now)?;
        Ok(journal)
    }

    /// With another time after which a silent child is checked on.
    #[cfg(test)]
    pub(in super::super) fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }

    pub(in super::super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.child.as_ref().map(Running::fd)
    }

    /// Where the last record stands that was read.
    pub(in super::super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Where the record before that one stands.
    pub(in super::super) fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    fn start(&mut self, now: Instant) -> Result<(), JournalCrash> {
        // A child that does not start is tried again later, as one that ends.
        self.start_next = now + self.pause;
        self.pause = (self.pause * 2).min(PAUSE.1);
        self.frames.clear();
        self.spoke = false;
        let mut arguments = vec![OsString::from("--follow")];
        match (&self.cursor, self.start_at) {
            (Some(cursor), _) => {
                arguments.push(format!("--after-cursor={cursor}").into());
                arguments.push("--no-tail".into());
            }
            (None, StartAt::Boot) => arguments.extend(["--boot".into(), "--no-tail".into()]),
            (None, StartAt::Now) => arguments.push("--lines=0".into()),
        }
        arguments.extend(common(&FIELDS));
        let child = Running::start(&self.program, arguments)
            .map_err(|error| JournalCrash(format!("cannot start {}: {error}", self.program.display())))?;
        self.child = Some(child);
        self.check = Check::Well(now);
        Ok(())
    }

    /// The next record, if there is one now.
    ///
    /// # Errors
    ///
    /// The child ended, hung, or could not be started again; this is said once for each time.
    pub(in super::super) fn next<'a>(
        &mut self,
        scratch: &'a mut Scratch,
        now: Instant,
    ) -> Result<Next<Record<'a>>, JournalCrash> {
        let Some(child) = &mut self.child else {
            if now >= self.start_next {
                self.start(now)?;
            }
            return Ok(Next::Nothing);
        };
        let range = match self.frames.next(&mut child.stdout) {
            Ok(Frame::Whole(range)) => range,
            Ok(Frame::Oversized) => {
                self.tally.oversized += 1;
                return Ok(Next::Skipped);
            }
            Ok(Frame::Nothing) => {
                child.listen();
                return self.look(now).map(|()| Next::Nothing);
            }
            Ok(Frame::End) => return self.closed(now).map(|()| Next::Nothing),
            Err(error) => return Err(self.lost(now, &format!("its output cannot be read: {error}"))),
        };
        self.check = Check::Well(now);
        let Ok(record) = journal::parse(self.frames.bytes(range), scratch) else {
            self.tally.malformed += 1;
            return Ok(Next::Skipped);
        };
        if let Some(cursor) = record.cursor {
            std::mem::swap(&mut self.cursor, &mut self.before);
            match &mut self.cursor {
                Some(last) => cursor.clone_into(last),
                None => self.cursor = Some(cursor.to_owned()),
            }
        }
        self.spoke = true;
        self.pause = PAUSE.0;
        if record.journals_own {
            self.tally.lost += journal::missed(&record).unwrap_or_default();
            return Ok(Next::Skipped);
        }
        self.tally.read += 1;
        Ok(Next::Record(record))
    }

    /// The child has closed its output.
    fn closed(&mut self, now: Instant) -> Result<(), JournalCrash> {
        let Some(child) = &mut self.child else { return Ok(()) };
        let Some(how) = child.ended() else {
            // It closed its output and lives on, or will have ended in a moment.
            let Check::Owed(since) = self.check else {
                self.check = Check::Owed(now);
                return Ok(());
            };
            return if now < since + ANSWER { Ok(()) } else { Err(self.lost(now, "it closed its output")) };
        };
        // A cursor that this journal does not know would end each further child as well.
        if !self.spoke && self.cursor.is_some() && how.contains("cursor") {
            self.cursor = None;
            return Err(self.lost(now, &format!("{how}; going on without its cursor")));
        }
        Err(self.lost(now, &how))
    }

    fn lost(&mut self, now: Instant, why: &str) -> JournalCrash {
        self.child = None;
        self.start_next = now + self.pause;
        JournalCrash(format!("{} ended ({why}); it is started again", self.program.display()))
    }

    /// Finds out whether a child that says nothing is well.
    fn look(&mut self, now: Instant) -> Result<(), JournalCrash> {
        match &mut self.check {
            Check::Well(since) if now >= *since + self.quiet => {
                let arguments = [OsString::from("--lines=1")].into_iter().chain(common(&["MESSAGE"]));
                // Without an answer there is nothing to conclude.
                self.check = match Running::start(&self.program, arguments) {
                    Ok(asked) => Check::Asked { asked, answer: Vec::new(), since: now },
                    Err(_) => Check::Well(now),
                };
            }
            Check::Asked { asked, answer, since } => {
                let mut some = [0; 4096];
                while let Ok(read @ 1..) = asked.stdout.read(&mut some) {
                    answer.extend_from_slice(&some[..read]);
                    answer.truncate(BUFFER);
                }
                if asked.ended().is_some() {
                    let mut scratch = Scratch::new();
                    let line = answer.trim_ascii();
                    let newest = journal::parse(line, &mut scratch).ok().and_then(|record| record.cursor);
                    let owes = newest.is_some() && newest != self.cursor.as_deref();
                    self.check = if owes { Check::Owed(now) } else { Check::Well(now) };
                } else if now >= *since + ANSWER {
                    self.check = Check::Well(now);
                }
            }
            Check::Owed(since) if now >= *since + ANSWER => {
                return Err(
                    self.lost(now, "it follows no longer: the journal has a record that it did not give")
                );
            }
            Check::Well(_) | Check::Owed(_) => {}
        }
        Ok(())
    }
}

/// What every call asks for.
fn common(fields: &[&str]) -> impl Iterator<Item = OsString> {
    // Fields whose names begin with two underscores come anyway, and asking for them is an error.
    let fields: Vec<&str> = fields.iter().copied().filter(|field| !field.starts_with("__")).collect();
    [
        "--all".into(),
        "--quiet".into(),
        "--no-pager".into(),
        "--output=json".into(),
        format!("--output-fields={}", fields.join(",")).into(),
        "_TRANSPORT=kernel".into(),
        "+".into(),
        "_TRANSPORT=driver".into(),
    ]
    .into_iter()
}
