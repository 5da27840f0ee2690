// SPDX-License-Identifier: Apache-2.0
//! What the doctor finds.

use std::path::Path;
use std::time::Duration;

use tracecore_gpusim::{Function, SimError, Target};
use tracecore_gpusim_nvml::install;

use super::super::doctor::{Report, look};
use super::says;

const SOON: Duration = Duration::from_secs(2);

#[test]
fn it_tells_what_each_gpu_does_not_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let node = install(folder.path(), 3, 1).unwrap();
    node.control.fail(Target::call(Function::GetEncoderUtilization, 1), SimError::NOT_SUPPORTED).unwrap();
    node.control.fail(Target::call(Function::GetPowerUsage, 1), SimError::NO_PERMISSION).unwrap();
    let report = super::super::doctor(Some(&node.library));
    assert!(report.is_well());
    assert_eq!(report.library.as_deref(), Some(&*node.library.canonicalize().unwrap()));
    assert_eq!(report.driver.as_deref(), Some("580.95.05"));
    let findings: Vec<_> = report.gpus.iter().map(|gpu| gpu.findings.len()).collect();
    // What no simulated GPU has, none of them has; samples of power are forbidden with it.
    assert_eq!(findings[0], findings[2]);
    assert!((2..=3).contains(&(findings[1] - findings[0])), "{findings:?}");
    says(
        &report,
        &[
            "gpu 1: nvmlDeviceGetEncoderUtilization: not supported",
            "gpu 1: nvmlDeviceGetPowerUsage: no permission",
            "NVIDIA H100 80GB HBM3",
            "at 00000000:3B:00.0",
        ],
    );
}

#[test]
fn a_gpu_that_is_lost_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let node = install(folder.path(), 2, 1).unwrap();
    node.control.lose(1).unwrap();
    let report = look(Some(&node.library), Duration::from_secs(60));
    assert!(!report.is_well());
    says(&report, &["gpu 1: does not answer", "fallen off the bus"]);
}

#[test]
fn a_gpu_that_hangs_does_not_hang_the_doctor() {
    let folder = tempfile::tempdir().unwrap();
    let node = install(folder.path(), 3, 1).unwrap();
    node.control.hang(Target::gpu(1)).unwrap();
    let report: Report = look(Some(&node.library), SOON);
    // The thread that hangs goes on and ends; the library stays for it.
    node.control.clear_all();
    assert!(!report.is_well());
    assert_eq!(report.gpus.len(), 1);
    says(&report, &["gpu 0: NVIDIA", "problem: gpu 1 has not answered"]);
}

#[test]
fn no_library_is_the_first_finding() {
    let report = look(Some(Path::new("/nowhere/libnvidia-ml.so.1")), Duration::from_secs(60));
    assert!(!report.is_well());
    says(&report, &["problem: there is no library `/nowhere/libnvidia-ml.so.1`"]);
}
