// SPDX-License-Identifier: Apache-2.0
//! Which node the library simulates: control file, variables, or eight GPUs.
//!
//! The environment is a process's, so each case runs this executable again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a child answers on stdout")]

use std::path::Path;
use std::process::Command;

use nvml_wrapper::Nvml;
use tracecore_gpusim::{Control, DEFAULT_SEED, Function, Identity};
use tracecore_gpusim_nvml::{CONTROL_VAR, GPUS_VAR, PROFILE_VAR, SEED_VAR, install, library_path};

/// Has the path of the library in the children, and is not set otherwise.
const CHILD: &str = "TRACECORE_GPUSIM_TEST_LIBRARY";

#[test]
fn child() {
    let Some(library) = std::env::var_os(CHILD) else { return };
    match Nvml::builder().lib_path(&library).init() {
        Ok(nvml) => {
            let uuid = nvml.device_by_index(0).and_then(|device| device.uuid());
            println!("{} gpus, first {}", nvml.device_count().unwrap(), uuid.unwrap());
            println!("driver {}", nvml.sys_driver_version().unwrap());
            println!("new memory function: {:?}", nvml.device_by_index(0).unwrap().memory_info().map(drop));
        }
        Err(error) => println!("no library: {error:?}"),
    }
}

/// What a child says that loads `library` in this environment, stdout before stderr.
fn ask(library: &Path, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(CHILD, library);
    for name in [CONTROL_VAR, GPUS_VAR, SEED_VAR, PROFILE_VAR] {
        command.env_remove(name);
    }
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    text(output.stdout) + &text(output.stderr)
}

fn node(gpus: u32, seed: u64) -> String {
    format!("{gpus} gpus, first {}", Identity::new(seed, 0).uuid)
}

#[test]
fn eight_gpus_where_nothing_is_said() {
    let said = ask(&library_path().unwrap(), &[]);
    assert!(said.contains(&node(8, DEFAULT_SEED)), "{said}");
}

#[test]
fn variables_say_how_many_and_which() {
    let said = ask(&library_path().unwrap(), &[(GPUS_VAR, "3"), (SEED_VAR, "99")]);
    assert!(said.contains(&node(3, 99)), "{said}");
}

#[test]
fn a_variable_says_of_which_kind() {
    let said = ask(&library_path().unwrap(), &[(PROFILE_VAR, "old")]);
    assert!(said.contains("driver 470.256.02"), "{said}");
    // Of the library itself no symbol can be taken away.
    assert!(said.contains("new memory function: Err(FunctionNotFound)"), "{said}");
    let said = ask(&library_path().unwrap(), &[(PROFILE_VAR, "l40s")]);
    assert!(said.contains("driver 550.163.01"), "{said}");
    assert!(said.contains("new memory function: Ok(())"), "{said}");
}

#[test]
fn a_control_file_of_another_process_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control");
    let control = Control::create(&path, 2, 5).unwrap();
    let said = ask(&library_path().unwrap(), &[(CONTROL_VAR, path.to_str().unwrap())]);
    assert!(said.contains(&node(2, 5)), "{said}");
    assert_eq!(control.calls(Function::Init), 1, "the child's calls are counted here");
}

#[test]
fn the_variable_comes_before_the_file_next_to_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let instance = install(folder.path(), 4, 6).unwrap();
    let said = ask(&instance.library, &[]);
    assert!(said.contains(&node(4, 6)), "{said}");
    let other = folder.path().join("other");
    let _control = Control::create(&other, 1, 7).unwrap();
    let said = ask(&instance.library, &[(CONTROL_VAR, other.to_str().unwrap())]);
    assert!(said.contains(&node(1, 7)), "{said}");
}

#[test]
fn mistakes_fail_the_initialisation_and_say_why() {
    let library = library_path().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let control = folder.path().join("control");
    let _control = Control::create(&control, 1, 1).unwrap();
    let (control, missing) = (control.to_str().unwrap(), "/nonexistent/control");
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[(GPUS_VAR, "many")], "TRACECORE_GPUSIM_GPUS is \"many\", expected a number of gpus"),
        (&[(GPUS_VAR, "65")], "65 simulated gpus are too many: a node has 0 to 64"),
        (
            &[(PROFILE_VAR, "h200")],
            "TRACECORE_GPUSIM_PROFILE is \"h200\", expected one of h100, a100-mig, l40s, old",
        ),
        (&[(SEED_VAR, "")], "TRACECORE_GPUSIM_SEED is \"\", expected a number"),
        (&[(CONTROL_VAR, missing)], "cannot open gpusim control file /nonexistent/control"),
        (&[(CONTROL_VAR, "/dev/null")], "/dev/null is not a gpusim control file"),
        (
            &[(CONTROL_VAR, control), (GPUS_VAR, "2")],
            "TRACECORE_GPUSIM_GPUS is set, but TRACECORE_GPUSIM_CONTROL decides that",
        ),
    ];
    for (environment, expected) in cases {
        let said = ask(&library, environment);
        assert!(said.contains("no library: OperatingSystem"), "{environment:?}: {said}");
        assert!(said.contains(expected), "{environment:?}: {said}");
    }
}
