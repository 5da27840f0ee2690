// SPDX-License-Identifier: Apache-2.0
//! What `doctor` tells of GPUs: the command line knows no component and the component no
//! command line, so the binary that has both brings them together.

use tracecore_cli::Report;
use tracecore_components::receivers::nvml;

/// Looks at the driver's library, the driver and every GPU.
pub(crate) fn gpus(report: &mut Report) {
    let found = nvml::doctor(None);
    report.section("GPUs (nvml)");
    // If there is none, the problem below says so.
    if let Some(library) = &found.library {
        let version = found.driver.as_deref().unwrap_or("of unknown version");
        report.ok("library", format!("{} (driver {version})", library.display()));
    }
    match &found.kernel {
        Some(version) => report.ok("kernel", format!("driver {version}")),
        None => report.note("kernel", "no NVIDIA driver is loaded (/proc/driver/nvidia is not there)", ""),
    }
    for node in &found.forbidden {
        report.bad(
            "permission",
            format!("{node} cannot be opened by this user"),
            "run as a user who may, or give the container the device",
        );
    }
    for gpu in &found.gpus {
        match &gpu.identity {
            Some(identity) => report.ok(&gpu.name, format!("{identity}, {} calls answered", gpu.answered)),
            None => {
                let why = gpu.findings.first().map_or("it does not answer", |finding| &finding.why);
                report.bad(&gpu.name, why, "look into the kernel log for `NVRM` and `Xid`");
            }
        }
    }
    unanswered(&found, report);
    if let Some(problem) = &found.problem {
        // A machine without GPUs lacks nothing; one whose driver is in the kernel, or whose
        // library was found but does not work, does.
        if found.kernel.is_none() && found.not_installed {
            report.note("driver", problem, "without GPUs, leave the receiver `nvml` out of the pipeline");
        } else {
            report.bad("driver", problem, "`nvidia-smi` and the kernel log (`NVRM`) may say more");
        }
    }
}

/// What GPUs do not tell: a line for each call and reason, with the GPUs that it is about.
fn unanswered(found: &nvml::Report, report: &mut Report) {
    let asked: Vec<_> = found.gpus.iter().filter(|gpu| gpu.identity.is_some()).collect();
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for gpu in &asked {
        for finding in &gpu.findings {
            let what = format!("{}: {}", finding.call, finding.why);
            match rows.iter_mut().find(|(known, _)| *known == what) {
                Some((_, gpus)) => gpus.push(&gpu.name),
                None => rows.push((what, vec![&gpu.name])),
            }
        }
    }
    for (what, gpus) in rows {
        let which = if gpus.len() == asked.len() { "all GPUs".to_owned() } else { gpus.join(", ") };
        report.note(&what, which, "");
    }
}
