// SPDX-License-Identifier: Apache-2.0
//! What exporters allocate: nothing in a tick, and in a scrape as much for two thousand series as
//! for a hundred.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, unsafe_code, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracecore_components::exporters::prometheus::{Config, Exposition, Prometheus};
use tracecore_components::exporters::stdout::{self, Cells, Json};
use tracecore_runtime::page::Page as Shown;
use tracecore_runtime::queue::queue;
use tracecore_runtime::signal::{Encode, Metrics};
use tracecore_runtime::testing::{Encoding, lane, open};
use tracecore_runtime::{Encodes, Page, Slot, stop_tasks};
use tracecore_schema::{Attribute, Descriptor, Instrument, Listen, NumberKind};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// One count at a time.
static ALONE: Mutex<()> = Mutex::new(());

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.get() {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if COUNTED.get() {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static POWER: Descriptor = Descriptor {
    name: "hw.power",
    unit: "W",
    description: "Power drawn.",
    instrument: Instrument::Gauge,
    number: NumberKind::F64,
    attributes: &["hw.id"],
    spellings: &[],
};

fn id(n: u32) -> Vec<Attribute> {
    vec![Attribute::new("hw.id", format!("GPU-{n}"))]
}

/// The allocations of 100 ticks of 500 series, `after` called after each.
fn ticks<E: Encode<Metrics>>(encoder: E, mut after: impl FnMut()) -> u64 {
    let mut lane = Encoding::new(encoder);
    let slots: Vec<Slot<f64>> = (0..500).map(|n| lane.admit(&POWER, id(n)).unwrap()).collect();
    let mut tick = |time: u64| {
        lane.tick(time, |batch| slots.iter().for_each(|slot| batch.set(*slot, 0.1 * time as f64)));
        after();
    };
    (1..10).for_each(&mut tick);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    COUNTED.set(true);
    (10..110).for_each(&mut tick);
    COUNTED.set(false);
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

#[test]
fn a_tick_allocates_nothing() {
    let _alone = ALONE.lock();
    assert_eq!(ticks(Shown::new(Exposition::default()).encoder(&lane("nvml")), || {}), 0, "prometheus");
    assert_eq!(ticks(Shown::new(Cells).encoder(&lane("nvml")), || {}), 0, "table");

    let (frames, mut receiver) = queue(1 << 20);
    let encoder = <Json as Encodes<Metrics>>::encoder(&stdout::Config::default(), frames, &lane("nvml"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let deliver = || {
        COUNTED.with(|counted| {
            let counting = counted.replace(false);
            let frame = runtime.block_on(receiver.next()).unwrap();
            assert_eq!(frame.items(), 500);
            receiver.recycle(frame);
            counted.set(counting);
        });
    };
    assert_eq!(ticks(encoder, deliver), 0, "json");
}

fn scrape(port: u16, headers: &str) -> usize {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer.len()
}

/// The allocations of a scrape of `series` series, after a few that fill the buffers.
fn allocations(series: u32, headers: &str) -> u64 {
    let page = Shown::new(Exposition::default());
    let mut lane = Encoding::new(page.encoder(&lane("nvml")));
    let slots: Vec<Slot<f64>> = (0..series).map(|n| lane.admit(&POWER, id(n)).unwrap()).collect();
    lane.tick(1, |batch| slots.iter().for_each(|slot| batch.set(*slot, 0.1)));

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = Listen::parse(&format!("127.0.0.1:{port}")).unwrap();
    let config = Config { listen, ..Config::default() };
    let exporter = open("prometheus", |cx| Prometheus::open(config, page.reader(), cx)).unwrap();
    let (stop, stopping) = stop_tasks();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        COUNTED.set(true);
        runtime.block_on(exporter.serve(stopping)).unwrap();
        COUNTED.set(false);
    });
    let bytes = (0..4).map(|_| scrape(port, headers)).max().unwrap();
    assert!(headers.contains("gzip") || bytes > series as usize * 20, "{bytes} bytes for {series} series");
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..8 {
        lane.tick(2, |batch| slots.iter().for_each(|slot| batch.set(*slot, 0.7)));
        scrape(port, headers);
    }
    let counted = ALLOCATIONS.load(Ordering::Relaxed) - before;
    stop.set();
    server.join().unwrap();
    counted / 8
}

#[test]
fn a_scrape_allocates_nothing_per_series() {
    let _alone = ALONE.lock();
    for headers in ["", "Accept-Encoding: gzip\r\n"] {
        let (few, many) = (allocations(100, headers), allocations(2_000, headers));
        assert!(many <= few + 1, "{few} allocations for 100 series, {many} for 2000 ({headers:?})");
        assert!(few < 100, "{few} allocations a scrape ({headers:?})");
    }
}
