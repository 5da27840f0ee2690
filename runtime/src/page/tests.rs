// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracecore_schema::{Attribute, Descriptor, Instrument, NumberKind};

use super::{Clock, Page, PageEncoder, PageFormat, PageReader, Placed, Point, Visitor};
use crate::signal::{Batch, Encode, Refused, Series, Slot};
use crate::{LaneInfo, Probe, Resource};

const INTERVAL: Duration = Duration::from_secs(1);

static LOAD: Descriptor = descriptor("load", "1");
static LOAD_IN_BYTES: Descriptor = descriptor("load", "By");
static HEAT: Descriptor = descriptor("heat", "Cel");
static LOAD_TOTAL: Descriptor = descriptor("load_total", "1");
static BOTH: Descriptor = descriptor("both", "1");
static UNFIT: Descriptor = descriptor("unfit", "1");

const fn descriptor(name: &'static str, unit: &'static str) -> Descriptor {
    Descriptor {
        name,
        unit,
        description: "",
        instrument: Instrument::Gauge,
        number: NumberKind::U64,
        attributes: &["at"],
        spellings: &[],
    }
}

/// Shows the metric's name and the values of its attributes; `both` also under a second name.
#[derive(Clone)]
struct Plain;

impl PageFormat for Plain {
    type Family = &'static str;
    type Item = String;

    fn place(&self, series: &Series) -> Result<Vec<Placed<Self>>, Refused> {
        let name = series.descriptor.name;
        if name == "unfit" {
            return Err(Refused("`unfit` has no place here".to_owned()));
        }
        let identity: Vec<_> = series.attributes.iter().map(|one| one.value.to_string()).collect();
        let placed = |family_name: &str| Placed {
            family_name: family_name.to_owned(),
            also_named: if name == "load" { vec!["load_total".to_owned()] } else { Vec::new() },
            signature: format!("a gauge in `{}`", series.descriptor.unit),
            family: series.descriptor.unit,
            identity: identity.join(","),
            item: identity.join(","),
        };
        Ok(if name == "both" { vec![placed("heat"), placed("zeal")] } else { vec![placed(name)] })
    }
}

#[derive(Default)]
struct Seen(Vec<String>);

impl Visitor<Plain> for Seen {
    fn family(&mut self, name: &str, unit: &&'static str) {
        self.0.push(format!("{name} in {unit}"));
    }

    fn point(&mut self, item: &String, point: Point) {
        self.0.push(format!("{item}={}", point.value::<u64>()));
    }
}

fn read(reader: &mut PageReader<Plain>) -> Vec<String> {
    let mut seen = Seen::default();
    let points = reader.read(&mut seen);
    assert_eq!(points, seen.0.iter().filter(|line| line.contains('=')).count());
    seen.0
}

fn lane(receiver: &str, pipeline: &str) -> LaneInfo {
    LaneInfo {
        receiver: receiver.into(),
        pipeline: pipeline.into(),
        interval: INTERVAL,
        resource: Arc::new(Resource::default()),
    }
}

fn series(descriptor: &'static Descriptor, at: &str) -> Series {
    Series {
        descriptor,
        attributes: vec![Attribute::new("at", at)],
        resource: Arc::new(Resource::default()),
        receiver: "r".into(),
        start_unix_nanos: 0,
        labels: Arc::default(),
    }
}

/// A lane's branch: an encoder with its batch.
struct Branch {
    encoder: PageEncoder<Plain>,
    batch: Batch,
}

impl Branch {
    fn new(page: &Page<Plain>, receiver: &str) -> Self {
        Self { encoder: page.encoder(&lane(receiver, "metrics/a")), batch: Batch::empty(Probe::new()) }
    }

    fn admit(&mut self, index: u32, descriptor: &'static Descriptor, at: &str) -> Slot<u64> {
        self.encoder.admit(index, &series(descriptor, at)).unwrap();
        Slot::new(index, self.batch.open_slot(index))
    }

    fn retire(&mut self, slot: Slot<u64>) {
        self.batch.close_slot(slot.index());
        self.encoder.retire(slot.index());
    }

    fn tick(&mut self, values: &[(Slot<u64>, u64)]) {
        self.batch.begin(1);
        for (slot, value) in values {
            self.batch.set(*slot, *value);
        }
        assert_eq!(self.encoder.encode(&self.batch), 0);
    }
}

