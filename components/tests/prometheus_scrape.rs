// SPDX-License-Identifier: Apache-2.0
//! What a scrape allocates: the same for ten series as for a thousand.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, unsafe_code, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracecore_components::exporters::prometheus::{Config, Exposition, Prometheus};
use tracecore_runtime::page::Page as Shown;
use tracecore_runtime::testing::{Encoding, lane, open};
use tracecore_runtime::{Page, Slot, stop_tasks};
use tracecore_schema::{Attribute, Descriptor, Instrument, Listen, NumberKind};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

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
};

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
    let page = Shown::new(Exposition);
    let mut lane = Encoding::new(page.encoder(&lane("nvml")));
    let id = |n: u32| vec![Attribute::new("hw.id", format!("GPU-{n}"))];
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
    for headers in ["", "Accept-Encoding: gzip\r\n"] {
        let (few, many) = (allocations(100, headers), allocations(2_000, headers));
        assert!(many <= few + 1, "{few} allocations for 100 series, {many} for 2000 ({headers:?})");
        assert!(few < 100, "{few} allocations a scrape ({headers:?})");
    }
}
