// SPDX-License-Identifier: Apache-2.0
//! Which series of which segment is where on the page.
//!
//! Invariant: every member's segment is in `segments`. A member is added and removed together
//! with its family's names, under the page's lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::segment::{Chunk, Segment};
use super::{PageFormat, Placed};
use crate::signal::Refused;

/// Where a placed series is, to find it again when it ends.
pub(super) type Place = (Arc<str>, Arc<str>);

pub(super) struct Index<F: PageFormat> {
    pub(super) segments: Vec<Option<Slot>>,
    pub(super) families: BTreeMap<Arc<str>, Family<F>>,
    /// Every name that the page shows, with the family it belongs to.
    names: BTreeMap<Arc<str>, Arc<str>>,
}

pub(super) struct Slot {
    pub(super) segment: Arc<Segment>,
    pub(super) chunks: Vec<Arc<Chunk>>,
}

pub(super) struct Family<F: PageFormat> {
    pub(super) family: F::Family,
    signature: String,
    also_named: Vec<Arc<str>>,
    pub(super) members: BTreeMap<Arc<str>, Member<F>>,
}

pub(super) struct Member<F: PageFormat> {
    pub(super) series: SeriesAt,
    pub(super) item: F::Item,
}

/// Where a series' numbers are.
#[derive(Clone, Copy)]
pub(super) struct SeriesAt {
    pub(super) segment: usize,
    pub(super) index: u32,
    /// What its segment had published when it was admitted: the numbers of that tick and of
    /// those before are another series', whose index it got.
    pub(super) since: u64,
}

impl<F: PageFormat> Default for Index<F> {
    fn default() -> Self {
        Self { segments: Vec::new(), families: BTreeMap::new(), names: BTreeMap::new() }
    }
}

impl<F: PageFormat> Index<F> {
    /// The place of a segment among `segments`.
    pub(super) fn open(&mut self, segment: Arc<Segment>) -> usize {
        let slot = Some(Slot { segment, chunks: Vec::new() });
        if let Some(at) = self.segments.iter().position(Option::is_none) {
            self.segments[at] = slot;
            at
        } else {
            self.segments.push(slot);
            self.segments.len() - 1
        }
    }

    /// Takes a segment and everything of it off the page. Does nothing the second time.
    pub(super) fn close(&mut self, at: usize, segment: &Segment) {
        if segment.gone.swap(true, Ordering::Relaxed) {
            return;
        }
        self.segments[at] = None;
        let emptied: Vec<_> = self
            .families
            .iter_mut()
            .filter_map(|(name, family)| {
                family.members.retain(|_, member| member.series.segment != at);
                family.members.is_empty().then(|| Arc::clone(name))
            })
            .collect();
        for name in emptied {
            self.remove_family(&name);
        }
    }

    /// Puts a series on the page, at all of its places or at none.
    pub(super) fn insert(&mut self, series: SeriesAt, placed: Vec<Placed<F>>) -> Result<Vec<Place>, Refused> {
        let mut places = Vec::with_capacity(placed.len());
        for one in placed {
            match self.insert_one(series, one) {
                Ok(place) => places.push(place),
                Err(refused) => {
                    self.remove(&places);
                    return Err(refused);
                }
            }
        }
        Ok(places)
    }

    /// Takes a series off the page.
    pub(super) fn remove(&mut self, places: &[Place]) {
        for (name, identity) in places {
            let Some(family) = self.families.get_mut(name) else { continue };
            family.members.remove(identity);
            if family.members.is_empty() {
                self.remove_family(name);
            }
        }
    }

    fn insert_one(&mut self, series: SeriesAt, placed: Placed<F>) -> Result<Place, Refused> {
        self.check(series.segment, &placed)?;
        let Placed { family_name, also_named, signature, family, identity, item } = placed;
        let identity: Arc<str> = identity.into();
        let name = match self.families.get_key_value(family_name.as_str()) {
            Some((name, _)) => Arc::clone(name),
            None => family_name.into(),
        };
        let Self { families, names, .. } = self;
        let family = families.entry(Arc::clone(&name)).or_insert_with(|| {
            let also_named: Vec<Arc<str>> = also_named.into_iter().map(Arc::from).collect();
            for spelling in std::iter::once(&name).chain(&also_named) {
                names.insert(Arc::clone(spelling), Arc::clone(&name));
            }
            Family { family, signature, also_named, members: BTreeMap::new() }
        });
        family.members.insert(Arc::clone(&identity), Member { series, item });
        Ok((name, identity))
    }

    /// Whether what is on the page leaves room for the series.
    fn check(&self, at: usize, placed: &Placed<F>) -> Result<(), Refused> {
        let name = placed.family_name.as_str();
        let holder = |family: &Family<F>| family.members.values().next().map_or(at, |one| one.series.segment);
        if let Some(known) = self.families.get(name) {
            if known.signature != placed.signature {
                let other = holder(known);
                return Err(Refused(format!(
                    "metric `{name}` is {} from {} and {} from {}",
                    placed.signature,
                    self.describe(at, other),
                    known.signature,
                    self.describe(other, at),
                )));
            }
            return match known.members.get(placed.identity.as_str()) {
                Some(member) => Err(self.duplicate(name, &placed.identity, at, member.series.segment)),
                None => Ok(()),
            };
        }
        for spelling in std::iter::once(name).chain(placed.also_named.iter().map(String::as_str)) {
            if let Some(owner) = self.names.get(spelling) {
                let other = self.families.get(owner).map_or(at, holder);
                return Err(Refused(format!(
                    "metric `{name}` of {} would be shown as `{spelling}`, as `{owner}` of {} is",
                    self.describe(at, other),
                    self.describe(other, at),
                )));
            }
        }
        Ok(())
    }

    #[cold]
    fn duplicate(&self, family: &str, identity: &str, at: usize, other: usize) -> Refused {
        let series = if identity.is_empty() { family.to_owned() } else { format!("{family}{{{identity}}}") };
        Refused(if at == other {
            format!(
                "series `{series}` of {} is there already: two of its series differ in nothing that is shown",
                self.describe(at, at)
            )
        } else {
            format!(
                "series `{series}` of {} is there already, from {}",
                self.describe(at, other),
                self.describe(other, at)
            )
        })
    }

    fn remove_family(&mut self, name: &str) {
        if let Some(family) = self.families.remove(name) {
            self.names.remove(name);
            for spelling in family.also_named {
                self.names.remove(&spelling);
            }
        }
    }

    /// The receiver of a segment, with its pipeline where `beside` has the same receiver.
    fn describe(&self, at: usize, beside: usize) -> String {
        let segment = |at: usize| self.segments.get(at).and_then(Option::as_ref).map(|slot| &slot.segment);
        match (segment(at), segment(beside)) {
            (Some(this), Some(other)) if at != beside && this.receiver == other.receiver => {
                format!("receiver `{}` in pipeline `{}`", this.receiver, this.pipeline)
            }
            (Some(this), _) => format!("receiver `{}`", this.receiver),
            (None, _) => "a receiver that has ended".to_owned(),
        }
    }
}
