// SPDX-License-Identifier: Apache-2.0
//! GPUs from outside: a collector in a process of its own, a driver's library loaded by path,
//! faults scripted from here, and what a scrape shows before, during and after each.
//!
//! Nothing is read from within the collector: a fault that these pages do not show is a fault
//! that nobody is told of. Most of the time goes into waiting for the stuck limit and for the
//! next look for GPUs, ten seconds each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

#[path = "nvml/page.rs"]
mod page;
#[path = "nvml/recovery.rs"]
mod recovery;
#[path = "nvml/running.rs"]
mod running;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use page::Page;
use running::{LIMIT, Running};
use tempfile::TempDir;
use tracecore_components::receivers::nvml;
use tracecore_gpusim::{ClockDomain, Control, Function, SimError, Simulation, Target};
use tracecore_gpusim_nvml::{Instance, install};
use tracecore_runtime::testing::Harness;

/// Series that are about no GPU: the driver's versions, and how many GPUs there are.
const HOST: usize = 2;
/// Series of one of these GPUs, as the receiver has them when it is asked here.
static EACH: LazyLock<usize> = LazyLock::new(|| {
    let simulated = nvml::Simulated { gpus: Some(1), ..nvml::Simulated::default() };
    // As `pipelines/nvml.yaml` has it: what outlives a GPU, or takes two readings, is off.
    let groups = nvml::Groups { events: false, peaks: false, gpm: false, ..nvml::Groups::default() };
    let config = nvml::Config { simulated: Some(simulated), groups, ..nvml::Config::default() };
    let receiver = Harness::<nvml::SimulatedNvml>::open(config).unwrap();
    let each = receiver.series() - HOST;
    assert!(each > 200, "{each}");
    each
});

/// So many GPUs' series.
#[allow(clippy::cast_precision_loss, reason = "a few thousand")]
fn each(gpus: usize) -> f64 {
    (gpus * *EACH) as f64
}

/// The same, and those that are about no GPU.
#[allow(clippy::cast_precision_loss, reason = "a few thousand")]
fn all(gpus: usize) -> f64 {
    (gpus * *EACH + HOST) as f64
}
/// A call that has not returned for this long is given up.
const STUCK: Duration = Duration::from_secs(10);
/// What the watchdog, the tick after and our own looking may add to it.
const LOOK: Duration = Duration::from_secs(2);

/// A node of simulated GPUs whose time stands still at a busy moment.
struct Node {
    library: std::path::PathBuf,
    control: Control,
    _folder: TempDir,
}

impl Node {
    fn new(gpus: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Instance { library, control } = install(folder.path(), gpus, 7).unwrap();
        control.set_time(Some(Duration::from_secs(40)));
        Self { library, control, _folder: folder }
    }

    /// The same GPUs, to ask what should have been read.
    fn simulation(&self) -> Simulation {
        let simulation = Simulation::scripted(self.control.clone());
        simulation.init().unwrap();
        simulation
    }

    /// Each GPU by the name that the collector is to give it.
    fn gpus(&self) -> BTreeSet<(String, String)> {
        let simulation = self.simulation();
        let uuid = |index| simulation.device_by_index(index).unwrap().uuid().unwrap();
        (0..self.control.gpus()).map(|index| (format!("gpu {index}"), uuid(index))).collect()
    }

    fn uuid(&self, slot: u32) -> String {
        self.simulation().device_in_slot(slot).unwrap().identity().uuid.clone()
    }
}

fn names(page: &Page) -> Vec<String> {
    page.gpus().into_iter().map(|(name, _)| name).collect()
}

fn errors(own: &Page, kind: &str) -> f64 {
    own.value("tracecore_receiver_errors_total", &[("component_id", "nvml"), ("kind", kind)])
}

fn absent(own: &Page, reason: &str) -> f64 {
    own.value("tracecore_receiver_absent_values", &[("component_id", "nvml"), ("reason", reason)])
}

/// A metric of one receiver.
fn of(own: &Page, metric: &str, component: &str) -> f64 {
    own.value(&format!("tracecore_receiver_{metric}"), &[("component_id", component)])
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs()
}

