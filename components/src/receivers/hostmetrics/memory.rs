// SPDX-License-Identifier: Apache-2.0
//! `/proc/meminfo` and `/proc/vmstat`: memory, swap and page faults.

use procfs::{FromBufRead, Meminfo};
use tracecore_runtime::{Absence, Batch, Registrar, Slot};

use super::Metrics;
use super::scrape::{Fault, Host, Scrape, attribute, share, signed};
use super::source::{Source, field};

const STATES: [&str; 4] = ["used", "free", "buffers", "cached"];

/// Reads `/proc/meminfo` and `/proc/vmstat`.
#[derive(Debug)]
pub(super) struct Memory {
    meminfo: Source,
    /// Read by hand: `procfs` puts all of its 150 to 200 lines into a map, and four are wanted.
    vmstat: Option<Source>,
    series: Option<Series>,
}

#[derive(Debug)]
struct Series {
    usage: [Slot<i64>; STATES.len()],
    utilization: [Slot<f64>; STATES.len()],
    limit: Slot<i64>,
    available: Slot<i64>,
    shared: Slot<i64>,
    slab: [Slot<i64>; 2],
    swap: [Slot<i64>; 2],
    swap_utilization: [Slot<f64>; 2],
    faults: [Slot<u64>; 2],
    swapped: [Slot<u64>; 2],
}

impl Scrape for Memory {
    fn open(host: &Host<'_>) -> Option<Self> {
        Some(Self {
            meminfo: Source::find(host.path("proc/meminfo"))?,
            vmstat: Source::find(host.path("proc/vmstat")),
            series: None,
        })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault> {
        self.series.get_or_insert_with(|| Series::begin(series));
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault> {
        let Some(series) = &self.series else { return Ok(()) };
        self.meminfo.read()?;
        let info = Meminfo::from_buf_read(self.meminfo.bytes()).map_err(|why| self.meminfo.malformed(why))?;
        series.set_memory(&info, out);

        let Some(vmstat) = &mut self.vmstat else {
            out.absent(Absence::Unsupported);
            return Ok(());
        };
        vmstat.read()?;
        series.set_paging(vmstat.text()?, out);
        Ok(())
    }
}

impl Series {
    fn begin(series: &mut Registrar<'_, Metrics>) -> Self {
        let memory = |at: usize| attribute("system.memory.state", STATES[at]);
        let swap = |at: usize| attribute("system.paging.state", STATES[at]);
        let slab = |state| attribute("system.memory.linux.slab.state", state);
        let fault = |kind| attribute("system.paging.fault.type", kind);
        let direction = |way| attribute("system.paging.direction", way);
        Self {
            usage: std::array::from_fn(|at| series.begin(|m| m.memory_usage, memory(at))),
            utilization: std::array::from_fn(|at| series.begin(|m| m.memory_utilization, memory(at))),
            limit: series.begin(|m| m.memory_limit, []),
            available: series.begin(|m| m.memory_available, []),
            shared: series.begin(|m| m.memory_shared, []),
            slab: ["reclaimable", "unreclaimable"].map(|state| series.begin(|m| m.memory_slab, slab(state))),
            swap: std::array::from_fn(|at| series.begin(|m| m.paging_usage, swap(at))),
            swap_utilization: std::array::from_fn(|at| series.begin(|m| m.paging_utilization, swap(at))),
            faults: ["major", "minor"].map(|kind| series.begin(|m| m.paging_faults, fault(kind))),
            swapped: ["in", "out"].map(|way| series.begin(|m| m.paging_operations, direction(way))),
        }
    }

    fn set_memory(&self, info: &Meminfo, out: &mut Batch) {
        let total = info.mem_total;
        // As `free` counts: what the kernel can give back of its caches is cache.
        let cached = info.cached + info.s_reclaimable.unwrap_or(0);
        let rest = info.mem_free + info.buffers + cached;
        let states = [total.saturating_sub(rest), info.mem_free, info.buffers, cached];
        for (at, bytes) in states.into_iter().enumerate() {
            out.set(self.usage[at], signed(bytes));
            if let Some(share) = share(bytes, total) {
                out.set(self.utilization[at], share);
            }
        }
        out.set(self.limit, signed(total));
        let more = [
            (self.available, info.mem_available),
            (self.shared, info.shmem),
            (self.slab[0], info.s_reclaimable),
            (self.slab[1], info.s_unreclaim),
        ];
        for (slot, bytes) in more {
            match bytes {
                Some(bytes) => out.set(slot, signed(bytes)),
                None => out.absent(Absence::Unsupported),
            }
        }

        let swap = [info.swap_total.saturating_sub(info.swap_free), info.swap_free];
        for (at, bytes) in swap.into_iter().enumerate() {
            out.set(self.swap[at], signed(bytes));
            if let Some(share) = share(bytes, info.swap_total) {
                out.set(self.swap_utilization[at], share);
            }
        }
    }

    fn set_paging(&self, vmstat: &str, out: &mut Batch) {
        // The kernel counts all faults and, among them, the major ones.
        let major = field(vmstat, "pgmajfault");
        let minor = field(vmstat, "pgfault").zip(major).map(|(all, major)| all.saturating_sub(major));
        let counts = [
            (self.faults[0], major),
            (self.faults[1], minor),
            (self.swapped[0], field(vmstat, "pswpin")),
            (self.swapped[1], field(vmstat, "pswpout")),
        ];
        for (slot, count) in counts {
            match count {
                Some(count) => out.set(slot, count),
                None => out.absent(Absence::Unsupported),
            }
        }
    }
}
