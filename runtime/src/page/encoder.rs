// SPDX-License-Identifier: Apache-2.0
//! The lane's side of a page.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::index::{Place, SeriesAt};
use super::segment::{CHUNK, Chunk, Segment};
use super::{PageFormat, Shared};
use crate::LaneInfo;
use crate::signal::{Batch, Encode, Metrics, Refused, Series};

/// Stores the values of one branch of one lane. Dropping it takes its series off the page.
pub struct PageEncoder<F: PageFormat> {
    lease: Arc<Lease<F>>,
    /// The same chunks as the index has for the segment, so that a tick needs no lock.
    chunks: Vec<Arc<Chunk>>,
    /// A bit for each series that is on the page.
    admitted: Vec<u64>,
    /// Where each series is.
    places: Vec<Vec<Place>>,
}

/// A segment's place in the index.
struct Lease<F: PageFormat> {
    shared: Arc<Shared<F>>,
    segment: Arc<Segment>,
    at: usize,
}

/// Takes a lane's series off a page from another thread: for a lane that is stuck.
#[derive(Clone)]
pub struct SegmentHandle(Arc<dyn Abandon>);

/// Object-safe, so that a watchdog can hold the segments of pages of all formats. Not on any
/// lane's path.
trait Abandon: Send + Sync {
    fn abandon(&self);
}

impl<F: PageFormat> Abandon for Lease<F> {
    fn abandon(&self) {
        self.shared.lock().close(self.at, &self.segment);
    }
}

impl SegmentHandle {
    /// Takes everything the lane has on the page off it, now. What the lane stores later goes
    /// nowhere, and another lane may have its identities.
    pub fn abandon(&self) {
        self.0.abandon();
    }
}

impl fmt::Debug for SegmentHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentHandle").finish_non_exhaustive()
    }
}

impl<F: PageFormat> PageEncoder<F> {
    pub(super) fn new(shared: Arc<Shared<F>>, lane: &LaneInfo) -> Self {
        let segment = Arc::new(Segment::new(lane));
        let at = shared.lock().open(Arc::clone(&segment));
        let lease = Arc::new(Lease { shared, segment, at });
        Self { lease, chunks: Vec::new(), admitted: Vec::new(), places: Vec::new() }
    }

    /// What takes this encoder's series off the page from another thread.
    #[must_use]
    pub fn handle(&self) -> SegmentHandle {
        SegmentHandle(Arc::clone(&self.lease) as Arc<dyn Abandon>)
    }
}

impl<F: PageFormat> Encode<Metrics> for PageEncoder<F> {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        let placed = self.lease.shared.format.place(series)?;
        let at = index as usize;
        let words = at / CHUNK + 1;
        let places = {
            let mut page = self.lease.shared.lock();
            if self.lease.segment.gone.load(Ordering::Relaxed) {
                // This lane was given up while it was stuck. There is nobody to tell.
                return Ok(());
            }
            if let Some(slot) = page.segments.get_mut(self.lease.at).and_then(Option::as_mut) {
                while slot.chunks.len() < words {
                    let chunk = Arc::new(Chunk::new());
                    slot.chunks.push(Arc::clone(&chunk));
                    self.chunks.push(chunk);
                }
            }
            let since = self.lease.segment.sequence.published();
            page.insert(SeriesAt { segment: self.lease.at, index, since }, placed)?
        };
        if self.places.len() <= at {
            self.places.resize_with(at + 1, Vec::new);
        }
        if self.admitted.len() < words {
            self.admitted.resize(words, 0);
        }
        self.places[at] = places;
        self.admitted[at / CHUNK] |= 1 << (at % CHUNK);
        Ok(())
    }

    fn retire(&mut self, index: u32) {
        let at = index as usize;
        if let Some(word) = self.admitted.get_mut(at / CHUNK) {
            *word &= !(1 << (at % CHUNK));
        }
        let Some(places) = self.places.get_mut(at).map(std::mem::take).filter(|places| !places.is_empty())
        else {
            return;
        };
        let mut page = self.lease.shared.lock();
        // What a lane that was given up had here may belong to its successor by now.
        if !self.lease.segment.gone.load(Ordering::Relaxed) {
            page.remove(&places);
        }
    }

    #[inline]
    fn encode(&mut self, batch: &Batch) -> usize {
        let Self { lease, chunks, admitted, .. } = self;
        let segment = &*lease.segment;
        let clock = lease.shared.clock.nanos();
        segment.sequence.write(|copy| {
            segment.stamp(copy, clock, batch.time_unix_nanos());
            let mut present = batch.present().iter();
            let mut values = batch.values().chunks(CHUNK);
            for (chunk, admitted) in chunks.iter().zip(admitted.iter()) {
                let present = present.next().copied().unwrap_or(0);
                chunk.store(copy, present & admitted, values.next().unwrap_or(&[]));
            }
        });
        0
    }

    fn on_abandon(&self) -> Option<Box<dyn Fn() + Send>> {
        let handle = self.handle();
        Some(Box::new(move || handle.abandon()))
    }
}

impl<F: PageFormat> Drop for PageEncoder<F> {
    fn drop(&mut self) {
        self.lease.abandon();
    }
}

impl<F: PageFormat> fmt::Debug for PageEncoder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageEncoder").field("segment", &self.lease.segment).finish_non_exhaustive()
    }
}