/// Whether the values of one GPU are those of the simulation at this moment.
fn as_simulated(page: &Page, simulation: &Simulation, index: u32) -> bool {
    let gpu = simulation.device_by_index(index).unwrap();
    let uuid = gpu.uuid().unwrap();
    let id = ("hw_id", uuid.as_str());
    let memory = gpu.memory().unwrap();
    let busy = gpu.utilization().unwrap();
    let expected = [
        ("hw_power_watts", ("hw_type", "gpu"), f64::from(gpu.power_usage().unwrap()) / 1e3),
        ("hw_temperature_celsius", ("hw_sensor_location", "gpu"), f64::from(gpu.temperature().unwrap())),
        ("hw_gpu_utilization_ratio", ("hw_gpu_task", "general"), f64::from(busy.gpu) / 100.0),
        ("hw_gpu_memory_usage_bytes", ("hw_vendor", "NVIDIA"), memory.used as f64),
        ("hw_gpu_memory_limit_bytes", ("hw_vendor", "NVIDIA"), memory.total as f64),
        (
            "tracecore_gpu_clock_frequency_hertz",
            ("tracecore_gpu_clock_domain", "sm"),
            f64::from(gpu.clock(ClockDomain::Sm).unwrap()) * 1e6,
        ),
        ("tracecore_gpu_info", ("tracecore_gpu_pci_address", &gpu.pci().unwrap().pci_bus_id), 1.0),
    ];
    expected
        .iter()
        .all(|(name, own, value)| page.get(name, &[id, *own]).is_some_and(|shown| near(shown, *value)))
}

#[test]
fn eight_gpus_are_shown_as_the_simulation_has_them() {
    let node = Node::new(8);
    let simulation = node.simulation();
    let running = Running::start(&node.library);
    let (page, _) = running.until("eight GPUs", |page| page.gpus().len() == 8);
    assert_eq!(page.gpus(), node.gpus());
    let energy = |page: &Page| page.value("hw_energy_joules_total", &[("hw_name", "gpu 0")]);
    let before = energy(&page);
    for second in [40, 75, 300] {
        node.control.set_time(Some(Duration::from_secs(second)));
        let (page, _) = running.until("the values of this second", |page| {
            (0..8).all(|index| as_simulated(page, &simulation, index))
        });
        for (_, uuid) in node.gpus() {
            assert_eq!(page.count(&uuid), *EACH);
        }
    }
    let (page, _) = running.until("energy", |page| energy(page) > before);
    // Between the least that an idle board and the most that a busy one draws.
    let watts = (energy(&page) - before) / 260.0;
    assert!((50.0..=700.0).contains(&watts), "{watts} W on average");

    let own = running.own();
    assert!(near(of(&own, "series", "nvml"), all(8)));
    assert!(of(&own, "emissions_total", "nvml") >= all(8));
    for series in own.find("tracecore_receiver_errors_total", &[]) {
        assert!(series.value == 0.0, "{:?}", series.labels);
    }
    assert_eq!((running.probe("/healthz"), running.probe("/readyz")), (200, 200));
}

#[test]
fn a_gpu_that_is_lost_ends_and_the_others_go_on_until_it_is_back() {
    let node = Node::new(8);
    let lost = node.uuid(5);
    let running = Running::start(&node.library);
    running.until("eight GPUs", |page| page.gpus().len() == 8);

    node.control.lose(5).unwrap();
    let (page, _) = running.until("seven GPUs", |page| page.gpus().len() == 7);
    assert_eq!(page.count(&lost), 0, "nothing of it is left");
    // Its series have ended too, not only their values.
    let own = running.until_own("seven GPUs' series", |own| near(of(own, "series", "nvml"), all(7)));
    assert!(errors(&own, "read") >= 1.0 && absent(&own, "lost") >= each(1));
    let read = errors(&own, "read");
    let degraded = of(&own, "degraded_seconds_total", "nvml");
    node.control.set_time(Some(Duration::from_secs(100)));
    let simulation = node.simulation();
    running.until("the others go on", |page| {
        page.gpus().len() == 7 && (0..8).filter(|n| *n != 5).all(|n| as_simulated(page, &simulation, n))
    });
    running.until_own("each tick counts it", |own| {
        errors(own, "read") > read
            && absent(own, "lost") >= each(1)
            && of(own, "degraded_seconds_total", "nvml") > degraded
    });
    assert_eq!(running.probe("/readyz"), 200, "degraded is not unready");
    assert_eq!(running.lines("WARN"), 1, "told once: {}", running.told());
    for words in ["WARN", "gpu 5", &lost, "fallen off the bus"] {
        assert!(running.says(words), "no `{words}` in {}", running.told());
    }

    node.control.clear(Target::gpu(5)).unwrap();
    let (page, _) = running.until("eight GPUs again", |page| page.gpus().len() == 8);
    assert_eq!((page.gpus(), page.count(&lost)), (node.gpus(), *EACH));
    running.until_says("recovered");
    let own = running.own();
    let (read, degraded) = (errors(&own, "read"), of(&own, "degraded_seconds_total", "nvml"));
    running.until_own("two ticks more", |later| {
        of(later, "emissions_total", "nvml") >= of(&own, "emissions_total", "nvml") + 2.0 * all(8)
    });
    let own = running.own();
    assert!(near(errors(&own, "read"), read) && near(of(&own, "degraded_seconds_total", "nvml"), degraded));
}

