// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, reason = "a test may end here")]
use std::io::{PipeReader, Read, pipe};
use std::time::Duration;

use tracecore_runtime::page::{Page, PageEncoder};
use tracecore_runtime::testing::{Encoding, lane, open};
use tracecore_runtime::{Page as _, Slot, stop_tasks};
use tracecore_schema::{Attribute, Descriptor, Instrument, NumberKind};

use super::cells::Cells;
use super::layout::{Points, lines};
use super::screen::{Screen, redraw};
use super::{Table, TableKind};
use crate::exporters::stdout::Config;
use crate::exporters::stdout::writer::Writer;

type Lane = Encoding<PageEncoder<Cells>>;

fn add(
    lane: &mut Lane,
    name: &'static str,
    unit: &'static str,
    attributes: &[(&'static str, &str)],
) -> Slot<f64> {
    let instrument = match name {
        "system.network.io" | "hw.energy" => Instrument::Counter,
        _ => Instrument::Gauge,
    };
    let descriptor = Descriptor {
        name,
        unit,
        description: "",
        instrument,
        number: NumberKind::F64,
        attributes: &[],
        spellings: &[],
    };
    let attributes = attributes.iter().map(|(key, value)| Attribute::new(*key, *value)).collect();
    lane.admit(Box::leak(Box::new(descriptor)), attributes).unwrap()
}

/// Two GPUs and a machine, at 12:34:56.
fn filled() -> Points {
    let page = Page::new(Cells);
    let mut lane = Encoding::new(page.encoder(&lane("all")));
    let mut values = Vec::new();
    for (gpu, id) in [("gpu 10", "GPU-a"), ("gpu 2", "GPU-b")] {
        let of = [("hw.id", id), ("hw.name", gpu), ("hw.model", "NVIDIA H100 80GB HBM3")];
        let mut gpu = |name, unit, own: &[(&'static str, &'static str)], value: f64| {
            values.push((add(&mut lane, name, unit, &[&of, own].concat()), value));
        };
        gpu("hw.temperature", "Cel", &[("hw.sensor_location", "memory")], 71.0);
        gpu("hw.temperature", "Cel", &[("hw.sensor_location", "gpu")], 64.0);
        gpu("hw.power", "W", &[("hw.type", "gpu")], 512.3);
        gpu("hw.gpu.memory.usage", "By", &[], 65_712_226_304.0);
        gpu("hw.gpu.memory.limit", "By", &[], 85_520_809_984.0);
        if id == "GPU-b" {
            gpu("hw.gpu.utilization", "1", &[("hw.gpu.task", "general")], 0.87);
        }
        gpu("tracecore.gpu.info", "1", &[("tracecore.gpu.index", "2")], 1.0);
    }
    for (name, unit, own, value) in [
        ("system.memory.usage", "By", &[("system.memory.state", "used")][..], 8e9),
        ("system.memory.usage", "By", &[("system.memory.state", "free")], 4e9),
        ("system.uptime", "s", &[], 273_600.0),
        (
            "system.network.io",
            "By",
            &[("network.interface.name", "eth0"), ("network.io.direction", "receive")],
            5e6,
        ),
        (
            "system.network.io",
            "By",
            &[("network.interface.name", "eth0"), ("network.io.direction", "transmit")],
            4e3,
        ),
        (
            "system.network.io",
            "By",
            &[("network.interface.name", "lo"), ("network.io.direction", "receive")],
            12.0,
        ),
    ] {
        values.push((add(&mut lane, name, unit, own), value));
    }
    lane.tick(45_296_000_000_000, |batch| values.iter().for_each(|(slot, value)| batch.set(*slot, *value)));
    let mut points = Points::default();
    page.reader().read(&mut points);
    points
}

#[test]
fn a_wide_terminal_shows_each_device_on_one_line() {
    assert_eq!(
        lines(&filled(), "node-1", 110).join("\n"),
        "\
tracecore  12:34:56 UTC  node-1  2 devices  17 series

                       utilization    memory    memory            temperature  temperature
NVIDIA H100 80GB HBM3      general     usage     limit     power          gpu       memory
gpu 2                       87.0 %  61.2 GiB  79.6 GiB     512 W        64 °C        71 °C
gpu 10                           -  61.2 GiB  79.6 GiB     512 W        64 °C        71 °C

system.memory.usage  free 3.7 GiB  used 7.5 GiB
system.uptime        3 d 04 h

                 io        io
interface   receive  transmit
eth0        4.8 MiB   3.9 KiB
lo             12 B         -"
    );
}

#[test]
fn a_narrow_terminal_shows_first_what_matters_most() {
    let narrow = lines(&filled(), "", 60);
    assert!(narrow.iter().all(|line| line.chars().count() <= 60), "{narrow:#?}");
    let at = |text: &str| narrow.iter().position(|line| line.contains(text));
    let [utilization, machine, interfaces, rest] =
        [at("utilization"), at("system.uptime"), at("interface"), at("temperature")].map(Option::unwrap);
    assert!(utilization < machine && machine < interfaces && interfaces < rest, "{narrow:#?}");
    let gpus = narrow.iter().filter(|line| line.starts_with("gpu 2")).count();
    assert_eq!(gpus, 2, "each part has the names of its rows: {narrow:#?}");
}

#[test]
fn values_that_do_not_fit_go_on_in_the_next_line() {
    let page = Page::new(Cells);
    let mut lane = Encoding::new(page.encoder(&lane("all")));
    let slots: Vec<_> = ["idle", "iowait", "system", "user"]
        .iter()
        .map(|mode| add(&mut lane, "system.cpu.utilization", "1", &[("cpu.mode", mode)]))
        .collect();
    lane.tick(1, |batch| slots.iter().for_each(|slot| batch.set(*slot, 0.25)));
    let mut points = Points::default();
    page.reader().read(&mut points);
    assert_eq!(
        lines(&points, "", 60)[2..],
        [
            "system.cpu.utilization  idle 25.0 %  iowait 25.0 %",
            "                        system 25.0 %  user 25.0 %"
        ]
    );
}

#[test]
fn an_empty_page_says_what_it_waits_for() {
    assert_eq!(
        lines(&Points::default(), "n", 80),
        ["tracecore  waiting for the first readings  n  0 series"]
    );
}

#[test]
fn a_redraw_overwrites_and_cuts() {
    let table = ["one", "two two", "three", "four"].map(str::to_owned).to_vec();
    assert_eq!(
        redraw(table.clone(), 5, 10, false),
        "\x1b[?2026h\x1b[Hone\x1b[K\r\ntwo …\x1b[K\r\nthree\x1b[K\r\nfour\x1b[K\r\n\x1b[J\x1b[?2026l"
    );
    let cut = redraw(table, 80, 3, true);
    assert!(cut.starts_with("\x1b[?2026h\n\n\n\x1b[H"), "what was there moves up");
    assert!(
        cut.contains("one\x1b[K\r\n… 3 more lines; a larger terminal shows them\x1b[K\r\n\x1b[J"),
        "{cut:?}"
    );
}

/// A table that goes to a pipe, of a page with one value.
fn piped() -> (Table, PipeReader, Lane) {
    let page = Page::new(Cells);
    let mut lane = Encoding::new(page.encoder(&lane("all")));
    let uptime = add(&mut lane, "system.uptime", "s", &[]);
    lane.tick(1, |batch| batch.set(uptime, 1.5));
    let (reader, sink) = pipe().unwrap();
    let writer = Writer::new(sink).unwrap();
    let config = Config { interval: Duration::from_millis(100), ..Config::default() };
    let table =
        open("stdoutexporter", |cx| Table::new(&config, page.reader(), writer, Screen::new(false), cx));
    (table, reader, lane)
}

#[tokio::test(flavor = "current_thread")]
async fn one_table_follows_the_other_until_it_is_told_to_stop() {
    let (table, mut reader, _lane) = piped();
    let (stop, stopping) = stop_tasks();
    let read = std::thread::spawn(move || {
        let once = "tracecore  00:00:00 UTC  1 series\n\nsystem.uptime  1.5 s\n\n";
        let mut text = vec![0; once.len() * 2];
        reader.read_exact(&mut text).unwrap();
        stop.set();
        assert_eq!(String::from_utf8(text).unwrap(), once.repeat(2));
    });
    table.serve(stopping).await.unwrap();
    read.join().unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_reader_that_goes_away_ends_the_table() {
    let (table, reader, _lane) = piped();
    let (_stop, stopping) = stop_tasks();
    drop(reader);
    let fault = table.serve(stopping).await.unwrap_err();
    assert!(fault.kind() == TableKind::Io && fault.is_closed(), "{fault}");
}
