// SPDX-License-Identifier: Apache-2.0
//! Following one of the driver's rings: what is new since the last look, once each.

use super::super::code::Code;
use super::super::driver::Device;
use super::kinds::Kind;
use super::samples::{Answer, Buffer, ask, sum};
use super::window::Summary;

/// After so many looks that found nothing new, it is checked that the ring's clock was not set
/// back: then nothing would ever be new.
const CHECK_AFTER: u32 = 8;

/// How far a ring was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// What is in the ring now may be from any time: it only says where to go on.
    Unknown,
    /// All samples up to this time were seen.
    After(u64),
}

/// One ring of one GPU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    place: Place,
    /// How many samples the ring holds: as many as the driver says, or has ever handed out. One
    /// that has only begun to sample says as many as it has so far.
    room: usize,
    /// Looks in a row that found nothing new.
    quiet: u32,
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// The new samples.
    pub(super) new: Summary,
    /// Samples were overwritten before they were seen, or the ring's clock was set back.
    pub(super) gap: bool,
}

impl Ring {
    /// A ring that holds so many samples.
    pub(super) const fn new(room: usize) -> Self {
        Self { place: Place::Unknown, room, quiet: 0 }
    }

    /// Looks for new samples; the buffer has room for the whole ring.
    #[inline]
    pub(super) fn look(&mut self, kind: &Kind, device: &Device, buffer: &mut Buffer) -> Result<Found, Code> {
        let after = match self.place {
            Place::Unknown => 0,
            Place::After(time) => time,
        };
        let (value_type, samples) = ask(device, kind.sampling, after, buffer)?;
        let full = samples.len() >= self.room;
        self.room = self.room.max(samples.len());
        let answer = sum(value_type, samples, after)?;
        let found = self.take(&answer, full);
        if found.new.count == 0 && self.quiet >= CHECK_AFTER {
            self.quiet = 0;
            let (value_type, samples) = ask(device, kind.sampling, 0, buffer)?;
            let answer = sum(value_type, samples, after)?;
            let gap = self.check(&answer);
            return Ok(Found { gap, ..found });
        }
        Ok(found)
    }

    /// Takes over an answer to the question what came after this place.
    #[inline]
    fn take(&mut self, answer: &Answer, full: bool) -> Found {
        const NOTHING: Found = Found { new: Summary::EMPTY, gap: false };
        match self.place {
            // A ring in which time goes back is used again once it holds one time only.
            Place::Unknown => {
                if answer.newest > 0 && !answer.backwards {
                    self.place = Place::After(answer.newest);
                }
                NOTHING
            }
            Place::After(_) if answer.backwards => self.lose(),
            Place::After(time) if answer.newest > 0 && answer.newest < time => self.lose(),
            Place::After(_) if answer.new.count == 0 => {
                self.quiet += 1;
                NOTHING
            }
            Place::After(time) => {
                self.place = Place::After(answer.newest);
                self.quiet = 0;
                Found { new: answer.new, gap: full && missed(time, answer) }
            }
        }
    }

    /// Whether the whole ring says that its clock was set back.
    fn check(&mut self, answer: &Answer) -> bool {
        match self.place {
            Place::After(time) if answer.backwards || (answer.newest > 0 && answer.newest < time) => {
                self.lose().gap
            }
            Place::After(_) | Place::Unknown => false,
        }
    }

    #[cold]
    const fn lose(&mut self) -> Found {
        *self = Self::new(self.room);
        Found { new: Summary::EMPTY, gap: true }
    }
}

/// Whether there is a hole between the last sample seen and the first of a full ring: twice as
/// long as samples are apart, since they do not come to the microsecond.
#[cold]
fn missed(seen: u64, answer: &Answer) -> bool {
    let Some(steps) = answer.new.count.checked_sub(1).filter(|steps| *steps > 0) else { return false };
    let apart = (answer.newest - answer.oldest) / u64::from(steps);
    answer.oldest.saturating_sub(seen) > 2 * apart
}

#[cfg(test)]
mod tests {
    use super::super::samples::Answer;
    use super::super::window::Summary;
    use super::{CHECK_AFTER, Place, Ring};

    fn answer(times: &[u64], after: u64) -> Answer {
        let mut new = Summary::EMPTY;
        let mut answer = Answer { new, oldest: 0, newest: 0, backwards: false };
        for &time in times {
            answer.backwards |= time < answer.newest;
            answer.newest = time;
            if time > after {
                if answer.oldest == 0 {
                    answer.oldest = time;
                }
                new.add(time as f64);
            }
        }
        Answer { new, ..answer }
    }

    #[test]
    fn what_was_there_before_the_first_look_does_not_count() {
        let mut ring = Ring::new(3);
        let found = ring.take(&answer(&[10, 20, 30], 0), true);
        assert_eq!((found.new.count, found.gap), (0, false));
        let found = ring.take(&answer(&[40, 50], 30), false);
        assert_eq!((found.new.count, found.new.max, found.gap), (2, 50.0, false));
        assert_eq!(ring.place, Place::After(50));
    }

    #[test]
    fn a_ring_that_was_overrun_is_a_gap() {
        let mut ring = Ring { place: Place::After(100), room: 3, quiet: 0 };
        assert!(!ring.take(&answer(&[110, 120, 130], 100), true).gap, "just in time");
        assert!(ring.take(&answer(&[200, 210, 220], 130), true).gap);
        assert!(!ring.take(&answer(&[400, 410, 420], 220), false).gap, "a pause of an idle GPU is none");
    }

    #[test]
    fn a_clock_that_is_set_back_is_a_gap_and_then_followed_again() {
        let mut ring = Ring { place: Place::After(1000), room: 3, quiet: 0 };
        // The driver hands out everything, whatever was asked for.
        let found = ring.take(&answer(&[980, 990, 1000, 500], 1000), false);
        assert!(found.gap);
        assert_eq!((found.new.count, ring.place), (0, Place::Unknown));
        let found = ring.take(&answer(&[990, 1000, 500, 510], 0), true);
        assert_eq!((found.new.count, found.gap, ring.place), (0, false, Place::Unknown), "two times in it");
        ring.take(&answer(&[510, 520, 530], 0), true);
        assert_eq!(ring.place, Place::After(530));
        assert_eq!(ring.take(&answer(&[540], 530), false).new.max, 540.0);
    }

    #[test]
    fn a_clock_that_is_set_back_is_found_though_nothing_is_ever_new() {
        let mut ring = Ring { place: Place::After(1000), room: 3, quiet: 0 };
        for _ in 0..CHECK_AFTER {
            assert!(!ring.take(&answer(&[], 1000), false).gap);
        }
        assert_eq!(ring.quiet, CHECK_AFTER);
        assert!(!ring.check(&answer(&[990, 1000], 1000)), "idle, and no more");
        assert!(ring.check(&answer(&[500, 510], 1000)));
        assert_eq!(ring.place, Place::Unknown);
    }

    #[test]
    fn an_old_sample_that_is_handed_out_again_counts_once() {
        let mut ring = Ring { place: Place::After(100), room: 3, quiet: 0 };
        assert_eq!(ring.take(&answer(&[100], 100), false).new.count, 0);
        assert_eq!(ring.place, Place::After(100));
        assert_eq!(ring.take(&answer(&[100, 110], 100), false).new.count, 1);
    }
}
