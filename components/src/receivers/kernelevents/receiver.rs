// SPDX-License-Identifier: Apache-2.0
//! The lane's side: what a call of `collect` does.
//!
//! A call hands on what was read, then reads for as long as there is something, up to
//! [`AT_ONCE`] records; only if there was nothing it waits, for less than a tenth of a second.
//!
//! Invariant: the place that is kept for a restart is never ahead of what exporters were given. It
//! is moved on at the begin of the call after the one that gave it, and when the receiver ends.

use std::io;
use std::time::{Duration, Instant};

use tracecore_runtime::signal::MetricsAndLogs;
use tracecore_runtime::{ErrorKind, Failure, Faults, Open, Pace, Receiver, Registrar, receiver};

use super::clock::{Offset, own_pids};
use super::config::{Source, StartAt};
use super::emit;
use super::gpus::Gpus;
use super::judge::Judge;
use super::lines::record::Scratch;
use super::policy::Severities;
use super::source::{Journal, JournalCrash, Kmsg, KmsgPlace, Next, Tally, wait};
use super::state::{Loaded, Place, Store, boot_id};
use super::tallies::Tallies;
use super::twins::{Through, Twins, key};
use super::window::Window;
use super::{Config, Metrics};

/// Records in one call at most.
const AT_ONCE: usize = 1024;
/// How long a call waits for the first one: below the limit, so that the call keeps to it.
const WAIT: Duration = Duration::from_millis(80);
/// A pause after a wait that was none.
const PAUSE: Duration = Duration::from_millis(10);
/// Time between two writes of the state file at least; the second if many records wait for twins.
const KEEP_EVERY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// Time between two emissions of the counters at least.
const SET_EVERY: Duration = Duration::from_millis(100);

/// Reads the kernel's log.
#[receiver(config = Config, metrics = Metrics, errors(read, parse, local(kmsg_oversized), local(journalctl_crash), local(state)))]
#[derive(Debug)]
pub struct KernelEvents {
    kmsg: Option<Kmsg>,
    journal: Option<Journal>,
    twins: Option<Twins>,
    scratch: Scratch,
    window: Window,
    judge: Judge,
    log: Progress,
    interval: Duration,
    set_at: Instant,
    changed: bool,
    /// What was wrong when it was opened, to be counted with the first call.
    unusable: Option<String>,
}

/// How far the log was read and handed on.
#[derive(Debug)]
struct Progress {
    store: Store,
    /// Read, and given to the batch of this call or of one before.
    given: Place,
    keep_at: Instant,
    /// Records that were lost, as far as it was told.
    lost: [u64; 2],
}

impl Receiver for KernelEvents {
    fn pace(config: &Config) -> Pace {
        Pace::events(config.collection_interval)
    }

