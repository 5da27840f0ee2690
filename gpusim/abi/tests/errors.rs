// SPDX-License-Identifier: Apache-2.0
//! Memory errors and memory that is not used any more, by kind of board.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::ptr::null_mut;

use common::Node;
use nvml_wrapper_sys::bindings::{
    NvmlLib, nvmlDevice_t, nvmlEccSramErrorStatus_v1_t, nvmlRowRemapperHistogramValues_t,
};
use tracecore_gpusim::{EccError, EccLocation, Profile, Setup, SimError};

const NOT_SUPPORTED: u32 = SimError::NOT_SUPPORTED.code();
const INSUFFICIENT_SIZE: u32 = SimError::INSUFFICIENT_SIZE.code();

fn total(library: &NvmlLib, gpu: nvmlDevice_t, error: u32, aggregate: u32) -> u64 {
    let mut count = 0;
    assert_eq!(call!(library.nvmlDeviceGetTotalEccErrors(gpu, error, aggregate, &mut count)), 0);
    count
}

fn at(library: &NvmlLib, gpu: nvmlDevice_t, error: u32, aggregate: u32, place: u32) -> Result<u64, u32> {
    let mut count = 0;
    match call!(library.nvmlDeviceGetMemoryErrorCounter(gpu, error, aggregate, place, &mut count)) {
        0 => Ok(count),
        code => Err(code),
    }
}

#[test]
fn totals_are_the_sum_of_the_places() {
    let node = Node::new(2);
    let library = node.symbols();
    let gpu = node.handle(&library, 1);
    assert_eq!(total(&library, gpu, 0, 0), 0);
    let control = node.control();
    control.inject_ecc(1, EccError::Corrected, EccLocation::Dram, 5).unwrap();
    control.inject_ecc(1, EccError::Corrected, EccLocation::L2, 2).unwrap();
    control.inject_ecc(1, EccError::Uncorrected, EccLocation::L1, 1).unwrap();
    assert_eq!((total(&library, gpu, 0, 0), total(&library, gpu, 1, 0)), (7, 1));
    // Such boards tell DRAM (2) and SRAM (7) apart, nothing else.
    assert_eq!((at(&library, gpu, 0, 0, 2), at(&library, gpu, 0, 0, 7)), (Ok(5), Ok(2)));
    assert_eq!(at(&library, gpu, 1, 1, 7), Ok(1));
    assert_eq!(at(&library, gpu, 0, 0, 1), Err(NOT_SUPPORTED));
    assert_eq!(at(&library, gpu, 0, 0, 8), Err(SimError::INVALID_ARGUMENT.code()));
    let other = node.handle(&library, 0);
    assert_eq!(total(&library, other, 0, 1), 0);
}

#[test]
fn a_reload_clears_what_is_volatile() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().inject_ecc(0, EccError::Corrected, EccLocation::Dram, 5).unwrap();
    node.control().load_driver(None);
    assert_eq!(call!(library.nvmlShutdown()), 0);
    assert_eq!(call!(library.nvmlInit_v2()), 0);
    assert_eq!((total(&library, gpu, 0, 0), total(&library, gpu, 0, 1)), (0, 5));
}

#[test]
fn sram_errors_are_told_by_unit() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    for (location, count) in
        [(EccLocation::L2, 3), (EccLocation::RegisterFile, 4), (EccLocation::Sram, 5), (EccLocation::Dram, 9)]
    {
        node.control().inject_ecc(0, EccError::Uncorrected, location, count).unwrap();
    }
    // SAFETY: numbers, for which zeros are valid.
    let mut status: nvmlEccSramErrorStatus_v1_t = unsafe { std::mem::zeroed() };
    let mismatch = SimError::ARGUMENT_VERSION_MISMATCH.code();
    assert_eq!(call!(library.nvmlDeviceGetSramEccErrorStatus(gpu, &mut status)), mismatch);
    status.version = u32::try_from(size_of_val(&status)).unwrap() | 1 << 24;
    assert_eq!(call!(library.nvmlDeviceGetSramEccErrorStatus(gpu, &mut status)), 0);
    assert_eq!(status.aggregateUncParity + status.aggregateUncSecDed, 12);
    assert_eq!(
        (status.aggregateUncBucketL2, status.aggregateUncBucketSm, status.aggregateUncBucketOther),
        (3, 4, 5)
    );
    assert_eq!(status.bThresholdExceeded, 1);
}

#[test]
fn rows_are_remapped_from_ampere_on() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().set_remapped_rows(0, 2, 1, true, true).unwrap();
    let (mut corrected, mut uncorrected, mut pending, mut failed) = (9, 9, 9, 9);
    let code = call!(library.nvmlDeviceGetRemappedRows(
        gpu,
        &mut corrected,
        &mut uncorrected,
        &mut pending,
        &mut failed
    ));
    assert_eq!((code, corrected, uncorrected, pending, failed), (0, 2, 1, 1, 1));
    let mut banks = nvmlRowRemapperHistogramValues_t { max: 0, high: 0, partial: 0, low: 0, none: 0 };
    assert_eq!(call!(library.nvmlDeviceGetRowRemapperHistogram(gpu, &mut banks)), 0);
    assert_eq!((banks.max, banks.high, banks.partial, banks.low, banks.none), (2556, 3, 0, 0, 1));
    let mut count = 5;
    assert_eq!(call!(library.nvmlDeviceGetRetiredPages(gpu, 0, &mut count, null_mut())), NOT_SUPPORTED);
}

#[test]
fn pages_are_retired_before() {
    let node = Node::of(Setup::new(1, 1).profile(Profile::Old));
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().set_retired_pages(0, 2, 1, true).unwrap();
    let mut count = 0;
    let code = call!(library.nvmlDeviceGetRetiredPages(gpu, 0, &mut count, null_mut()));
    assert_eq!((code, count), (INSUFFICIENT_SIZE, 2));
    let (mut addresses, mut times) = ([u64::MAX; 4], [0; 4]);
    count = 1;
    let code = call!(library.nvmlDeviceGetRetiredPages(gpu, 0, &mut count, addresses.as_mut_ptr()));
    assert_eq!((code, count, addresses[0]), (INSUFFICIENT_SIZE, 2, u64::MAX), "nothing by halves");
    count = 4;
    let code = call!(library.nvmlDeviceGetRetiredPages_v2(
        gpu,
        0,
        &mut count,
        addresses.as_mut_ptr(),
        times.as_mut_ptr()
    ));
    assert_eq!((code, count), (0, 2));
    assert!(addresses[0] != addresses[1] && addresses[..2].iter().all(|page| page % 4096 == 0));
    assert!(times[..2].iter().all(|time| *time > 1_600_000_000) && times[2] == 0);
    count = 4;
    assert_eq!(call!(library.nvmlDeviceGetRetiredPages(gpu, 1, &mut count, addresses.as_mut_ptr())), 0);
    assert_eq!(count, 1);
    let mut pending = 0;
    assert_eq!(call!(library.nvmlDeviceGetRetiredPagesPendingStatus(gpu, &mut pending)), 0);
    assert_eq!(pending, 1);
    let code = call!(library.nvmlDeviceGetRemappedRows(gpu, &mut 0, &mut 0, &mut 0, &mut 0));
    assert_eq!(code, NOT_SUPPORTED);
    // Units are told apart, SRAM as a whole is not.
    node.control().inject_ecc(0, EccError::Corrected, EccLocation::RegisterFile, 3).unwrap();
    assert_eq!(at(&library, gpu, 0, 0, 3), Ok(3));
    assert_eq!(at(&library, gpu, 0, 0, 7), Err(NOT_SUPPORTED));
}