fn page() -> (Page<Plain>, Clock, PageReader<Plain>) {
    let clock = Clock::manual();
    let page = Page::with_clock(Plain, clock.clone());
    let reader = page.reader();
    (page, clock, reader)
}

#[test]
fn families_are_merged_across_lanes_in_the_order_of_names_and_identities() {
    let (page, _, mut reader) = page();
    let (mut a, mut b) = (Branch::new(&page, "a"), Branch::new(&page, "b"));
    let (a_load, a_heat) = (a.admit(0, &LOAD, "2"), a.admit(1, &HEAT, "x"));
    let (b_load, b_more) = (b.admit(0, &LOAD, "1"), b.admit(70, &LOAD, "3"));
    assert!(read(&mut reader).is_empty(), "nobody has ticked");
    a.tick(&[(a_load, 20), (a_heat, 50)]);
    b.tick(&[(b_load, 10), (b_more, 30)]);
    assert_eq!(read(&mut reader), ["heat in Cel", "x=50", "load in 1", "1=10", "2=20", "3=30"]);
    drop(b);
    assert_eq!(read(&mut reader), ["heat in Cel", "x=50", "load in 1", "2=20"]);
}

#[test]
fn what_is_absent_is_not_shown_and_neither_is_a_family_without_points() {
    let (page, _, mut reader) = page();
    let mut a = Branch::new(&page, "a");
    let (load, heat) = (a.admit(0, &LOAD, "1"), a.admit(1, &HEAT, "x"));
    a.tick(&[(load, 1), (heat, 2)]);
    a.tick(&[(heat, 3)]);
    assert_eq!(read(&mut reader), ["heat in Cel", "x=3"]);
    a.tick(&[]);
    assert!(read(&mut reader).is_empty());
}

#[test]
fn a_lane_that_stopped_ticking_disappears_after_three_intervals() {
    let (page, clock, mut reader) = page();
    let mut a = Branch::new(&page, "a");
    let load = a.admit(0, &LOAD, "1");
    a.tick(&[(load, 1)]);
    clock.advance(INTERVAL * 3);
    assert_eq!(read(&mut reader).len(), 2, "three intervals old, and no older");
    clock.advance(Duration::from_nanos(1));
    assert!(read(&mut reader).is_empty());
    a.tick(&[(load, 2)]);
    assert_eq!(read(&mut reader), ["load in 1", "1=2"]);
}

#[test]
fn a_retired_series_is_gone_at_once_and_its_index_starts_afresh() {
    let (page, _, mut reader) = page();
    let mut a = Branch::new(&page, "a");
    let (load, heat) = (a.admit(0, &LOAD, "1"), a.admit(1, &HEAT, "x"));
    a.tick(&[(load, 1), (heat, 2)]);
    a.retire(load);
    assert_eq!(read(&mut reader), ["heat in Cel", "x=2"]);
    let again = a.admit(0, &LOAD, "other");
    assert_eq!(read(&mut reader), ["heat in Cel", "x=2"], "the last tick has nothing of the new series");
    a.tick(&[(load, 7), (heat, 3)]);
    assert_eq!(read(&mut reader), ["heat in Cel", "x=3"], "the old slot writes nowhere");
    a.tick(&[(again, 8)]);
    assert_eq!(read(&mut reader), ["load in 1", "other=8"]);
}

#[test]
fn an_identity_of_another_lane_is_refused_and_both_are_named() {
    let (page, _, _) = page();
    let (mut a, b) = (Branch::new(&page, "nvml"), Branch::new(&page, "nvml/b"));
    a.admit(0, &LOAD, "1");
    let mut b = b.encoder;
    assert_eq!(
        b.admit(0, &series(&LOAD, "1")).unwrap_err().0,
        "series `load{1}` of receiver `nvml/b` is there already, from receiver `nvml`"
    );
    assert_eq!(
        a.encoder.admit(1, &series(&LOAD, "1")).unwrap_err().0,
        "series `load{1}` of receiver `nvml` is there already: two of its series differ in nothing that is \
         shown"
    );
    let mut twice = page.encoder(&lane("nvml", "metrics/b"));
    assert_eq!(
        twice.admit(0, &series(&LOAD, "1")).unwrap_err().0,
        "series `load{1}` of receiver `nvml` in pipeline `metrics/b` is there already, from receiver `nvml` \
         in pipeline `metrics/a`"
    );
    drop(a);
    assert_eq!(b.admit(0, &series(&LOAD, "1")), Ok(()), "the lane that had it has ended");
}