#[test]
fn a_call_that_hangs_on_one_gpu_blinds_neither_the_others_nor_anybody_else() {
    let node = Node::new(8);
    let hung = Target::call(Function::GetTemperature, 3);
    let uuid = node.uuid(3);
    let mut running = Running::start(&node.library);
    running.until("eight GPUs", |page| page.gpus().len() == 8);
    let before = running.own();
    let started = Instant::now();
    assert!(of(&before, "stuck_since_unix_seconds", "nvml") == 0.0);

    node.control.hang(hung).unwrap();
    running.until("no stale value is shown", |page| page.gpus().is_empty());
    assert_eq!((running.probe("/healthz"), running.probe("/readyz")), (200, 200));
    let (page, _) = running.until("the other seven", |page| page.gpus().len() == 7);
    let took = started.elapsed();
    assert!(took < STUCK + LOOK, "within the stuck limit and a little: {took:?}");
    assert_eq!(page.count(&uuid), 0);
    let simulation = node.simulation();
    assert!((0..8).filter(|n| *n != 3).all(|n| as_simulated(&page, &simulation, n)));
    assert_eq!(node.control.hanging(hung).unwrap(), 1, "one thread is left behind, and no more");

    let own = running.until_own("it is counted", |own| absent(own, "timeout") >= each(1));
    assert!(errors(&own, "read") >= 1.0);
    assert!(of(&own, "stuck_since_unix_seconds", "nvml") > 1.7e9);
    assert!(of(&own, "degraded_seconds_total", "nvml") > 0.0);
    assert_eq!((running.probe("/healthz"), running.probe("/readyz")), (200, 200));
    for words in ["a call has not returned for 10 s", "device=\"gpu 3\"", "gpu 3: left alone"] {
        assert!(running.says(words), "no `{words}` in {}", running.told());
    }
    // The lane beside it: every tick of this time, at its own pace.
    let clock = |own: &Page| of(own, "emissions_total", "clockreceiver");
    let own = running.own();
    let due = started.elapsed().as_secs_f64() / 0.2;
    let ticks = clock(&own) - clock(&before);
    assert!((due - ticks).abs() <= 3.0, "{ticks} ticks where {due} were due");
    assert!(of(&own, "skipped_ticks_total", "clockreceiver") == 0.0);

    node.control.clear(hung).unwrap();
    let (page, _) = running.until("eight GPUs again", |page| page.gpus().len() == 8);
    assert_eq!((page.gpus(), page.count(&uuid)), (node.gpus(), *EACH));
    running.until_own("no longer stuck", |own| of(own, "stuck_since_unix_seconds", "nvml") == 0.0);

    // The end while a call hangs. No queue has anything to drain here.
    node.control.hang(hung).unwrap();
    let start = Instant::now();
    while node.control.hanging(hung).unwrap() == 0 {
        assert!(start.elapsed() < LIMIT, "it does not hang");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (status, took) = running.terminate();
    assert_eq!(status.code(), Some(0), "{}", running.told());
    assert!(took <= Duration::from_secs(1), "at most 1 s beyond the drain: {took:?}");
    running.until_says("left behind in a call that has not returned: nvml");
}

#[test]
fn a_hang_while_the_library_or_a_gpu_is_opened_costs_the_stuck_limit_and_no_more() {
    let init = Node::new(2);
    init.control.hang(Target::function(Function::Init)).unwrap();
    let lookup = Node::new(4);
    let handle = Target::call(Function::DeviceGetHandleByIndex, 2);
    lookup.control.hang(handle).unwrap();
    let all = [Running::start(&init.library), Running::start(&lookup.library)];
    let start = Instant::now();
    for running in &all {
        running
            .until("the lane beside it ticks", |page| page.value("tracecore_clock_ticks_total", &[]) >= 3.0);
    }
    let [at_init, at_lookup] = all;
    if start.elapsed() < Duration::from_secs(4) {
        assert_eq!(at_init.probe("/readyz"), 503, "the first open has not returned");
    }
    assert_eq!(at_lookup.probe("/readyz"), 200, "it has returned; it is a GPU that hangs");
    while at_init.probe("/readyz") != 200 {
        assert!(start.elapsed() < LIMIT, "not ready, though five seconds are over");
        std::thread::sleep(Duration::from_millis(20));
    }

    // A GPU that cannot even be looked up: the others are read without it.
    let (page, _) = at_lookup.until("the other three", |page| page.gpus().len() == 3);
    assert!(start.elapsed() < STUCK + LOOK, "{:?}", start.elapsed());
    assert_eq!(names(&page), ["gpu 0", "gpu 1", "gpu 3"]);
    at_lookup.until_own("it is counted", |own| absent(own, "timeout") >= each(1));
    assert_eq!(lookup.control.hanging(handle).unwrap(), 1, "one thread is left behind, and no more");

    // A library that does not start: nothing can be read, and nothing else is harmed.
    let own = at_init.until_own("it is told", |own| of(own, "stuck_since_unix_seconds", "nvml") > 1.7e9);
    assert!(of(&own, "degraded_seconds_total", "nvml") > 0.0);
    assert!(at_init.says("device=unknown"), "{}", at_init.told());
    assert!(at_init.page().gpus().is_empty());
    assert_eq!((at_init.probe("/healthz"), at_init.probe("/readyz")), (200, 200));
    assert!(init.control.hanging(Target::function(Function::Init)).unwrap() <= 2, "attempts do not pile up");

    for (node, running, gpus) in [(&init, &at_init, 2), (&lookup, &at_lookup, 4)] {
        node.control.clear_all();
        let (page, _) = running.until("all of them", |page| page.gpus().len() == gpus);
        assert_eq!(page.gpus(), node.gpus());
        running.until_own("no longer stuck", |own| of(own, "stuck_since_unix_seconds", "nvml") == 0.0);
        assert!(of(&running.own(), "skipped_ticks_total", "clockreceiver") == 0.0);
    }
}

#[test]
fn a_gpu_that_appears_later_is_found() {
    let node = Node::new(3);
    let running = Running::paced(&node.library, "1s");
    let (page, _) = running.until("three GPUs", |page| page.gpus().len() == 3);
    let first = page.gpus();
    node.control.set_gpus(4).unwrap();
    let (page, _) = running.until("four GPUs", |page| {
        assert!(page.gpus().is_superset(&first), "those that were there go on: {}", page.text());
        page.gpus().len() == 4
    });
    assert_eq!((page.gpus(), page.count(&node.uuid(3))), (node.gpus(), *EACH));
    running.until_says("gpu 3 begins: NVIDIA H100");
    let own = running.own();
    assert!(near(of(&own, "series", "nvml"), all(4)));
    assert!(errors(&own, "read") == 0.0 && running.lines("begins") == 4, "{}", running.told());
}

#[test]
fn a_library_that_is_installed_later_is_found_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libnvidia-ml.so.1");
    let mut running = Running::start(&library);
    running.until_says("there is no library");
    assert!(running.says(&library.display().to_string()), "{}", running.told());
    let first = running.until_own("two attempts", |own| errors(own, "init") >= 2.0);
    assert!(of(&first, "degraded_seconds_total", "nvml") > 0.0, "degraded from its first moment");
    assert_eq!(running.probe("/readyz"), 200, "its first open has returned");
    assert!(running.page().gpus().is_empty());
    assert_eq!(running.lines("there is no library"), 1, "one line for one reason: {}", running.told());

    let node = install(folder.path(), 2, 7).unwrap();
    running.until("its GPUs", |page| page.gpus().len() == 2);
    running.until_says("opened after all");
    let own = running.own();
    let degraded = of(&own, "degraded_seconds_total", "nvml");
    running.until_own("ticks", |later| {
        of(later, "emissions_total", "nvml") >= of(&own, "emissions_total", "nvml") + all(4)
    });
    assert!(near(of(&running.own(), "degraded_seconds_total", "nvml"), degraded), "the clock stands");
    assert!(of(&running.own(), "skipped_ticks_total", "clockreceiver") == 0.0, "nobody else noticed");
    drop(node);
    assert_eq!(running.terminate().0.code(), Some(0));
}

