// SPDX-License-Identifier: Apache-2.0
//! As many GPUs, instances and links as a node can have.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::collections::HashSet;
use std::ptr::null_mut;

use common::Node;
use tracecore_gpusim::{MAX_GPUS, Profile, Setup};

#[test]
fn sixty_four_gpus() {
    let node = Node::new(MAX_GPUS);
    let library = node.symbols();
    let mut count = 0;
    assert_eq!(call!(library.nvmlDeviceGetCount_v2(&mut count)), 0);
    assert_eq!(count, 64);
    let mut uuids = HashSet::new();
    for index in 0..count {
        let gpu = node.handle(&library, index);
        let (mut uuid, mut power, mut number) = ([0; 96], 0, 99);
        assert_eq!(call!(library.nvmlDeviceGetUUID(gpu, uuid.as_mut_ptr(), 96)), 0);
        assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power)), 0);
        assert_eq!(call!(library.nvmlDeviceGetIndex(gpu, &mut number)), 0);
        assert!(uuids.insert(uuid));
        assert_eq!((number, power > 50_000), (index, true));
    }
    node.control().lose(63).unwrap();
    let mut gpu = null_mut();
    assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(63, &mut gpu)), 15);
    assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(62, &mut gpu)), 0);
}

#[test]
fn fifty_six_instances() {
    let node = Node::of(Setup::new(8, 1).profile(Profile::A100Mig));
    let library = node.symbols();
    let mut uuids = HashSet::new();
    for index in 0..8 {
        let gpu = node.handle(&library, index);
        for instance in 0..7 {
            let (mut mig, mut uuid) = (null_mut(), [0; 96]);
            assert_eq!(call!(library.nvmlDeviceGetMigDeviceHandleByIndex(gpu, instance, &mut mig)), 0);
            assert_eq!(call!(library.nvmlDeviceGetUUID(mig, uuid.as_mut_ptr(), 96)), 0);
            assert!(uuids.insert(uuid));
        }
    }
    assert_eq!(uuids.len(), 56);
}

#[test]
fn a_hundred_and_forty_four_links() {
    let node = Node::new(8);
    let library = node.symbols();
    let mut up = 0;
    for index in 0..8 {
        let gpu = node.handle(&library, index);
        for link in 0..18 {
            let (mut state, mut version) = (0, 0);
            assert_eq!(call!(library.nvmlDeviceGetNvLinkState(gpu, link, &mut state)), 0);
            assert_eq!(call!(library.nvmlDeviceGetNvLinkVersion(gpu, link, &mut version)), 0);
            assert_eq!(version, 6, "NVLink 4");
            up += state;
        }
    }
    assert_eq!(up, 144);
}
