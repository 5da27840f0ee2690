// SPDX-License-Identifier: Apache-2.0
//! gzip with a compressor that is kept: its tables are large, and there is work for it each
//! second.

use flate2::{Compress, Compression, FlushCompress, Status};

/// The window that every decompressor has: 32 KiB.
const WINDOW_BITS: u8 = 15;

#[derive(Debug)]
pub(super) struct Gzip(Compress);

impl Gzip {
    /// A compressor that works as hard as `level` says: 1 to 9.
    pub(super) fn new(level: u32) -> Self {
        Self(Compress::new_gzip(Compression::new(level.clamp(1, 9)), WINDOW_BITS))
    }

    /// Appends the compressed text. `None` if the compressor fails, which it has no reason to.
    pub(super) fn write(&mut self, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
        self.0.reset();
        let mut done = 0;
        loop {
            // What is sent here shrinks to an eighth; if not, there are more rounds.
            out.reserve(text.len() / 6 + 64);
            let status = self.0.compress_vec(&text[done..], out, FlushCompress::Finish).ok()?;
            done = usize::try_from(self.0.total_in()).ok()?;
            match status {
                Status::StreamEnd => return Some(()),
                Status::Ok | Status::BufError => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::io::Read;

    use super::Gzip;

    #[test]
    fn texts_survive_one_after_the_other() {
        let mut gzip = Gzip::new(1);
        let noise: String = (0..50_000_u64).map(|n| char::from(33 + (n * n * 31 % 90) as u8)).collect();
        for text in ["", "a", &"hw_id=\"GPU-1\" 5\n".repeat(5_000), &noise] {
            let mut packed = Vec::new();
            gzip.write(text.as_bytes(), &mut packed).unwrap();
            let mut unpacked = String::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).unwrap();
            assert_eq!(unpacked, text);
        }
    }
}
