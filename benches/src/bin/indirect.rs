// SPDX-License-Identifier: Apache-2.0
//! Reads the machine code of a function and of everything it reaches by direct calls, and lists
//! the indirect calls in it: a trait object on the tick's path shows up here.
//!
//! ```text
//! indirect BINARY ROOT [--allow NAME]... [--cold NAME]...
//! ```
//!
//! `ROOT` is a demangled name (each instance of a generic function has the same), `NAME` a part
//! of one. Calls inside functions that `--allow` names are
//! fine (the driver's function table); functions that `--cold` names are not entered (failure
//! paths). Calls through the global offset table are followed like direct ones: what it holds
//! is fixed when the program is loaded (a function of ours, or one of the C library).
//! Exit code 1 if an indirect call is left, 2 if the root is not found.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool's output")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, ExitCode};

/// Where a failed check ends up, whatever the code around it: not part of a tick.
const COLD: &[&str] = &[
    "core::panicking",
    "core::option::unwrap_failed",
    "core::option::expect_failed",
    "core::result::unwrap_failed",
    "core::slice::index",
    "core::str::slice_error_fail",
    "alloc::raw_vec::handle_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::alloc::handle_alloc_error",
    "std::panicking",
    "std::process::abort",
    "std::sys::sync::mutex::futex::Mutex::lock_contended",
    "core::ptr::drop_in_place::<std::io::error::Error>",
    "tracing",
    "_Unwind_Resume",
    // A failure is made.
    "tracecore_runtime::failure::ErrorKind::because",
    // The frame is ready and in the queue: whoever waits for it is woken.
    "tokio::sync::notify",
];

struct Function {
    name: String,
    lines: Vec<String>,
}

/// A program: functions by address, and what the global offset table will hold: a function of
/// the program, or nothing we can see (the C library's).
struct Program {
    functions: BTreeMap<u64, Function>,
    table: BTreeMap<u64, Option<u64>>,
}

