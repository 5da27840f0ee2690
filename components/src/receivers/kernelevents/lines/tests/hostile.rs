// SPDX-License-Identifier: Apache-2.0
//! Inputs that nobody writes on purpose, by the hundred thousand: the same laws as the fuzz
//! targets have, on the stable toolchain and always the same.

use super::super::{laws, text};

/// A generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }
}

/// Words that parsers look for: inputs made of them get further than random bytes do.
const WORDS: &[&str] = &[
    "NVRM: ",
    "Xid (",
    "PCI:",
    "0000:9b:00",
    "0000:01:00.0",
    "00000000:AB:1f",
    " GPU-I:",
    " GPU-CI:",
    "05",
    "): ",
    "119",
    "79",
    "154",
    "145",
    "4294967296",
    ", ",
    "pid=",
    "pid='<unknown>'",
    "name=",
    "<unknown>",
    "python",
    "\u{fc}",
    "RST: No",
    "D-RST: Yes",
    ", D-RST: No",
    "caused by previous Xid ",
    "31",
    "RLW_REMAP",
    " Fatal",
    " XC0",
    " i1",
    " Link ",
    "-1",
    "00",
    " (0x4)",
    "GPU recovery action changed from 0x",
    "0 (None)",
    " to 0x",
    "1 (Reset)",
    "nvidia-nvswitch",
    "1",
    ": SXid (PCI:",
    "20034",
    "Non-fatal",
    "Severity ",
    "Data {",
    "GPU at PCI:",
    ": GPU-",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "Rate limiting GSP RPC error prints for GPU at PCI:",
    "The NVIDIA GPU ",
    "fallen off the bus",
    "Out of memory: ",
    "Killed process ",
    " (",
    ") total-vm:",
    "INFO: task ",
    ":",
    " blocked for more than ",
    "BUG: soft lockup - CPU#",
    "! [",
    "]",
    "Oops: ",
    " [#1]",
    "EDAC MC0",
    ": AER: ",
    "Multiple ",
    "Corrected error ",
    "from ",
    "nvme ",
    ": I/O ",
    " timeout",
    "I/O error, dev ",
    "XFS (",
    "EXT4-fs",
    "{",
    "}",
    "[Hardware Error]: ",
    "6,",
    "0,",
    "12,",
    "18446744073709551616,",
    "-;",
    "c;",
    "\n SUBSYSTEM=",
    "\n DEVICE=",
    "\\x0a",
    "\\x5c",
    "\\xff",
    "\\x",
    "\\",
    "\"",
    "[",
    ",",
    "\"MESSAGE\":",
    "\"PRIORITY\":\"3\"",
    "\"__CURSOR\":\"s=1\"",
    "null",
    "\\u",
    "d83d",
    "\\ud83d\\ude00",
    "\\udc00",
    "[72,105]",
    "[[255,1],[2]]",
    "\"_BOOT_ID\":\"0\"",
    " ",
    "\t",
];

/// Changes an input here and there, or makes one of words.
fn change(numbers: &mut Numbers, inputs: &[Vec<u8>], bytes: &mut Vec<u8>) {
    bytes.clear();
    if numbers.below(4) > 0 {
        bytes.extend_from_slice(&inputs[numbers.below(inputs.len())]);
    }
    for _ in 0..numbers.below(6) {
        let at = numbers.below(bytes.len() + 1);
        let byte = numbers.next().to_le_bytes()[0];
        match numbers.below(7) {
            0 => bytes.insert(at, byte),
            1 if at < bytes.len() => bytes[at] = byte,
            2 => bytes.truncate(at),
            3 if at < bytes.len() => {
                bytes.drain(at..(at + 1 + numbers.below(8)).min(bytes.len()));
            }
            4 => {
                let other = &inputs[numbers.below(inputs.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[numbers.below(other.len() + 1)..]);
            }
            _ => {
                let word = WORDS[numbers.below(WORDS.len())].bytes();
                bytes.splice(at..at, word);
            }
        }
    }
}

/// What the fuzz targets have found so far.
fn seeds() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let mut seeds = Vec::new();
    for target in ["kmsg", "journal", "message"] {
        let lines = std::fs::read(folder.join(target).with_extension("txt")).unwrap();
        for line in lines.split(|byte| *byte == b'\n') {
            let mut seed = Vec::new();
            text::unescape(line, &mut seed);
            seeds.push(seed);
        }
    }
    seeds
}

#[test]
fn no_input_breaks_a_law() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::new();
    let mut laws = laws::Laws::new();
    let mut inputs = super::corpus::inputs();
    inputs.extend(seeds());
    for _ in 0..200_000 {
        change(&mut numbers, &inputs, &mut bytes);
        laws.record(&bytes);
        laws.journal(&bytes);
        laws.message(&bytes);
    }
    // An input that means nothing proves nothing.
    let (records, lines, events) = laws.understood();
    assert!(records > 3_000 && lines > 900 && events > 14_000, "{records} {lines} {events}");
}