#[test]
fn families_that_disagree_or_share_a_spelling_are_refused() {
    let (page, _, _) = page();
    let (mut a, mut b) = (Branch::new(&page, "a"), Branch::new(&page, "b").encoder);
    let load = a.admit(0, &LOAD, "1");
    assert_eq!(
        b.admit(0, &series(&LOAD_IN_BYTES, "2")).unwrap_err().0,
        "metric `load` is a gauge in `By` from receiver `b` and a gauge in `1` from receiver `a`"
    );
    assert_eq!(
        b.admit(0, &series(&LOAD_TOTAL, "2")).unwrap_err().0,
        "metric `load_total` of receiver `b` would be shown as `load_total`, as `load` of receiver `a` is"
    );
    assert_eq!(b.admit(0, &series(&UNFIT, "2")).unwrap_err().0, "`unfit` has no place here");
    a.retire(load);
    assert_eq!(b.admit(0, &series(&LOAD_TOTAL, "2")), Ok(()), "a family goes with its last series");
}

#[test]
fn a_series_is_at_all_of_its_places_or_at_none() {
    let (page, _, mut reader) = page();
    let (mut a, mut b) = (Branch::new(&page, "a"), Branch::new(&page, "b"));
    let both = a.admit(0, &BOTH, "1");
    a.tick(&[(both, 5)]);
    assert_eq!(read(&mut reader), ["heat in 1", "1=5", "zeal in 1", "1=5"]);
    a.retire(both);
    assert!(read(&mut reader).is_empty());

    let zeal: &'static Descriptor = Box::leak(Box::new(descriptor("zeal", "1")));
    b.admit(0, zeal, "1");
    assert!(a.encoder.admit(0, &series(&BOTH, "1")).is_err(), "its second place is taken");
    let heat: &'static Descriptor = Box::leak(Box::new(descriptor("heat", "1")));
    assert_eq!(b.encoder.admit(1, &series(heat, "1")), Ok(()), "so it does not hold the first");
}

#[test]
fn an_abandoned_lane_is_invisible_and_its_successor_may_have_its_series() {
    let (page, _, mut reader) = page();
    let mut stuck = Branch::new(&page, "a");
    let load = stuck.admit(0, &LOAD, "1");
    stuck.tick(&[(load, 1)]);
    let handle = stuck.encoder.handle();
    handle.abandon();
    assert!(read(&mut reader).is_empty());

    let mut next = Branch::new(&page, "a");
    let load_again = next.admit(0, &LOAD, "1");
    next.tick(&[(load_again, 2)]);
    // The call that hung returns after all: nothing it does shows.
    let late = stuck.admit(1, &HEAT, "late");
    stuck.tick(&[(load, 99), (late, 99)]);
    stuck.retire(load);
    drop(stuck);
    handle.abandon();
    assert_eq!(read(&mut reader), ["load in 1", "1=2"]);
}

#[test]
fn a_reader_never_sees_two_ticks_at_once() {
    let page = Page::new(Plain);
    let mut lane = Branch::new(&page, "a");
    let slots: Vec<_> = (0..200).map(|index| lane.admit(index, &LOAD, &format!("{index:03}"))).collect();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (mut reader, done) = (page.reader(), Arc::clone(&done));
            std::thread::spawn(move || {
                let mut reads = 0_u64;
                while !done.load(Ordering::Relaxed) || reads == 0 {
                    let mut same = Same::default();
                    let points = reader.read(&mut same);
                    assert!(points == 0 || points == 200, "{points} points");
                    assert!(!same.torn, "points of two ticks in one read");
                    reads += u64::from(points > 0);
                }
                reads
            })
        })
        .collect();
    for tick in 1..=20_000 {
        lane.batch.begin(tick);
        for slot in &slots {
            lane.batch.set(*slot, tick);
        }
        lane.encoder.encode(&lane.batch);
        // Most reads shall fall between two ticks, some across one.
        (0..tick % 512).for_each(|_| std::hint::spin_loop());
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap() > 0);
    }
}

/// Whether all points of a read, and their time, are the same number.
#[derive(Default)]
struct Same {
    first: Option<u64>,
    torn: bool,
}

impl Visitor<Plain> for Same {
    fn family(&mut self, _: &str, _: &&'static str) {}

    fn point(&mut self, _: &String, point: Point) {
        let first = *self.first.get_or_insert(point.bits);
        self.torn |= point.bits != first || point.time_unix_nanos != first;
    }
}