/// What a call or jump goes to.
enum Goes {
    /// To a place in the program.
    To(u64),
    /// Out of the program, to a place that is fixed when it is loaded.
    Out,
    /// To whatever a register or a place in memory holds.
    Anywhere,
    /// Nowhere else: no call, or a jump within the function.
    On,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(binary), Some(root)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: indirect BINARY ROOT [--allow NAME]... [--cold NAME]...");
        return ExitCode::from(2);
    };
    let (mut allow, mut cold) = (Vec::new(), COLD.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    while let (Some(flag), Some(name)) = (arguments.next(), arguments.next()) {
        match flag.as_str() {
            "--allow" => allow.push(name),
            "--cold" => cold.push(name),
            other => {
                eprintln!("unknown flag {other}");
                return ExitCode::from(2);
            }
        }
    }
    match Program::read(&binary) {
        Ok(program) => program.report(&root, &allow, &cold),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn output(command: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(command)
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot run {command}: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// Every function by address.
fn disassemble(binary: &str) -> Result<BTreeMap<u64, Function>, String> {
    let mut functions = BTreeMap::new();
    let mut current = None;
    for line in output("objdump", &["-d", "-C", "--no-show-raw-insn", "-j", ".text", binary])?.lines() {
        if let Some((address, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            current = hex(address);
            if let Some(address) = current {
                functions.insert(address, Function { name: name.to_owned(), lines: Vec::new() });
            }
        } else if let Some(function) = current.and_then(|address| functions.get_mut(&address))
            && let Some((_, instruction)) = line.split_once(":\t")
        {
            function.lines.push(instruction.trim().to_owned());
        }
    }
    Ok(functions)
}

/// What the loader writes, by the place that it writes to.
fn relocations(binary: &str) -> Result<BTreeMap<u64, Option<u64>>, String> {
    let text = output("readelf", &["-rW", binary])?;
    let relocation = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let place = hex(fields.first()?)?;
        match *fields.get(2)? {
            "R_X86_64_RELATIVE" => Some((place, hex(fields.get(3)?))),
            "R_X86_64_GLOB_DAT" | "R_X86_64_JUMP_SLOT" => Some((place, None)),
            _ => None,
        }
    };
    Ok(text.lines().filter_map(relocation).collect())
}

impl Program {
    fn read(binary: &str) -> Result<Self, String> {
        Ok(Self { functions: disassemble(binary)?, table: relocations(binary)? })
    }

    fn report(&self, root: &str, allow: &[String], cold: &[String]) -> ExitCode {
        let is_root = |function: &Function| function.name == root;
        let mut waiting: Vec<(u64, Vec<u64>)> = self
            .functions
            .iter()
            .filter(|(_, function)| is_root(function))
            .map(|(address, _)| (*address, vec![*address]))
            .collect();
        if waiting.is_empty() {
            eprintln!("no function is called `{root}`");
            return ExitCode::from(2);
        }
        let roots = waiting.len();
        let mut seen = BTreeSet::new();
        let (mut instructions, mut fine, mut left) = (0, 0, 0);
        while let Some((address, path)) = waiting.pop() {
            let Some(function) = self.functions.get(&address).filter(|_| seen.insert(address)) else {
                continue;
            };
            instructions += function.lines.len();
            for at in 0..function.lines.len() {
                match self.goes(&function.lines, at) {
                    Goes::To(target) => {
                        // A jump into the middle of something is a branch, not a call.
                        if let Some(callee) = self.functions.get(&target)
                            && !cold.iter().any(|name| callee.name.contains(name.as_str()))
                        {
                            let mut path = path.clone();
                            path.push(target);
                            waiting.push((target, path));
                        }
                    }
                    Goes::Anywhere if allow.iter().any(|name| function.name.contains(name.as_str())) => {
                        fine += 1;
                    }
                    Goes::Anywhere => {
                        left += 1;
                        println!("indirect: {}", function.lines[at]);
                        for step in &path {
                            println!("    in {}", self.functions[step].name);
                        }
                    }
                    Goes::Out | Goes::On => {}
                }
            }
        }
        println!(
            "{roots} root(s), {} functions, {instructions} instructions, {fine} indirect calls where they are allowed, {left} elsewhere",
            seen.len()
        );
        ExitCode::from(u8::from(left > 0))
    }

    fn goes(&self, lines: &[String], at: usize) -> Goes {
        let line = lines[at].strip_prefix("notrack ").unwrap_or(&lines[at]);
        let Some((operation, operand)) = line.split_once(char::is_whitespace) else { return Goes::On };
        let operand = operand.trim();
        if !operation.starts_with("call") && !operation.starts_with('j') {
            return Goes::On;
        }
        let Some(place) = operand.strip_prefix('*') else {
            return operand.split_whitespace().next().and_then(hex).map_or(Goes::On, Goes::To);
        };
        if place.contains("(%rip)") {
            return self.through_table(place);
        }
        if place.starts_with('%') {
            // The register's last value before: the table's (kept for several calls), or a
            // `match` that jumps through offsets, which alone are loaded sign-extended.
            let writes = format!(",{place}");
            let mut before = lines[..at].iter().rev();
            if let Some(load) =
                before.find(|line| line.ends_with(&writes) || line.contains(&format!("{writes} ")))
                && load.starts_with("mov ")
                && load.contains("(%rip)")
            {
                return self.through_table(load);
            }
            let offsets = operation.starts_with('j')
                && lines[at.saturating_sub(6)..at].iter().any(|line| line.starts_with("movslq"));
            if offsets {
                return Goes::On;
            }
        }
        Goes::Anywhere
    }

    /// An operand such as `0x10a920(%rip)        # 199010 <memset@GLIBC_2.2.5>`.
    fn through_table(&self, operand: &str) -> Goes {
        let place = operand.split_once("# ").and_then(|(_, place)| hex(place.split_whitespace().next()?));
        match place.and_then(|place| self.table.get(&place)) {
            Some(Some(target)) => Goes::To(*target),
            Some(None) => Goes::Out,
            None => Goes::Anywhere,
        }
    }
}
