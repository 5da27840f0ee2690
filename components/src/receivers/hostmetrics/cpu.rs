// SPDX-License-Identifier: Apache-2.0
//! `/proc/stat`: CPU time, CPUs and processes.
//!
//! Read by hand: `procfs` drops the number of a CPU, so that after one has gone offline all that
//! follow would take their neighbour's place, and it allocates a string per line, of which the
//! one about interrupts has tens of kilobytes on a large machine.

use std::path::PathBuf;

use tracecore_runtime::{Batch, Registrar, ScopeId, Slot};
use tracecore_schema::Attribute;

use super::Metrics;
use super::scrape::{Fault, Host, Scrape, attribute, share, signed};
use super::source::{Source, field};

/// The modes, and the columns of `/proc/stat` that make them up: the semantic conventions have
/// one name for time in hardware and in software interrupts. A guest's time is part of `user`.
const MODES: [(&str, &[usize]); 7] = [
    ("user", &[0]),
    ("nice", &[1]),
    ("system", &[2]),
    ("idle", &[3]),
    ("iowait", &[4]),
    ("interrupt", &[5, 6]),
    ("steal", &[7]),
];

type Ticks = [u64; MODES.len()];

/// A step back this small is the kernel's own inaccuracy in `idle` and `iowait` and not a CPU
/// that started anew: the last value stands until it is passed again.
const BACKSTEP_SECONDS: u64 = 3;

/// Reads `/proc/stat`.
#[derive(Debug)]
pub(super) struct Cpu {
    stat: Source,
    topology: PathBuf,
    per_cpu: bool,
    ticks_per_second: u64,
    rows: Vec<Row>,
    host: Option<HostSeries>,
}

/// A line of `/proc/stat`: one CPU, or all of them.
#[derive(Debug)]
struct Row {
    number: Option<u32>,
    scope: ScopeId,
    time: [Slot<f64>; MODES.len()],
    utilization: [Slot<f64>; MODES.len()],
    last: Option<Ticks>,
}

#[derive(Debug)]
struct HostSeries {
    logical: Slot<i64>,
    physical: Slot<i64>,
    cores: Option<i64>,
    running: Slot<i64>,
    blocked: Slot<i64>,
    created: Slot<u64>,
}