    fn open(config: Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let boot = boot_id().map_err(|error| {
            KernelEventsKind::Init
                .because(format!("cannot tell this start of the machine from others: {error}"))
        })?;
        let store =
            Store::new(config.state_file.as_deref(), &cx.settings().id, &config.kmsg, &config.journalctl);
        let (loaded, unusable) = match store.load() {
            Loaded::Place(place) => (Some(place), None),
            Loaded::Nothing => (None, None),
            Loaded::Unusable(why) => {
                cx.settings().logger.warn(&why);
                (None, Some(why))
            }
        };
        let loaded = loaded.unwrap_or_default();
        let sequence = loaded.sequence.filter(|_| loaded.boot == boot);
        let both = config.source == Source::Both;
        let kmsg = match config.source {
            Source::Journal => None,
            Source::Kmsg | Source::Both => Some(open_kmsg(&config, &loaded, sequence)?),
        };
        let journal = match config.source {
            Source::Kmsg => None,
            Source::Journal | Source::Both => Some(
                Journal::open(&config.journalctl, loaded.cursor.clone(), config.start_at)
                    .map_err(|crash| KernelEventsKind::Init.because(crash))?,
            ),
        };
        let now = Instant::now();
        Ok(Self {
            kmsg,
            journal,
            twins: both.then(|| Twins::new(&loaded.unmatched)),
            scratch: Scratch::new(),
            window: Window::default(),
            judge: Judge {
                severities: Severities::new(&config.severity.unwrap_or_default()),
                gpus: Gpus::new(cx.inventory()),
                tallies: Tallies::new(config.source),
                own: own_pids(),
                boot: boot.clone(),
                trust_user_space: config.trust_user_space,
                records: config.records,
            },
            log: Progress {
                store,
                given: Place { boot, sequence, cursor: loaded.cursor, unmatched: loaded.unmatched },
                keep_at: now,
                lost: [0; 2],
            },
            interval: config.collection_interval,
            set_at: now,
            changed: true,
            unusable,
        })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Failure<Self>> {
        self.judge.gpus.discover(series);
        self.judge.tallies.discover(series);
        self.changed = true;
        Ok(())
    }

    fn collect(&mut self, out: &mut MetricsAndLogs) -> Result<(), Failure<Self>> {
        let mut faults = Faults::new();
        if let Some(why) = self.unusable.take() {
            faults.push(KernelEventsKind::State.because(why));
        }
        if let Err(error) = self.log.keep(Instant::now(), false) {
            faults.push(KernelEventsKind::State.because(format!("cannot write the state file: {error}")));
        }
        self.judge.gpus.look();
        let before = self.tallied();
        if self.read(out, &mut faults) == 0 {
            let since = Instant::now();
            self.rest(out);
            if self.read(out, &mut faults) == 0 && since.elapsed() < PAUSE {
                // A file, or a pipe without a writer: it can always be "read".
                std::thread::sleep(PAUSE);
            }
        }
        self.count_faults(before, &mut faults);
        self.tell_lost(out);
        if self.judge.gpus.wants_series() || self.judge.tallies.wants_series() {
            out.metrics.rediscover();
        }
        self.set(out);
        if self.window.is_empty() {
            self.advance();
        }
        faults.into_result()
    }
}

fn open_kmsg(config: &Config, loaded: &Place, sequence: Option<u64>) -> Result<Kmsg, Failure<KernelEvents>> {
    let place = match (sequence, config.start_at) {
        (Some(sequence), _) => KmsgPlace::After(sequence),
        // The machine was started anew since: all that this start wrote is new.
        (None, _) if loaded.sequence.is_some() => KmsgPlace::Oldest,
        (None, StartAt::Boot) => KmsgPlace::Oldest,
        (None, StartAt::Now) => KmsgPlace::Now,
    };
    Kmsg::open(&config.kmsg, place).map_err(|error| {
        let help = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "; reading it takes CAP_SYSLOG, or `kernel.dmesg_restrict=0` and read permission"
            }
            io::ErrorKind::NotFound => "; a container needs the host's /dev/kmsg, or `source: journal`",
            _ => "",
        };
        KernelEventsKind::Init.because(format!("cannot open {}: {error}{help}", config.kmsg.display()))
    })
}

impl KernelEvents {
    /// Reads what there is; says how many records were looked at.
    fn read(&mut self, out: &mut MetricsAndLogs, faults: &mut Faults<KernelEventsKind>) -> usize {
        let offset = Offset::now();
        let now = Instant::now();
        let mut looked = 0;
        let (mut kmsg, mut journal) = (self.kmsg.is_some(), self.journal.is_some());
        while looked < AT_ONCE && (kmsg || journal) {
            if self.window.is_due(now) && !self.flush(out) {
                break;
            }
            if out.logs.is_full() {
                break;
            }
            if kmsg {
                match self.next_of_kmsg(out, offset, now) {
                    Ok(more) => kmsg = more,
                    Err(error) => {
                        let fault = KernelEventsKind::Read.because(format!("cannot read the log: {error}"));
                        faults.push(fault.reopen());
                        kmsg = false;
                    }
                }
                looked += usize::from(kmsg);
            }
            if journal && !out.logs.is_full() {
                match self.next_of_journal(out, offset, now) {
                    Ok(more) => journal = more,
                    Err(crash) => {
                        faults.push(KernelEventsKind::JournalctlCrash.because(crash));
                        journal = false;
                    }
                }
                looked += usize::from(journal);
            }
        }
        if self.window.is_due(Instant::now()) {
            self.flush(out);
        }
        looked
    }

