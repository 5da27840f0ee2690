// SPDX-License-Identifier: Apache-2.0
//! One tick's numbers: a value and a presence bit per series of the lane.
//!
//! Invariant: `set` never allocates; the vectors grow when a series is registered.

use std::marker::PhantomData;

use tracecore_schema::Number;

use crate::{Device, Probe};

/// Why a value that a series could have is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Absence {
    /// This device or driver cannot tell.
    Unsupported,
    /// We may not ask.
    Permission,
    /// No answer in time.
    Timeout,
    /// The device is gone.
    Lost,
}

impl Absence {
    /// All reasons, in the order of their counters.
    pub const ALL: [Self; 4] = [Self::Unsupported, Self::Permission, Self::Timeout, Self::Lost];

    /// The `reason` label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Permission => "permission",
            Self::Timeout => "timeout",
            Self::Lost => "lost",
        }
    }
}

/// A registered series, typed by its number: where `collect` writes.
///
/// A slot whose series was dropped by every processor is *off*, and one whose series was
/// retired is stale: writing through either does nothing.
#[derive(Debug)]
pub struct Slot<T> {
    index: u32,
    generation: u32,
    number: PhantomData<fn(T)>,
}

impl<T> Slot<T> {
    /// A slot that nothing is written through.
    pub const OFF: Self = Self { index: u32::MAX, generation: 0, number: PhantomData };

    pub(crate) const fn new(index: u32, generation: u32) -> Self {
        Self { index, generation, number: PhantomData }
    }

    /// The place in the lane's table.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    pub(crate) const fn generation(self) -> u32 {
        self.generation
    }

    /// The same place for who writes the bits of whatever number it is.
    #[must_use]
    pub const fn bits(self) -> Slot<u64> {
        Slot::new(self.index, self.generation)
    }

    /// Whether values written through it go anywhere.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.index != u32::MAX
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slot<T> {}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::OFF
    }
}

/// Series that were registered one after the other and are all there: see [`Batch::span`].
#[derive(Clone, Copy, Debug)]
pub struct Span {
    first: usize,
    len: usize,
    epoch: u64,
}

/// The values of a [`Span`], all of them present unless taken out again.
#[derive(Debug)]
pub struct Spanned<'a> {
    /// Their bits, in the order of their slots.
    pub values: &'a mut [u64],
    present: &'a mut [u64],
    first: usize,
}

impl Spanned<'_> {
    /// Takes the series at this place of the span out of the tick: it was not set after all.
    #[cold]
    pub fn remove(&mut self, place: usize) {
        let index = self.first + place;
        if let Some(word) = self.present.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }
}

/// One tick's numbers.
#[derive(Clone, Debug)]
pub struct Batch {
    time_unix_nanos: u64,
    values: Vec<u64>,
    generations: Vec<u32>,
    /// Counts series that began or ended.
    epoch: u64,
    present: Vec<u64>,
    absent: [u64; Absence::ALL.len()],
    rediscover: bool,
    probe: Probe,
}

impl Batch {
    pub(crate) const fn empty(probe: Probe) -> Self {
        Self {
            time_unix_nanos: 0,
            values: Vec::new(),
            generations: Vec::new(),
            epoch: 0,
            present: Vec::new(),
            absent: [0; Absence::ALL.len()],
            rediscover: false,
            probe,
        }
    }

    /// Sets the value of a series for this tick. The last one set counts.
    #[inline]
    pub fn set<T: Number>(&mut self, slot: Slot<T>, value: T) {
        let index = slot.index as usize;
        // One predictable branch for slots that are off (the index is out of range) and one
        // for slots whose series was retired (another generation lives there now).
        if let Some(generation) = self.generations.get(index)
            && *generation == slot.generation
        {
            self.values[index] = value.to_bits();
            self.present[index / 64] |= 1 << (index % 64);
        }
    }

    /// The span of these slots, if their series were registered one after the other and all are
    /// there. Good until a series begins or ends.
    #[must_use]
    pub fn span(&self, slots: &[Slot<u64>]) -> Option<Span> {
        let first = slots.first()?.index;
        let whole = slots.iter().zip(first..).all(|(slot, index)| {
            slot.index == index && self.generations.get(index as usize) == Some(&slot.generation)
        });
        whole.then_some(Span { first: first as usize, len: slots.len(), epoch: self.epoch })
    }