impl Scrape for Cpu {
    fn open(host: &Host<'_>) -> Option<Self> {
        Some(Self {
            stat: Source::find(host.path("proc/stat"))?,
            topology: host.path("sys/devices/system/cpu"),
            per_cpu: host.config.per_cpu,
            ticks_per_second: procfs::ticks_per_second(),
            rows: Vec::new(),
            host: None,
        })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault> {
        self.stat.read()?;
        let text = self.stat.text()?;
        let numbers: Vec<Option<u32>> =
            lines(text).map(|(number, _)| number).filter(|number| number.is_some() == self.per_cpu).collect();
        let online: Vec<u32> = lines(text).filter_map(|(number, _)| number).collect();

        self.rows.retain(|row| {
            let stays = numbers.contains(&row.number);
            if !stays {
                series.retire_scope(row.scope);
            }
            stays
        });
        for number in numbers {
            if !self.rows.iter().any(|row| row.number == number) {
                self.rows.push(Row::begin(number, series));
            }
        }
        self.rows.sort_by_key(|row| row.number);

        let host = self.host.get_or_insert_with(|| HostSeries::begin(series));
        host.cores = cores(&self.topology, &online);
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault> {
        self.stat.read()?;
        let text = self.stat.text()?;
        let mut online = 0;
        let mut rows = self.rows.iter_mut();
        for (number, columns) in lines(text) {
            online += i64::from(number.is_some());
            if number.is_some() != self.per_cpu {
                continue;
            }
            let Some(ticks) = parse(columns) else {
                let line = number.map_or_else(|| "cpu".to_owned(), |number| format!("cpu{number}"));
                return Err(self
                    .stat
                    .malformed(format_args!("the line of `{line}` has fewer than 8 numbers")));
            };
            match rows.next() {
                Some(row) if row.number == number => row.set(ticks, self.ticks_per_second, out),
                // From here on the lines are those of other CPUs than the rows.
                _ => {
                    out.rediscover();
                    rows = [].iter_mut();
                }
            }
        }
        if rows.next().is_some() {
            out.rediscover();
        }

        let Some(host) = &self.host else { return Ok(()) };
        out.set(host.logical, online);
        if let Some(cores) = host.cores {
            out.set(host.physical, cores);
        }
        // The last lines: two of them came with Linux 2.5, the third has always been there.
        let tail = text.rfind("\nprocesses ").map_or(text, |at| &text[at + 1..]);
        if let Some(created) = field(tail, "processes") {
            out.set(host.created, created);
        }
        for (slot, key) in [(host.running, "procs_running"), (host.blocked, "procs_blocked")] {
            if let Some(count) = field(tail, key) {
                out.set(slot, signed(count));
            }
        }
        Ok(())
    }
}

impl Row {
    fn begin(number: Option<u32>, series: &mut Registrar<'_, Metrics>) -> Self {
        let common: Vec<_> =
            number.map(|number| Attribute::new("cpu.logical_number", number)).into_iter().collect();
        let scope = series.scope(common);
        let mode = |at: usize| attribute("cpu.mode", MODES[at].0);
        Self {
            number,
            scope,
            time: std::array::from_fn(|at| series.begin_in(scope, |m| m.cpu_time, mode(at))),
            utilization: std::array::from_fn(|at| series.begin_in(scope, |m| m.cpu_utilization, mode(at))),
            last: None,
        }
    }

    fn set(&mut self, mut ticks: Ticks, per_second: u64, out: &mut Batch) {
        if let Some(last) = &self.last {
            for (now, before) in ticks.iter_mut().zip(last) {
                if *now < *before && *before - *now <= BACKSTEP_SECONDS * per_second {
                    *now = *before;
                }
            }
            let spent: Ticks = std::array::from_fn(|at| ticks[at].saturating_sub(last[at]));
            let whole = spent.iter().sum();
            for (slot, part) in self.utilization.iter().zip(spent) {
                if let Some(share) = share(part, whole) {
                    out.set(*slot, share);
                }
            }
        }
        for (slot, ticks) in self.time.iter().zip(ticks) {
            out.set(*slot, ticks as f64 / per_second as f64);
        }
        self.last = Some(ticks);
    }
}

impl HostSeries {
    fn begin(series: &mut Registrar<'_, Metrics>) -> Self {
        Self {
            logical: series.begin(|m| m.cpu_logical, []),
            physical: series.begin(|m| m.cpu_physical, []),
            cores: None,
            running: series.begin(|m| m.processes, attribute("process.state", "running")),
            blocked: series.begin(|m| m.processes, attribute("process.state", "blocked")),
            created: series.begin(|m| m.processes_created, []),
        }
    }
}

/// The lines about CPUs, which come first: the number (none for all together) and the columns.
fn lines(text: &str) -> impl Iterator<Item = (Option<u32>, &str)> {
    text.lines().map_while(|line| {
        let (name, columns) = line.strip_prefix("cpu")?.split_once(' ')?;
        if name.is_empty() { Some((None, columns)) } else { Some((Some(name.parse().ok()?), columns)) }
    })
}

fn parse(columns: &str) -> Option<Ticks> {
    let mut raw = [0; 8];
    let mut columns = columns.split_ascii_whitespace();
    for column in &mut raw {
        *column = columns.next()?.parse().ok()?;
    }
    Some(MODES.map(|(_, columns)| columns.iter().map(|at| raw[*at]).sum()))
}

/// Physical cores: the logical CPUs that are the first of their core's siblings.
fn cores(topology: &std::path::Path, online: &[u32]) -> Option<i64> {
    let mut cores = 0;
    for number in online {
        let path = topology.join(format!("cpu{number}/topology/thread_siblings_list"));
        let siblings = std::fs::read_to_string(path).ok()?;
        let first = siblings.trim().split([',', '-']).next()?;
        cores += i64::from(first.parse::<u32>().ok()? == *number);
    }
    (cores > 0).then_some(cores)
}

#[cfg(test)]
mod tests {
    use super::{lines, parse};

    const STAT: &str = "cpu  10 1 5 300 2 3 4 1 7 0\ncpu0 5 0 2 150 1 1 2 0 0 0\ncpu2 5 1 3 150 1 2 2 1 7 0\nintr 9 0 0\nctxt 5\n";

    #[test]
    fn a_cpu_keeps_its_number_when_another_is_offline() {
        let numbers: Vec<_> = lines(STAT).map(|(number, _)| number).collect();
        assert_eq!(numbers, [None, Some(0), Some(2)]);
    }

    #[test]
    fn interrupts_of_both_kinds_are_one_mode() {
        let all = lines(STAT).next().and_then(|(_, columns)| parse(columns));
        assert_eq!(all, Some([10, 1, 5, 300, 2, 7, 1]));
        assert_eq!(parse("1 2 3"), None);
    }
}
