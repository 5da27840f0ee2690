// SPDX-License-Identifier: Apache-2.0
//! The reading side of a page.

use std::fmt;
use std::sync::Arc;

use tracecore_schema::Number;

use super::index::Slot;
use super::segment::CHUNK;
use super::{PageFormat, Shared};

/// A series' number in the last tick of its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The bits of the number; the series knows which kind it is.
    pub bits: u64,
    /// When it was read, in nanoseconds since 1970 (UTC).
    pub time_unix_nanos: u64,
}

impl Point {
    /// The number.
    #[inline]
    #[must_use]
    pub fn value<T: Number>(self) -> T {
        T::from_bits(self.bits)
    }
}

/// What a reader is shown, families in the order of their names, members in the order of their
/// identities.
pub trait Visitor<F: PageFormat> {
    /// A family with at least one point. Its points follow.
    fn family(&mut self, name: &str, family: &F::Family);

    /// A point of the family.
    fn point(&mut self, item: &F::Item, point: Point);
}

/// Reads a page. A clone reads the same page into buffers of its own.
pub struct PageReader<F: PageFormat> {
    shared: Arc<Shared<F>>,
    values: Vec<u64>,
    present: Vec<u64>,
    snapshots: Vec<Option<Snapshot>>,
}

/// What was read of a segment.
#[derive(Clone, Copy, Debug)]
struct Snapshot {
    /// Its first word among `present`.
    start: usize,
    published: u64,
    time_unix_nanos: u64,
}

impl<F: PageFormat> PageReader<F> {
    pub(super) const fn new(shared: Arc<Shared<F>>) -> Self {
        Self { shared, values: Vec::new(), present: Vec::new(), snapshots: Vec::new() }
    }

    /// Shows the page as it is now, without what is stale, absent or retired, and says how many
    /// points it showed. The points of one lane are of one tick. Allocates only when the page
    /// has grown.
    pub fn read(&mut self, visitor: &mut impl Visitor<F>) -> usize {
        let Self { shared, values, present, snapshots } = self;
        let now = shared.clock.nanos();
        let page = shared.lock();

        snapshots.clear();
        let mut words = 0;
        for slot in &page.segments {
            let snapshot = slot.as_ref().and_then(|slot| {
                let end = words + slot.chunks.len();
                if present.len() < end {
                    present.resize(end, 0);
                    values.resize(end * CHUNK, 0);
                }
                let (published, time_unix_nanos) =
                    copy(slot, now, &mut present[words..end], &mut values[words * CHUNK..])?;
                Some(Snapshot { start: std::mem::replace(&mut words, end), published, time_unix_nanos })
            });
            snapshots.push(snapshot);
        }

        let mut shown = 0;
        for (name, family) in &page.families {
            let mut begun = false;
            for member in family.members.values() {
                let series = member.series;
                let Some(snapshot) = snapshots[series.segment] else { continue };
                let at = snapshot.start * CHUNK + series.index as usize;
                if snapshot.published <= series.since || present[at / CHUNK] & (1 << (at % CHUNK)) == 0 {
                    continue;
                }
                if !begun {
                    begun = true;
                    visitor.family(name, &family.family);
                }
                visitor.point(
                    &member.item,
                    Point { bits: values[at], time_unix_nanos: snapshot.time_unix_nanos },
                );
                shown += 1;
            }
        }
        shown
    }
}

/// The tick of a segment that was published last, its number and time, unless it is stale.
fn copy(slot: &Slot, now: u64, present: &mut [u64], values: &mut [u64]) -> Option<(u64, u64)> {
    let segment = &slot.segment;
    let (published, time) = segment.sequence.read(|copy| {
        let time = segment.fresh(copy, now)?;
        for ((chunk, word), values) in
            slot.chunks.iter().zip(present.iter_mut()).zip(values.chunks_mut(CHUNK))
        {
            *word = chunk.load(copy, values);
        }
        Some(time)
    })?;
    Some((published, time?))
}

impl<F: PageFormat> Clone for PageReader<F> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

impl<F: PageFormat> fmt::Debug for PageReader<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageReader").finish_non_exhaustive()
    }
}