    /// Marks all series of a span as set in this tick and gives their values to write: one look
    /// for all of them, where [`Batch::set`] looks at each. `None` if the span is no longer good.
    #[inline]
    pub fn write(&mut self, span: Span) -> Option<Spanned<'_>> {
        let Span { first, len, epoch } = span;
        if epoch != self.epoch {
            return None;
        }
        let values = self.values.get_mut(first..first + len)?;
        let (mut at, end) = (first, first + len);
        while at < end {
            let word = self.present.get_mut(at / 64)?;
            let upto = end.min((at / 64 + 1) * 64);
            // So many ones, from this bit of the word on.
            *word |= (u64::MAX >> (64 - (upto - at))) << (at % 64);
            at = upto;
        }
        Some(Spanned { values, present: &mut self.present, first })
    }

    /// Notes that a value which could be there is not, and why.
    #[inline]
    pub fn absent(&mut self, reason: Absence) {
        self.absent[reason as usize] += 1;
    }

    /// Asks for `discover` to be called before the next tick: a device came or went.
    #[inline]
    pub fn rediscover(&mut self) {
        self.rediscover = true;
    }

    /// Says which device the calls that follow go to, so that a call that never returns can be
    /// told from the others and its device left out when the receiver is opened again.
    #[inline]
    pub fn entering(&self, device: Device) {
        self.probe.entering(device);
    }

    /// When the tick's readings were taken, in nanoseconds since 1970 (UTC).
    #[inline]
    #[must_use]
    pub const fn time_unix_nanos(&self) -> u64 {
        self.time_unix_nanos
    }

    /// The bits of a series' value, if it was set in this tick.
    #[inline]
    #[must_use]
    pub fn get(&self, index: u32) -> Option<u64> {
        let index = index as usize;
        let word = self.present.get(index / 64)?;
        (word & (1 << (index % 64)) != 0).then(|| self.values[index])
    }

    /// The presence bits: bit `i % 64` of word `i / 64` belongs to series `i`.
    #[inline]
    #[must_use]
    pub fn present(&self) -> &[u64] {
        &self.present
    }

    /// The bits of every series' value; meaningful where the presence bit is set.
    #[inline]
    #[must_use]
    pub fn values(&self) -> &[u64] {
        &self.values
    }

    /// How many series were set in this tick.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.present.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.present.iter().all(|word| *word == 0)
    }

    /// Overwrites the value of a series that is present: for processors.
    #[inline]
    pub fn replace(&mut self, index: u32, bits: u64) {
        if self.get(index).is_some() {
            self.values[index as usize] = bits;
        }
    }

    /// Takes a series out of this tick: for processors.
    #[inline]
    pub fn remove(&mut self, index: u32) {
        let index = index as usize;
        if let Some(word) = self.present.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    #[inline]
    pub(crate) fn begin(&mut self, time_unix_nanos: u64) {
        self.time_unix_nanos = time_unix_nanos;
        self.present.fill(0);
        self.absent = [0; Absence::ALL.len()];
    }

    pub(crate) const fn absences(&self) -> &[u64; Absence::ALL.len()] {
        &self.absent
    }

    pub(crate) const fn take_rediscover(&mut self) -> bool {
        std::mem::replace(&mut self.rediscover, false)
    }

    /// Makes room for the series `index` and starts a generation of it.
    pub(crate) fn open_slot(&mut self, index: u32) -> u32 {
        let index = index as usize;
        if index >= self.values.len() {
            self.values.resize(index + 1, 0);
            self.generations.resize(index + 1, 0);
            self.present.resize(index / 64 + 1, 0);
        }
        self.generations[index] = self.generations[index].wrapping_add(1);
        self.epoch += 1;
        self.generations[index]
    }

    /// Ends the generation of the series `index`.
    pub(crate) fn close_slot(&mut self, index: u32) {
        self.remove(index);
        self.epoch += 1;
        if let Some(generation) = self.generations.get_mut(index as usize) {
            *generation = generation.wrapping_add(1);
        }
    }

    /// Takes over another batch without allocating once the sizes agree.
    #[inline]
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.time_unix_nanos = other.time_unix_nanos;
        self.values.clone_from(&other.values);
        self.present.clone_from(&other.present);
    }
}