#[test]
fn a_driver_that_does_not_start_says_why_until_it_does() {
    let node = Node::new(2);
    node.control.fail_init(Some(SimError::DRIVER_NOT_LOADED));
    let running = Running::start(&node.library);
    running.until_says("the NVIDIA driver is not loaded");
    assert!(running.says("modprobe nvidia"), "{}", running.told());
    assert!(running.page().gpus().is_empty());
    node.control.fail_init(Some(SimError::NO_PERMISSION));
    running.until_says("no permission to open /dev/nvidia");
    let own = running.until_own("both are counted", |own| errors(own, "init") >= 2.0);
    assert!(of(&own, "degraded_seconds_total", "nvml") > 0.0);
    assert_eq!((running.probe("/healthz"), running.probe("/readyz")), (200, 200));
    node.control.fail_init(None);
    let (page, _) = running.until("its GPUs", |page| page.gpus().len() == 2);
    assert_eq!(page.gpus(), node.gpus());
    assert!(of(&running.own(), "series", "nvml") > 0.0);
}

#[test]
fn a_gpu_that_is_another_now_begins_anew() {
    let node = Node::new(4);
    let running = Running::start(&node.library);
    let (page, _) = running.until("four GPUs", |page| page.gpus().len() == 4);
    let before = page.gpus();
    assert_eq!(before, node.gpus());

    // One is pulled, another is plugged in: behind the gap each index is another GPU.
    node.control.set_present(8, true).unwrap();
    node.control.set_present(1, false).unwrap();
    let after = node.gpus();
    assert_eq!(before.intersection(&after).count(), 1, "only the first is where it was");
    let (page, _) = running.until("the four of now", |page| page.gpus() == after);
    assert_eq!(page.count(&node.uuid(1)), 0, "no series of the one that went");
    let simulation = node.simulation();
    assert!((0..4).all(|index| as_simulated(&page, &simulation, index)), "none has a value of another");
    for (name, uuid) in &after {
        assert_eq!(page.count(uuid), *EACH, "{name}");
    }
    let own = running.own();
    assert!(near(of(&own, "series", "nvml"), all(4)));
    assert!(errors(&own, "cardinality") == 0.0, "{}", running.told());
}

