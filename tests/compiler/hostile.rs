// SPDX-License-Identifier: Apache-2.0
//! Files that somebody made to hurt the compiler. None may make it panic, hang or eat memory;
//! what it says of them does not matter.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tracecore_compiler::{Compilation, Look, Source, compile, emit, explain, graph};

use super::{catalog, corpus};

/// Far more than any of these files takes, and far less than one takes that is read in more
/// than linear time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Compiles files one after the other on a thread that is given up when it hangs.
fn survive(files: Vec<Vec<u8>>) {
    let (done, wait) = mpsc::channel();
    let count = files.len();
    let worker = thread::spawn(move || {
        for (index, bytes) in files.into_iter().enumerate() {
            let compilation = compile(&[Source::new("x.yaml", bytes)], &catalog::catalog());
            use_all(&compilation);
            done.send(index).unwrap();
        }
    });
    for index in 0..count {
        match wait.recv_timeout(PATIENCE) {
            Ok(_) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("file {index} hangs"),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    worker.join().expect("the compiler panicked");
}

fn use_all(compilation: &Compilation) {
    let drawn = compilation.report.draw(Look::Plain);
    assert!(drawn.len() < 4 << 20, "{} bytes of messages", drawn.len());
    assert!(compilation.report.lines().count() < 200_000);
    assert!(emit(&compilation.plans).contains("PIPELINES"));
    for plan in &compilation.plans {
        assert!(!explain(plan).is_empty() && !graph(plan).is_empty());
    }
}

#[test]
fn files_that_are_too_large_too_deep_or_too_many() {
    let pipelines: String = (0..2_000)
        .map(|i| format!("  metrics/{i}: {{receivers: [clock, host], exporters: [lines, page]}}\n"))
        .collect();
    let components: String = (0..20_000).map(|i| format!("  clock/{i}:\n")).collect();
    let head = "receivers:\n  clock:\n  host:\nexporters:\n  lines:\n  page:\npipelines:\n";
    let anchors: String =
        (0..20_000).map(|i| format!("  a{i}: &a{i} {{<<: *a{}}}\n", i.max(1) - 1)).collect();
    let long = "x".repeat(60_000);
    survive(vec![
        "[".repeat(1 << 20).into_bytes(),
        "{".repeat(1 << 20).into_bytes(),
        "- ".repeat(1 << 19).into_bytes(),
        "? ".repeat(1 << 19).into_bytes(),
        "a: {".repeat(1 << 18).into_bytes(),
        "\"".repeat(1 << 20).into_bytes(),
        "&a ".repeat(1 << 18).into_bytes(),
        "!".repeat(1 << 20).into_bytes(),
        "#".repeat(1 << 20).into_bytes(),
        "\n".repeat(1 << 20).into_bytes(),
        " ".repeat(1 << 20).into_bytes(),
        "a\n".repeat(1 << 19).into_bytes(),
        "a: |\n".repeat(1 << 17).into_bytes(),
        format!("a: \"{}", "\\x41".repeat(1 << 18)).into_bytes(),
        vec![b'a'; 64 << 20],
        vec![0xFF; 1 << 20],
        (0..20_000).map(|i| format!("k{i}: v\n")).collect::<String>().into_bytes(),
        "k: v\n".repeat(100_000).into_bytes(),
        format!("{head}{pipelines}").into_bytes(),
        format!("receivers:\n{components}pipelines:\n  metrics:\n").into_bytes(),
        format!("receivers:\n{anchors}").into_bytes(),
        format!("a: &a {long}\nb: [{}]", "*a,".repeat(200_000)).into_bytes(),
        format!("receivers:\n  clock: {{{}}}", "x: 1, ".repeat(100_000)).into_bytes(),
        format!("receivers:\n  host: {{scrapers: [{}]}}", "cpuu, ".repeat(40_000)).into_bytes(),
        format!("processors:\n  filter: {{include: [\"{}\"]}}\n", "*a".repeat(20_000)).into_bytes(),
        format!("receivers:\n  clock: {{interval: {}}}", "${env:A:-".repeat(7_000)).into_bytes(),
    ]);
}

#[test]
fn good_files_with_bytes_changed() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let files: Vec<_> = corpus("good").into_iter().chain(corpus("bad")).collect();
    let texts: Vec<Vec<u8>> = files.iter().map(|(name, _)| bytes(name)).filter(|b| b.len() < 5_000).collect();
    let pieces: Vec<&[u8]> = vec![
        b"[",
        b"]",
        b"{",
        b"}",
        b":",
        b": ",
        b"- ",
        b"? ",
        b"&a ",
        b"*a ",
        b"<<: ",
        b"!!str ",
        b"|",
        b">-",
        b"\"",
        b"'",
        b"\n",
        b"\r\n",
        b"\t",
        b"  ",
        b"${",
        b"}",
        b"$$",
        b"#",
        b"%",
        b"---\n",
        b"...\n",
        b"\xEF\xBB\xBF",
        b"\xC3",
        b"\0",
        b"\\",
        b"\xE2\x80\xA8",
        b"\xC2\x85",
        b",",
        b"0",
        b"~",
    ];
    let mut mutants = Vec::new();
    for _ in 0..4_000 {
        let mut mutant = texts[random.below(texts.len())].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(mutant.len() + 1);
            match random.below(4) {
                0 => drop(mutant.splice(at..at, pieces[random.below(pieces.len())].iter().copied())),
                1 => drop(mutant.drain(at..(at + random.below(8)).min(mutant.len()))),
                2 => mutant.truncate(at.max(1)),
                _ => {
                    let other = &texts[random.below(texts.len())];
                    let from = random.below(other.len());
                    let piece = other[from..(from + random.below(40)).min(other.len())].to_vec();
                    drop(mutant.splice(at..at, piece));
                }
            }
        }
        mutants.push(mutant);
    }
    survive(mutants);
}

#[test]
fn bytes_without_meaning() {
    let mut random = Random(42);
    let alphabet: Vec<u8> = b"ab: -[]{}&*!|>'\"%@`#,?\n\n  \t\r~<0\\${}:\xC3\xA9".to_vec();
    let files = (0..4_000).map(|i| {
        let length = random.below(200);
        let any = |random: &mut Random| u8::try_from(random.below(256)).unwrap();
        (0..length)
            .map(|_| if i % 4 == 0 { any(&mut random) } else { alphabet[random.below(alphabet.len())] })
            .collect()
    });
    survive(files.collect());
}

fn bytes(stem: &str) -> Vec<u8> {
    let find = |folder| std::fs::read(super::folder(folder).join(format!("{stem}.yaml"))).ok();
    find("good").or_else(|| find("bad")).unwrap()
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap()
    }
}
