// SPDX-License-Identifier: Apache-2.0
//! PCIe, NVLink and the fabric.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::time::{Duration, Instant};

use common::Node;
use nvml_wrapper_sys::bindings::{
    NvmlLib, nvmlDevice_t, nvmlFieldValue_t, nvmlGpuFabricInfo_v2_t, nvmlGpuFabricInfo_v3_t, nvmlPciInfo_t,
    nvmlValue_t,
};
use tracecore_gpusim::{Counter, LinkError, Profile, Setup, SimError};

const NOT_SUPPORTED: u32 = SimError::NOT_SUPPORTED.code();
const ALL: u32 = u32::MAX;

fn field(library: &NvmlLib, gpu: nvmlDevice_t, id: u32, scope: u32) -> Result<u64, u32> {
    let mut value = nvmlFieldValue_t {
        fieldId: id,
        scopeId: scope,
        timestamp: 0,
        latencyUsec: 0,
        valueType: 0,
        nvmlReturn: 0,
        value: nvmlValue_t { ullVal: 0 },
    };
    assert_eq!(call!(library.nvmlDeviceGetFieldValues(gpu, 1, &mut value)), 0);
    // SAFETY: all eight bytes are written.
    if value.nvmlReturn == 0 { Ok(unsafe { value.value.ullVal }) } else { Err(value.nvmlReturn) }
}

fn links(library: &NvmlLib, gpu: nvmlDevice_t, id: u32) -> u64 {
    (0..18).map(|link| field(library, gpu, id, link).unwrap()).sum()
}

#[test]
fn links_carry_what_the_gpu_sends() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let sent = |second| {
        node.at(second);
        let total = field(&library, gpu, 138, ALL).unwrap();
        assert!(total.abs_diff(links(&library, gpu, 138)) <= 18, "rounded down by link");
        total
    };
    let totals: Vec<u64> = (20..400).step_by(20).map(sent).collect();
    assert!(totals.windows(2).all(|pair| pair[0] <= pair[1]));
    let kib_per_second = (totals[18] - totals[0]) / 360;
    assert!((1_000_000..18 * 26_562 * 1_000_000 / 1024).contains(&kib_per_second), "{kib_per_second}");
    assert!(field(&library, gpu, 140, ALL).unwrap() > totals[18], "headers come on top");
}

#[test]
fn a_link_that_goes_down_carries_nothing_more() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let mut up = 9;
    assert_eq!(call!(library.nvmlDeviceGetNvLinkState(gpu, 17, &mut up)), 0);
    assert_eq!((up, field(&library, gpu, 165, 17), field(&library, gpu, 164, 17)), (1, Ok(1), Ok(26_562)));
    node.control().set_link(0, 17, false).unwrap();
    assert_eq!(call!(library.nvmlDeviceGetNvLinkState(gpu, 17, &mut up)), 0);
    assert_eq!((up, field(&library, gpu, 165, 17), field(&library, gpu, 164, 17)), (0, Ok(0), Ok(0)));
    let before = (field(&library, gpu, 139, 17), field(&library, gpu, 139, 16));
    node.at(400);
    assert_eq!(field(&library, gpu, 139, 17), before.0);
    assert!(field(&library, gpu, 139, 16) > before.1);
    assert_eq!(call!(library.nvmlDeviceGetNvLinkState(gpu, 18, &mut up)), SimError::INVALID_ARGUMENT.code());
}

#[test]
fn errors_of_links_are_counted_by_link_and_kind() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().inject_link_errors(0, 3, LinkError::Replay, 7).unwrap();
    node.control().inject_link_errors(0, 4, LinkError::Replay, 1).unwrap();
    node.control().inject_link_errors(0, 3, LinkError::CrcFlit, 2).unwrap();
    let counter = |link, kind| {
        let mut count = 0;
        match call!(library.nvmlDeviceGetNvLinkErrorCounter(gpu, link, kind, &mut count)) {
            0 => Ok(count),
            code => Err(code),
        }
    };
    assert_eq!((counter(3, 0), counter(3, 1), counter(3, 2), counter(4, 0)), (Ok(7), Ok(0), Ok(2), Ok(1)));
    assert_eq!((field(&library, gpu, 161, 3), field(&library, gpu, 161, ALL)), (Ok(7), Ok(8)));
    assert_eq!(counter(3, 3), Err(NOT_SUPPORTED), "version 4 has one checksum");
}

#[test]
fn a_link_ends_at_a_switch_or_at_a_neighbour() {
    let remote = |node: &Node, index, link| {
        let library = node.symbols();
        let gpu = node.handle(&library, index);
        // SAFETY: numbers and characters, for which zeros are valid.
        let mut pci: nvmlPciInfo_t = unsafe { std::mem::zeroed() };
        assert_eq!(call!(library.nvmlDeviceGetNvLinkRemotePciInfo_v2(gpu, link, &mut pci)), 0);
        pci.bus
    };
    let node = Node::new(8);
    let own = [0x19, 0x3B, 0x4C, 0x5D, 0x9B, 0xBB, 0xCB, 0xDB];
    assert!((0..18).all(|link| !own.contains(&remote(&node, 2, link))));
    let node = Node::of(Setup::new(8, 1).profile(Profile::Old));
    assert!((0..6).all(|link| own.contains(&remote(&node, 2, link)) && remote(&node, 2, link) != own[2]));
}

