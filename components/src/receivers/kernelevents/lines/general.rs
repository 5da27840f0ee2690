// SPDX-License-Identifier: Apache-2.0
//! What the kernel says when something is wrong with the machine: what node problem detectors
//! look for, each kind told by the line that comes once for each occurrence.
//!
//! An oops or a hardware error is many lines; the others of them are no events.

use super::scan::Scan;

/// Something that the kernel reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct General<'a> {
    /// What it is.
    pub kind: Kind,
    /// The process that it is about.
    pub pid: Option<u32>,
    /// The name of that process.
    pub process: Option<&'a str>,
    /// The disk, filesystem, network interface or PCI device that it is about.
    pub device: Option<&'a str>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// What the kernel reports, by the names that attributes use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As attributes and pipeline files write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// A process was killed, since memory ran out.
    OomKill "oom_kill";
    /// A task waits for too long in the kernel.
    HungTask "hung_task";
    /// A CPU has not scheduled for too long.
    SoftLockup "soft_lockup";
    /// A CPU has not even taken interrupts for too long.
    HardLockup "hard_lockup";
    /// A CPU or a task holds up RCU.
    RcuStall "rcu_stall";
    /// The kernel met a mistake of its own: `Oops`, `general protection fault`.
    Oops "oops";
    /// The kernel met a mistake of its own: `BUG:`, `kernel BUG at`.
    Bug "bug";
    /// The kernel met something that should not be: `WARNING:`.
    Warning "warning";
    /// The kernel gave up.
    Panic "panic";
    /// A disk did not read or write.
    IoError "io_error";
    /// A filesystem is broken.
    FilesystemError "filesystem_error";
    /// A filesystem can no longer be written to.
    FilesystemReadonly "filesystem_readonly";
    /// A CPU reported a machine check.
    MachineCheck "machine_check";
    /// The firmware reported a hardware error (APEI, CPER).
    HardwareError "hardware_error";
    /// Memory had an error that was corrected (EDAC).
    MemoryCorrected "memory_corrected";
    /// Memory had an error that could not be corrected (EDAC).
    MemoryUncorrected "memory_uncorrected";
    /// A page of memory was taken out of use.
    MemoryFailure "memory_failure";
    /// A PCI Express link or device had an error that was corrected (AER).
    PcieCorrected "pcie_corrected";
    /// A PCI Express link or device had an error that could not be corrected (AER).
    PcieUncorrected "pcie_uncorrected";
    /// A CPU was slowed down for its heat.
    CpuThrottled "cpu_throttled";
    /// A network interface does not send.
    NetworkTimeout "network_timeout";
    /// A GPU has fallen off the bus.
    GpuLost "gpu_lost";
}

/// What this message means, if it is one of these.
pub(super) fn parse(text: &str) -> Option<General<'_>> {
    // One line: what follows may be anybody's words.
    let line = text.lines().next().unwrap_or_default();
    memory(line)
        .or_else(|| stuck(line))
        .or_else(|| mistake(line))
        .or_else(|| disk(line))
        .or_else(|| filesystem(line))
        .or_else(|| hardware(line))
        .or_else(|| network(line))
}

const fn only<'a>(kind: Kind) -> General<'a> {
    General { kind, pid: None, process: None, device: None }
}

const fn on(kind: Kind, device: Option<&str>) -> General<'_> {
    General { kind, pid: None, process: None, device }
}

fn memory(line: &str) -> Option<General<'_>> {
    let mut scan = Scan(line);
    // `Out of memory: Kill process` of older kernels is followed by the line that counts.
    let _ = scan.eat("Out of memory: ") || scan.eat("Memory cgroup out of memory: ");
    if scan.eat("Killed process ") {
        let pid = scan.number()?;
        // Kernels of old name the user as well.
        if scan.eat(", UID ") {
            scan.until(",")?;
        }
        // The name may hold parentheses itself.
        let named = scan.eat(" (");
        let name = named.then(|| scan.until(") total-vm:").or_else(|| scan.until(")"))).flatten();
        return Some(General { kind: Kind::OomKill, pid: Some(pid), process: name, device: None });
    }
    line.strip_prefix("Memory failure: 0x")?
        .contains(": recovery action for ")
        .then(|| only(Kind::MemoryFailure))
}