#[test]
fn doctor_finds_the_library_by_its_name_and_says_what_each_gpu_does_not() {
    let node = Node::new(3);
    let folder = node.library.parent().unwrap();
    let doctor = || {
        let output = Command::new(env!("CARGO_BIN_EXE_collector"))
            .arg("doctor")
            .env("LD_LIBRARY_PATH", folder)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let says = |text: &str, parts: &[&str]| {
        parts.iter().for_each(|part| assert!(text.contains(part), "no `{part}` in:\n{text}"));
    };

    node.control.fail(Target::function(Function::GetEncoderUtilization), SimError::NOT_SUPPORTED).unwrap();
    node.control.fail(Target::call(Function::GetPowerUsage, 1), SimError::NO_PERMISSION).unwrap();
    let (code, text) = doctor();
    says(&text, &["GPUs (nvml)\n", &node.library.display().to_string(), "driver 580.95.05"]);
    says(&text, &["  ok    gpu 2: NVIDIA H100 80GB HBM3, GPU-51510000-", "at 00000000:4C:00.0"]);
    says(
        &text,
        &["  note  nvmlDeviceGetEncoderUtilization: not supported by this GPU (NVML code 3): all GPUs"],
    );
    says(&text, &["  note  nvmlDeviceGetPowerUsage: no permission (NVML code 4): gpu 1"]);
    assert_eq!(code, Some(0), "{text}");

    node.control.lose(1).unwrap();
    let (code, text) = doctor();
    says(&text, &["  BAD   gpu 1: ", "fallen off the bus"]);
    assert_eq!(code, Some(1), "{text}");

    node.control.clear_all();
    node.control.fail_init(Some(SimError::DRIVER_NOT_LOADED));
    let (code, text) = doctor();
    says(&text, &["  BAD   driver: the NVIDIA driver is not loaded", "modprobe nvidia"]);
    assert_eq!(code, Some(1), "{text}");

    fs::remove_file(&node.library).unwrap();
    let (_, text) = doctor();
    says(&text, &["libnvidia-ml.so.1 not found: is the NVIDIA driver installed?"]);
}