#[test]
fn a_board_without_links_says_so() {
    let node = Node::of(Setup::new(1, 1).profile(Profile::L40s));
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let mut up = 0;
    assert_eq!(call!(library.nvmlDeviceGetNvLinkState(gpu, 0, &mut up)), NOT_SUPPORTED);
    assert_eq!(field(&library, gpu, 138, ALL), Err(NOT_SUPPORTED));
    assert_eq!(field(&library, gpu, 91, 0), Err(NOT_SUPPORTED));
}

#[test]
fn throughput_over_pcie_takes_its_twenty_milliseconds() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let (mut sent, mut received) = (0, 0);
    let began = Instant::now();
    assert_eq!(call!(library.nvmlDeviceGetPcieThroughput(gpu, 0, &mut sent)), 0);
    assert!(began.elapsed() >= Duration::from_millis(20));
    node.control().set_pcie_wait(false);
    let began = Instant::now();
    for _ in 0..10 {
        assert_eq!(call!(library.nvmlDeviceGetPcieThroughput(gpu, 1, &mut received)), 0);
    }
    assert!(began.elapsed() < Duration::from_millis(200));
    assert!(sent <= received, "more goes to the GPU than from it");
    // The counters of the fields grow at the rate that is shown.
    let before = field(&library, gpu, 198, 0).unwrap();
    node.control().set_time(Some(Duration::from_millis(20_100)));
    assert_eq!(call!(library.nvmlDeviceGetPcieThroughput(gpu, 1, &mut received)), 0);
    let grown = field(&library, gpu, 198, 0).unwrap() - before;
    assert_eq!(grown / 100, u64::from(received), "bytes of a tenth of a second, and kilobytes");
}

#[test]
fn pcie_has_replays_and_may_lose_lanes() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let read = || {
        let (mut replays, mut lanes, mut most, mut generation) = (0, 0, 0, 0);
        assert_eq!(call!(library.nvmlDeviceGetPcieReplayCounter(gpu, &mut replays)), 0);
        assert_eq!(call!(library.nvmlDeviceGetCurrPcieLinkWidth(gpu, &mut lanes)), 0);
        assert_eq!(call!(library.nvmlDeviceGetMaxPcieLinkWidth(gpu, &mut most)), 0);
        assert_eq!(call!(library.nvmlDeviceGetCurrPcieLinkGeneration(gpu, &mut generation)), 0);
        (replays, lanes, most, generation)
    };
    assert_eq!(read(), (0, 16, 16, 5));
    node.control().inject_pcie_replays(0, 12).unwrap();
    node.control().set_pcie_width(0, 8).unwrap();
    assert_eq!(read(), (12, 8, 16, 5));
    assert_eq!(field(&library, gpu, 94, 0), Ok(12));
    node.control().set_back(0, Counter::PcieReplays, 10).unwrap();
    assert_eq!(read().0, 2, "a counter that goes backwards");
}

#[test]
fn the_fabric_is_told_in_both_versions() {
    let node = Node::new(2);
    let library = node.symbols();
    let gpu = node.handle(&library, 1);
    // SAFETY: numbers, for which zeros are valid.
    let mut info: nvmlGpuFabricInfo_v3_t = unsafe { std::mem::zeroed() };
    let code = call!(library.nvmlDeviceGetGpuFabricInfoV(gpu, &mut info));
    assert_eq!(code, SimError::ARGUMENT_VERSION_MISMATCH.code());
    info.version = u32::try_from(size_of::<nvmlGpuFabricInfo_v3_t>()).unwrap() | 3 << 24;
    assert_eq!(call!(library.nvmlDeviceGetGpuFabricInfoV(gpu, &mut info)), 0);
    assert_eq!((info.state, info.status, info.healthSummary, info.healthMask & 3), (3, 0, 1, 2));
    assert!(info.clusterUuid.iter().any(|byte| *byte != 0));
    info.version = u32::try_from(size_of::<nvmlGpuFabricInfo_v2_t>()).unwrap() | 2 << 24;
    info.healthSummary = 77;
    node.control().set_link(1, 0, false).unwrap();
    node.control().set_fabric_state(1, 2).unwrap();
    assert_eq!(call!(library.nvmlDeviceGetGpuFabricInfoV(gpu, &mut info)), 0);
    assert_eq!((info.state, info.healthMask & 3), (2, 1), "degraded bandwidth, in progress");
    assert_eq!(info.healthSummary, 77, "the older structure is shorter");
    let node = Node::of(Setup::new(1, 1).profile(Profile::A100Mig));
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    assert_eq!(call!(library.nvmlDeviceGetGpuFabricInfoV(gpu, &mut info)), NOT_SUPPORTED);
}
