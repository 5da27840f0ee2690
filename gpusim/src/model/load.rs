// SPDX-License-Identifier: Apache-2.0
//! What jobs ask of a GPU: one piece of work after another, chosen by the seed.

use crate::noise::{between, mix, unit};

/// What a job asks for at one moment; ratios of what the GPU has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Demand {
    /// Time in which a kernel runs.
    pub(super) sm: f64,
    /// Memory bandwidth.
    pub(super) bandwidth: f64,
    /// Video encoder.
    pub(super) encoder: f64,
    /// Video decoder.
    pub(super) decoder: f64,
    /// JPEG engines.
    pub(super) jpeg: f64,
    /// Optical flow engine.
    pub(super) ofa: f64,
    /// Tensor cores.
    pub(super) tensor: f64,
    /// NVLink, in each direction.
    pub(super) nvlink: f64,
    /// PCIe, towards the GPU; a third of it the other way.
    pub(super) pcie: f64,
    /// Memory allocated, of what is not reserved.
    pub(super) resident: f64,
    /// A process holds the GPU open, which keeps its clocks up.
    pub(super) open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Nobody uses the GPU.
    Idle,
    /// A model is loaded and nobody asks it anything.
    Loaded,
    /// Full load, with a dip at every checkpoint.
    Training,
    /// Load that swells and ebbs with requests.
    Inference,
    /// Like inference, with frames to decode and encode.
    Video,
}

/// The work of one GPU. Each piece begins where the last one ends.
#[derive(Clone, Debug)]
pub(super) struct Load {
    key: u64,
    piece: u64,
    begins: u64,
    ends: u64,
    work: Work,
}

impl Load {
    pub(super) fn new(key: u64) -> Self {
        Self { key, piece: 0, begins: 0, ends: 0, work: Work::Idle }
    }

    /// Which piece of work it is, from 1 on.
    pub(super) fn piece(&self) -> u64 {
        self.piece
    }

    /// What is asked at `step`. Steps must come in order.
    pub(super) fn at(&mut self, step: u64) -> Demand {
        if step >= self.ends {
            self.next(step);
        }
        let key = [self.key, self.piece];
        let own = |low, high, what| between(low, high, &[key[0], key[1], what]);
        let period = 120 + mix(&[key[0], key[1], 10]) % 240;
        let into = step - self.begins;
        let level = own(0.88, 1.0, 11);
        let jitter = 0.06 * (unit(&[self.key, step, 12]) - 0.5);
        match self.work {
            Work::Idle => Demand::default(),
            Work::Loaded => Demand { resident: own(0.2, 0.7, 13), open: true, ..Demand::default() },
            Work::Training => {
                // A checkpoint of a second and a half at the end of each period.
                let saving = into % period >= period - 15;
                let sm = if saving { 0.12 } else { level } + jitter;
                Demand {
                    sm,
                    bandwidth: sm * own(0.5, 0.9, 14),
                    tensor: sm * own(0.3, 0.7, 16),
                    nvlink: if saving { 0.0 } else { sm * own(0.1, 0.6, 17) },
                    pcie: if saving { 0.7 } else { 0.04 },
                    resident: own(0.7, 0.97, 13),
                    open: true,
                    ..Demand::default()
                }
            }
            Work::Inference | Work::Video => {
                let sm = 0.1 + (level - 0.15) * triangle(into, period) + jitter;
                let codec = if self.work == Work::Video { own(0.3, 0.9, 15) } else { 0.0 };
                Demand {
                    sm,
                    bandwidth: sm * own(0.4, 0.8, 14),
                    encoder: sm * codec * 0.5,
                    decoder: sm * codec,
                    jpeg: sm * codec * 0.7,
                    ofa: sm * codec * 0.3,
                    tensor: sm * own(0.2, 0.5, 16),
                    nvlink: sm * own(0.0, 0.15, 17),
                    pcie: sm * own(0.05, 0.3, 18),
                    resident: own(0.3, 0.9, 13),
                    open: true,
                }
            }
        }
    }

    fn next(&mut self, step: u64) {
        self.piece += 1;
        self.begins = step;
        // 15 to 90 seconds: short for a job, right for a person who watches.
        self.ends = step + 150 + mix(&[self.key, self.piece, 1]) % 750;
        self.work = match mix(&[self.key, self.piece, 2]) % 100 {
            0..45 => Work::Training,
            45..65 => Work::Inference,
            65..75 => Work::Video,
            75..88 => Work::Loaded,
            _ => Work::Idle,
        };
    }
}

/// 0 at the ends of a period, 1 in its middle.
fn triangle(into: u64, period: u64) -> f64 {
    // A period is a few hundred steps: exact in an f64.
    let position = (into % period) as f64 / period as f64;
    1.0 - (2.0 * position - 1.0).abs()
}

#[cfg(test)]
mod tests {
    use super::{Load, Work};

    #[test]
    fn every_kind_of_work_comes_up_and_asks_for_what_exists() {
        let mut seen = Vec::new();
        let mut load = Load::new(3);
        for step in 1..200_000 {
            let demand = load.at(step);
            for ratio in [
                demand.sm,
                demand.bandwidth,
                demand.encoder,
                demand.decoder,
                demand.jpeg,
                demand.ofa,
                demand.tensor,
                demand.nvlink,
                demand.pcie,
            ] {
                assert!((-0.05..=1.05).contains(&ratio), "{demand:?} in {:?}", load.work);
            }
            assert!((0.0..=0.98).contains(&demand.resident));
            assert_eq!(demand.open, load.work != Work::Idle);
            if !seen.contains(&load.work) {
                seen.push(load.work);
            }
        }
        assert_eq!(seen.len(), 5, "{seen:?}");
    }

    #[test]
    fn training_dips_at_its_checkpoints() {
        let mut load = Load::new(3);
        let training: Vec<f64> =
            (1..100_000).map(|step| load.at(step).sm).zip(std::iter::repeat(())).map(|(sm, ())| sm).collect();
        assert!(training.iter().any(|sm| *sm > 0.9));
        assert!(training.iter().any(|sm| (0.08..0.16).contains(sm)));
    }
}