fn stuck(line: &str) -> Option<General<'_>> {
    if let Some(rest) = line.strip_prefix("INFO: task ") {
        let (task, _) = rest.split_once(" blocked for more than ")?;
        // A name may hold colons itself.
        let (name, pid) = task.rsplit_once(':')?;
        let pid = Some(pid.parse().ok()?);
        return Some(General { kind: Kind::HungTask, pid, process: Some(name), device: None });
    }
    let rest =
        line.strip_prefix("NMI watchdog: ").or_else(|| line.strip_prefix("watchdog: ")).unwrap_or(line);
    if rest.starts_with("BUG: soft lockup - CPU#") {
        let mut task = Scan(rest);
        let task = task.until("! [").and_then(|_| task.until("]")).and_then(|task| task.rsplit_once(':'));
        return Some(General {
            kind: Kind::SoftLockup,
            pid: task.and_then(|(_, pid)| pid.parse().ok()),
            process: task.map(|(name, _)| name),
            device: None,
        });
    }
    if rest.starts_with("Watchdog detected hard LOCKUP on cpu") {
        return Some(only(Kind::HardLockup));
    }
    let rcu = line.strip_prefix("rcu: ").unwrap_or(line).strip_prefix("INFO: rcu")?;
    let stall = rcu.contains("self-detected stall on CPU")
        || rcu.contains("detected stalls on CPUs/tasks")
        || rcu.contains("detected expedited stalls on CPUs/tasks");
    stall.then(|| only(Kind::RcuStall))
}

fn mistake(line: &str) -> Option<General<'_>> {
    const OOPSES: [&str; 8] = [
        "Oops: ",
        "Internal error: ",
        "general protection fault",
        "stack segment: ",
        "divide error: ",
        "invalid opcode: ",
        "double fault: ",
        "kernel stack overflow",
    ];
    if line.starts_with("Kernel panic - not syncing") {
        return Some(only(Kind::Panic));
    }
    // `[#1]` is the number of the oops; the words alone also come of a process that crashed.
    let numbered = |line: &str| {
        line.split_once(" [#").is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if OOPSES.iter().any(|opening| line.starts_with(opening)) && numbered(line) {
        return Some(only(Kind::Oops));
    }
    if line.starts_with("BUG: ") || line.starts_with("kernel BUG at ") {
        return Some(only(Kind::Bug));
    }
    if line.starts_with("Unable to handle kernel ") {
        return Some(only(Kind::Bug));
    }
    // The place comes after the CPU, or since 6.18 before it.
    let place = line.strip_prefix("WARNING: ")?;
    (place.starts_with("CPU: ") || place.contains(" at ")).then(|| only(Kind::Warning))
}

/// A word that ends where a name ends.
fn word<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    let word = scan.run(|byte| !byte.is_ascii_whitespace() && !b",:)]".contains(&byte));
    (!word.is_empty()).then_some(word)
}

fn disk(line: &str) -> Option<General<'_>> {
    let mut scan = Scan(line);
    if scan.eat("Buffer I/O error on dev") {
        scan.eat("ice");
        return scan.eat(" ").then(|| on(Kind::IoError, word(&mut scan)));
    }
    // `nvme nvme0: I/O 12 QID 3 timeout, aborting`
    if scan.eat("nvme ") {
        let device = word(&mut scan);
        return (scan.eat(": I/O ") && scan.0.contains(" timeout")).then(|| on(Kind::IoError, device));
    }
    let _ = scan.eat("blk_update_request: ") || scan.eat("print_req_error: ");
    let known = scan.eat("I/O error, dev ")
        || scan.eat("protection error, dev ")
        || scan.eat("timeout error, dev ")
        || (scan.eat("critical ") && scan.until(" error, dev ").is_some());
    known.then(|| on(Kind::IoError, word(&mut scan)))
}