    /// One record of the device; says whether there may be more.
    fn next_of_kmsg(&mut self, out: &mut MetricsAndLogs, offset: Offset, now: Instant) -> io::Result<bool> {
        let Some(kmsg) = &mut self.kmsg else { return Ok(false) };
        let record = match kmsg.next(&mut self.scratch)? {
            Next::Nothing => return Ok(false),
            Next::Skipped => return Ok(true),
            Next::Record(record) => record,
        };
        let key = self.twins.as_ref().map(|_| key(&record, &self.judge.boot));
        if self.twins.as_mut().zip(key).is_some_and(|(twins, key)| twins.is_second(key, Through::Kmsg)) {
            kmsg.tally.duplicate += 1;
            return Ok(true);
        }
        let before = self.window.begun();
        let sequence = record.sequence;
        self.changed |= self.judge.take(out, &mut self.window, &record, Through::Kmsg, offset, now);
        if self.window.begun() != before {
            let sequence = sequence.and_then(|it| it.checked_sub(1)).or(self.log.given.sequence);
            let cursor = self.journal.as_ref().and_then(Journal::cursor);
            self.log.given.set(sequence, cursor);
            self.stay_before(key, Through::Kmsg);
        }
        Ok(true)
    }

    /// One record of the journal; says whether there may be more.
    fn next_of_journal(
        &mut self,
        out: &mut MetricsAndLogs,
        offset: Offset,
        now: Instant,
    ) -> Result<bool, JournalCrash> {
        let Some(journal) = &mut self.journal else { return Ok(false) };
        let record = match journal.next(&mut self.scratch, now)? {
            Next::Nothing => return Ok(false),
            Next::Skipped => return Ok(true),
            Next::Record(record) => record,
        };
        let boot = record.boot.unwrap_or(&self.judge.boot);
        let key = self.twins.as_ref().map(|_| key(&record, boot));
        if self.twins.as_mut().zip(key).is_some_and(|(twins, key)| twins.is_second(key, Through::Journal)) {
            journal.tally.duplicate += 1;
            return Ok(true);
        }
        let before = self.window.begun();
        self.changed |= self.judge.take(out, &mut self.window, &record, Through::Journal, offset, now);
        if self.window.begun() != before {
            let sequence = self.kmsg.as_ref().and_then(Kmsg::last).or(self.log.given.sequence);
            self.log.given.set(sequence, journal.before());
            self.stay_before(key, Through::Journal);
        }
        Ok(true)
    }

    /// A record is held back: until it is given, a restart would go on with it.
    fn stay_before(&mut self, key: Option<u64>, through: Through) {
        if let Some((twins, key)) = self.twins.as_ref().zip(key) {
            twins.unmatched_before(key, through, &mut self.log.given.unmatched);
        }
    }

    /// Hands on what was held back; says whether all of it was taken.
    fn flush(&mut self, out: &mut MetricsAndLogs) -> bool {
        self.judge.hand_on(&mut self.window, out);
        self.window.is_empty()
    }

    /// Waits for the next record, or until something is due.
    fn rest(&self, out: &MetricsAndLogs) {
        if out.logs.is_full() {
            return;
        }
        let now = Instant::now();
        let until_set = self.set_at.saturating_duration_since(now).max(Duration::from_millis(1));
        let timeout = WAIT.min(self.window.due_in(now)).min(until_set);
        let kmsg = self.kmsg.as_ref().map(Kmsg::fd);
        let journal = self.journal.as_ref().and_then(Journal::fd);
        match (kmsg, journal) {
            (Some(kmsg), Some(journal)) => wait(&[kmsg, journal], timeout),
            (Some(one), None) | (None, Some(one)) => wait(&[one], timeout),
            (None, None) => wait(&[], timeout),
        }
    }

