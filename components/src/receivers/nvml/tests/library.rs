// SPDX-License-Identifier: Apache-2.0
//! The real way: `nvml-wrapper`, a library loaded by path, the C ABI.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;
use tracecore_gpusim::{Control, Function, SimError, Target};
use tracecore_gpusim_nvml::{Instance, install};
use tracecore_runtime::testing::Harness;
use tracecore_runtime::{Absence, Failure};

use super::super::{Config, Nvml, NvmlKind, Simulated, SimulatedNvml};
use super::{config, each, points, says};

/// A copy of the library, its control file, and the folder of both.
fn node(gpus: u32) -> (Instance, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let instance = install(folder.path(), gpus, 7).unwrap();
    instance.control.set_time(Some(Duration::from_secs(40)));
    (instance, folder)
}

fn open(library: &Path) -> Result<Harness<Nvml>, Failure<Nvml>> {
    Harness::open(Config { library: Some(library.to_owned()), ..config() })
}

fn refused(library: &Path) -> Failure<Nvml> {
    open(library).map(drop).unwrap_err()
}

fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(10), "it does not come about");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn eight_gpus_through_the_library_are_those_of_the_simulation() {
    let (node, folder) = node(8);
    let mut real = open(&node.library).unwrap();
    let control = Some(folder.path().join("libnvidia-ml.so.1.control"));
    let simulated = Some(Simulated { control, ..Simulated::default() });
    let mut simulated = Harness::<SimulatedNvml>::open(Config { simulated, ..config() }).unwrap();
    for second in [40, 41, 75, 300] {
        node.control.set_time(Some(Duration::from_secs(second)));
        real.tick().unwrap();
        simulated.tick().unwrap();
        assert_eq!(points(&real), 8 * each());
        assert_eq!(real.points(), simulated.points(), "values, names and order");
    }
}

#[test]
fn a_gpu_is_lost_and_another_appears() {
    let (node, _folder) = node(3);
    let mut receiver = open(&node.library).unwrap();
    receiver.tick().unwrap();
    node.control.lose(1).unwrap();
    let fault = receiver.tick().unwrap_err();
    says(&fault, &["gpu 1", "fallen off the bus"]);
    assert_eq!((points(&receiver), receiver.absent(Absence::Lost)), (2 * each(), each() as u64));
    node.control.set_gpus(4).unwrap();
    receiver.discover().unwrap();
    assert_eq!(receiver.tick().unwrap_err().kinds().collect::<Vec<_>>(), [NvmlKind::Read]);
    assert_eq!(points(&receiver), 3 * each());
}

#[test]
fn a_call_that_is_not_supported_or_not_there_has_no_series() {
    let (node, _folder) = node(1);
    node.control.fail(Target::function(Function::GetFieldValues), SimError::FUNCTION_NOT_FOUND).unwrap();
    node.control.fail(Target::function(Function::GetDecoderUtilization), SimError::NOT_SUPPORTED).unwrap();
    let mut receiver = open(&node.library).unwrap();
    receiver.tick().unwrap();
    assert!(points(&receiver) < each() - 2, "the decoder, and whatever is asked by number");
    assert!(receiver.absent(Absence::Unsupported) > 2);
}

#[test]
fn a_library_that_comes_later_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libnvidia-ml.so.1");
    for _ in 0..2 {
        let fault = refused(&library);
        assert_eq!(fault.kind(), NvmlKind::Connect);
        says(&fault, &["there is no library", &library.display().to_string()]);
    }
    install(folder.path(), 2, 1).unwrap();
    let mut receiver = open(&library).unwrap();
    receiver.tick().unwrap();
    assert_eq!(points(&receiver), 2 * each());
    // And the other way round.
    drop(receiver);
    fs::remove_file(&library).unwrap();
    says(&refused(&library), &["there is no library"]);
}

#[test]
fn a_driver_that_does_not_start_says_why_until_it_does() {
    let (node, _folder) = node(1);
    for (code, words) in [
        (SimError::DRIVER_NOT_LOADED, ["the NVIDIA driver is not loaded", "modprobe nvidia"]),
        (SimError::LIB_RM_VERSION_MISMATCH, ["its version differs from the library's", "reboot"]),
        (SimError::NO_PERMISSION, ["no permission to open /dev/nvidia", "container"]),
        (SimError::UNKNOWN, ["does not start", "NVML code 999"]),
    ] {
        node.control.fail_init(Some(code));
        let fault = refused(&node.library);
        assert_eq!(fault.kind(), NvmlKind::Connect);
        says(&fault, &words);
    }
    node.control.fail_init(None);
    open(&node.library).unwrap().tick().unwrap();
}

#[test]
fn what_is_no_driver_library_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("libnvidia-ml.so.1");
    fs::write(&text, "not a library").unwrap();
    says(&refused(&text), &["cannot load", "libnvidia-ml.so.1"]);
    // By name, found by the loader, but something else.
    says(&refused(Path::new("libc.so.6")), &["libc", "not the driver's library", "nvmlInit_v2"]);
    says(
        &refused(Path::new("libtracecore-nobody.so.9")),
        &["there is no library `libtracecore-nobody.so.9`"],
    );
}

#[test]
fn a_driver_that_was_replaced_is_found_though_a_call_holds_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("libnvidia-ml.so.1");
    let version = |name: &str, seed| {
        let place = folder.path().join(name);
        fs::create_dir(&place).unwrap();
        let instance = install(&place, 1, seed).unwrap();
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&instance.library, &link).unwrap();
        instance
    };
    let uuid = |receiver: &mut Harness<Nvml>| {
        receiver.tick().unwrap();
        receiver.points().iter().find_map(|point| point.attribute("hw.id")).unwrap()
    };
    let _old_files = version("580", 1);
    let mut old = open(&link).unwrap();
    let before = uuid(&mut old);
    let _new_files = version("595", 2);
    let mut new = open(&link).unwrap();
    assert_ne!(uuid(&mut new), before);
    assert_eq!(uuid(&mut old), before, "and the old one is not disturbed");
}

#[test]
fn closing_the_library_leaves_a_call_that_hangs_in_it_alone() {
    let (node, _folder) = node(3);
    let hung = Target::call(Function::GetPowerUsage, 1);
    let library = node.library.clone();
    let mut first = open(&library).unwrap();
    node.control.hang(hung).unwrap();
    let thread = thread::spawn(move || {
        let result = first.tick();
        drop(first);
        result
    });
    wait_until(|| node.control.hanging(hung).unwrap() == 1);

    // The successors come and go, as the supervisor would have it.
    for _ in 0..3 {
        let config = Config { library: Some(library.clone()), ..config() };
        let mut second = Harness::<Nvml>::open_without(config, &["gpu 1"]).unwrap();
        assert!(second.tick().is_err());
        assert_eq!(points(&second), 2 * each());
    }
    node.control.clear(hung).unwrap();
    thread.join().unwrap().unwrap();
    // Closed by its last user: a call would find nothing initialised, an open starts again.
    open(&library).unwrap().tick().unwrap();
}

#[test]
fn a_control_file_of_another_process_scripts_it() {
    let (node, folder) = node(1);
    let mut receiver = open(&node.library).unwrap();
    let other = Control::open(folder.path().join("libnvidia-ml.so.1.control")).unwrap();
    other.fail(Target::function(Function::GetTemperature), SimError::IRQ_ISSUE).unwrap();
    says(&receiver.tick().unwrap_err(), &["nvmlDeviceGetTemperature", "interrupt problem"]);
}