fn filesystem(line: &str) -> Option<General<'_>> {
    let mut scan = Scan(line);
    let ext = ["EXT4-fs", "EXT3-fs", "EXT2-fs"].into_iter().any(|name| scan.eat(name));
    if ext {
        if scan.eat(" error (device ") {
            return Some(on(Kind::FilesystemError, word(&mut scan)));
        }
        if scan.eat(" (") {
            let device = word(&mut scan);
            return scan
                .0
                .contains("Remounting filesystem read-only")
                .then(|| on(Kind::FilesystemReadonly, device));
        }
        return None;
    }
    if scan.eat("XFS (") {
        let device = word(&mut scan);
        let said = scan.0.strip_prefix("): ")?;
        let shut = said.contains("hutting down filesystem") || said.contains("Filesystem has been shut down");
        let broken = [
            "Corruption ",
            "Metadata corruption ",
            "Metadata CRC error",
            "Internal error ",
            "metadata I/O error",
            "log I/O error",
        ];
        if broken.iter().any(|opening| said.starts_with(opening)) {
            return Some(on(Kind::FilesystemError, device));
        }
        return shut.then(|| on(Kind::FilesystemReadonly, device));
    }
    if scan.eat("BTRFS error (device ") || scan.eat("BTRFS critical (device ") {
        return Some(on(Kind::FilesystemError, word(&mut scan)));
    }
    if scan.eat("BTRFS info (device ") || scan.eat("BTRFS warning (device ") {
        let device = word(&mut scan);
        return scan.0.contains("forced readonly").then(|| on(Kind::FilesystemReadonly, device));
    }
    if scan.eat("Aborting journal on device ") {
        let device = scan.run(|byte| !byte.is_ascii_whitespace());
        return Some(on(Kind::FilesystemError, Some(device.strip_suffix('.').unwrap_or(device))));
    }
    if scan.eat("FAT-fs (") {
        let device = word(&mut scan);
        return scan.0.starts_with("): error").then(|| on(Kind::FilesystemError, device));
    }
    scan.eat("SQUASHFS error: ").then(|| only(Kind::FilesystemError))
}

fn hardware(line: &str) -> Option<General<'_>> {
    let mut scan = Scan(line);
    if scan.eat("mce: [Hardware Error]: ") {
        let logged = scan.0.starts_with("Machine check events logged");
        let told = scan.eat("CPU ") && scan.number::<u32>().is_some() && scan.eat(": Machine Check");
        return (logged || told).then(|| only(Kind::MachineCheck));
    }
    if scan.eat("{") {
        let numbered = scan.number::<u64>().is_some() && scan.eat("}[Hardware Error]: ");
        let first = numbered && scan.eat("Hardware error from APEI Generic Hardware Error Source: ");
        return first.then(|| only(Kind::HardwareError));
    }
    if scan.eat("EDAC ") {
        let controller = word(&mut scan);
        if !scan.eat(": ") || scan.number::<u64>().is_none() {
            return None;
        }
        return if scan.eat(" CE ") {
            Some(on(Kind::MemoryCorrected, controller))
        } else if scan.eat(" UE ") {
            Some(on(Kind::MemoryUncorrected, controller))
        } else {
            None
        };
    }
    if let Some(cpu) = scan.0.strip_prefix("CPU") {
        let mut cpu = Scan(cpu);
        let hot = cpu.number::<u32>().is_some()
            && (cpu.eat(": Core temperature") || cpu.eat(": Package temperature"))
            && cpu.0.contains(" above threshold");
        return hot.then(|| only(Kind::CpuThrottled));
    }
    // `pcieport 0000:00:01.0: AER: Corrected error received: 0000:01:00.0`
    let port = word(&mut scan)?;
    if !scan.eat(" ") || port.len() > 64 {
        return None;
    }
    let (_, said) = scan.0.split_once(": AER: ")?;
    let mut scan = Scan(said);
    scan.eat("Multiple ");
    let kind = if scan.eat("Corrected error ") || scan.eat("Correctable error ") {
        Kind::PcieCorrected
    } else if scan.eat("Uncorrected ") || scan.eat("Uncorrectable ") {
        Kind::PcieUncorrected
    } else {
        return None;
    };
    let (_, from) = scan.0.split_once(": ").or_else(|| scan.0.split_once("from "))?;
    let from = from.strip_prefix("from ").unwrap_or(from).trim();
    Some(on(kind, (!from.is_empty()).then_some(from)))
}

fn network(line: &str) -> Option<General<'_>> {
    let mut scan = Scan(line);
    if scan.eat("NETDEV WATCHDOG: ") {
        return scan.0.contains("timed out").then(|| on(Kind::NetworkTimeout, word(&mut scan)));
    }
    // Newer kernels name the driver and the device first.
    let (device, _) = line.split_once(": NETDEV WATCHDOG: ")?;
    line.contains("timed out").then(|| on(Kind::NetworkTimeout, device.rsplit(' ').next()))
}