    fn tally(&self, through: Through) -> Tally {
        match through {
            Through::Kmsg => self.kmsg.as_ref().map(|kmsg| kmsg.tally),
            Through::Journal => self.journal.as_ref().map(|journal| journal.tally),
        }
        .unwrap_or_default()
    }

    fn tallied(&self) -> [Tally; 2] {
        [self.tally(Through::Kmsg), self.tally(Through::Journal)]
    }

    /// What could not be read in this call: a failure of each kind, however many there were. How
    /// many stands in `tracecore.kernel.records`.
    fn count_faults(&mut self, before: [Tally; 2], faults: &mut Faults<KernelEventsKind>) {
        let now = self.tallied();
        let grown = |of: fn(&Tally) -> u64| (0..2).map(|at| of(&now[at]) - of(&before[at])).sum::<u64>();
        let oversized = grown(|tally| tally.oversized);
        if oversized > 0 {
            let why = format!("{oversized} records were larger than the buffer and are left out");
            faults.push(KernelEventsKind::KmsgOversized.because(why));
        }
        let malformed = grown(|tally| tally.malformed);
        if malformed > 0 {
            let why = format!("{malformed} records could not be understood and are left out");
            faults.push(KernelEventsKind::Parse.because(why));
        }
        self.changed |= oversized + malformed > 0;
    }

    /// Says of lost records, once for each gap, as far as there is room.
    fn tell_lost(&mut self, out: &mut MetricsAndLogs) {
        for (at, through) in [Through::Kmsg, Through::Journal].into_iter().enumerate() {
            let lost = self.tally(through).lost;
            if lost > self.log.lost[at] && !out.logs.is_full() {
                let now = out.logs.observed_unix_nanos();
                emit::lost(&mut out.logs, through.name(), lost - self.log.lost[at], now);
                self.log.lost[at] = lost;
                self.changed = true;
            }
        }
    }

    /// Sets all series if it is time, or if something has happened.
    fn set(&mut self, out: &mut MetricsAndLogs) {
        let now = Instant::now();
        let due = now >= self.set_at || (self.changed && now + self.interval >= self.set_at + SET_EVERY);
        if !due {
            return;
        }
        self.set_at = now + self.interval;
        let tallies = self.tallied();
        let tally = |through| tallies[through as usize];
        let more = self.judge.gpus.set(&mut out.metrics) | self.judge.tallies.set(&mut out.metrics, tally);
        self.changed = more;
    }

    /// All that was read is given: this is where a restart would go on.
    fn advance(&mut self) {
        let sequence = self.kmsg.as_ref().and_then(Kmsg::last).or(self.log.given.sequence);
        let cursor = self.journal.as_ref().and_then(Journal::cursor);
        self.log.given.set(sequence, cursor);
        if let Some(twins) = &self.twins {
            self.log.given.unmatched.clear();
            self.log.given.unmatched.extend(twins.unmatched());
        }
    }
}

impl Progress {
    /// Keeps the place up to which everything was taken from us.
    fn keep(&mut self, now: Instant, at_once: bool) -> io::Result<()> {
        let least = if self.given.unmatched.len() > 256 { KEEP_EVERY.1 } else { KEEP_EVERY.0 };
        if !at_once && now < self.keep_at {
            return Ok(());
        }
        self.keep_at = now + least;
        self.store.keep(&self.given)
    }
}

impl Drop for KernelEvents {
    fn drop(&mut self) {
        // If the last call did not return, what it gave went nowhere; `given` is that of the one
        // before then, since a call moves it on at its end.
        let _ = self.log.keep(Instant::now(), true);
    }
}
