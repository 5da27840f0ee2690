// SPDX-License-Identifier: Apache-2.0
//! A scripted source: what a component under test finds where it would read a device.
//!
//! A component is made by the runtime and not by the test, so the two meet in a `static`. The
//! script stands for one source of readings; it must never know who reads it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What one call finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// This reading.
    Read(T),
    /// A failure with this message.
    Fail(&'static str),
    /// Nothing yet: the call does not return until the script is [played](Script::play) anew.
    Hang,
    /// A panic.
    Panic,
}

/// A sequence of readings, failures, hangs and panics, one per call. The last one stays.
///
/// ```
/// use tracecore_runtime::testing::{Script, Step, run_once};
/// use tracecore_runtime::{ErrorKind, Failure, Open, Pace, Receiver, Registrar, Slot, receiver};
/// use tracecore_schema::{Config, Gauge, MetricSet};
///
/// static SENSOR: Script<f64> = Script::new(20.0);
///
/// /// Reads the sensor.
/// #[derive(Clone, Debug, Config)]
/// #[config(receiver = "sensor", signal = metrics, metrics = SensorMetrics, rust = Sensor)]
/// pub struct SensorConfig {}
///
/// #[derive(MetricSet)]
/// pub struct SensorMetrics {
///     /// How warm it is.
///     #[metric(name = "sensor.temperature", unit = "Cel")]
///     pub temperature: Gauge<f64>,
/// }
///
/// #[receiver(config = SensorConfig, metrics = SensorMetrics, errors(read))]
/// pub struct Sensor(Slot<f64>);
///
/// impl Receiver for Sensor {
///     fn pace(_: &SensorConfig) -> Pace {
///         Pace::every(std::time::Duration::from_secs(1))
///     }
///     fn open(_: SensorConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
///         Ok(Self(Slot::OFF))
///     }
///     fn discover(&mut self, series: &mut Registrar<'_, SensorMetrics>) -> Result<(), Failure<Self>> {
///         if !self.0.is_on() {
///             self.0 = series.begin(|metrics| metrics.temperature, []);
///         }
///         Ok(())
///     }
///     fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
///         out.set(self.0, SENSOR.next().map_err(|cause| SensorKind::Read.because(cause))?);
///         Ok(())
///     }
/// }
///
/// SENSOR.play([Step::Read(21.5), Step::Fail("no answer")]);
/// let points = run_once::<Sensor>(SensorConfig {}).unwrap();
/// assert_eq!(points[0].to_string(), "sensor.temperature{} = 21.5");
/// let failure = run_once::<Sensor>(SensorConfig {}).unwrap_err();
/// assert_eq!(failure.to_string(), "no answer");
/// assert_eq!(SENSOR.calls(), 2);
/// ```
#[derive(Debug)]
pub struct Script<T> {
    state: Mutex<State<T>>,
    played: Condvar,
}

#[derive(Debug)]
struct State<T> {
    planned: VecDeque<Step<T>>,
    now: Step<T>,
    plays: usize,
    calls: usize,
    hanging: usize,
}

impl<T: Clone> Script<T> {
    /// One that finds `reading` at every call.
    #[must_use]
    pub const fn new(reading: T) -> Self {
        let now = Step::Read(reading);
        let state = State { planned: VecDeque::new(), now, plays: 0, calls: 0, hanging: 0 };
        Self { state: Mutex::new(state), played: Condvar::new() }
    }

    /// Replaces what is left of the script. Calls that hang go on with the new one.
    ///
    /// # Panics
    ///
    /// There is no step.
    pub fn play(&self, steps: impl IntoIterator<Item = Step<T>>) {
        let planned: VecDeque<_> = steps.into_iter().collect();
        assert!(!planned.is_empty(), "a script has at least one step: the last one stays");
        let mut state = self.lock();
        state.planned = planned;
        state.plays += 1;
        drop(state);
        self.played.notify_all();
    }

    /// The next step, as the component sees it.
    ///
    /// # Errors
    ///
    /// The message of a [`Step::Fail`].
    ///
    /// # Panics
    ///
    /// As a [`Step::Panic`] asks.
    pub fn next(&self) -> Result<T, &'static str> {
        let mut state = self.lock();
        state.calls += 1;
        loop {
            if let Some(step) = state.planned.pop_front() {
                state.now = step;
            }
            match state.now.clone() {
                Step::Read(reading) => return Ok(reading),
                Step::Fail(message) => return Err(message),
                Step::Panic => {
                    drop(state);
                    planted();
                }
                Step::Hang => {
                    let plays = state.plays;
                    state.hanging += 1;
                    let waited = self.played.wait_while(state, |state| state.plays == plays);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                    state.hanging -= 1;
                }
            }
        }
    }

    /// How many calls there were so far, those that hang included.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    /// How many calls hang now.
    #[must_use]
    pub fn hanging(&self) -> usize {
        self.lock().hanging
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Whatever panics holds no lock; a poisoned one would come from cloning a reading, which
        // changes nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(clippy::panic, reason = "it is what the test asked for")]
fn planted() -> ! {
    panic!("planted by the script")
}

#[cfg(test)]
mod tests {
    use super::{Script, Step};

    #[test]
    fn steps_come_in_order_and_the_last_one_stays() {
        let script = Script::new(0);
        assert_eq!([script.next(), script.next()], [Ok(0), Ok(0)]);
        script.play([Step::Read(1), Step::Fail("away"), Step::Read(2)]);
        assert_eq!(
            [script.next(), script.next(), script.next(), script.next()],
            [Ok(1), Err("away"), Ok(2), Ok(2)]
        );
        assert_eq!(script.calls(), 6);
    }

    #[test]
    fn a_panic_leaves_the_script_usable() {
        let script = Script::new(0);
        script.play([Step::Panic, Step::Read(3)]);
        let call = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| script.next()));
        assert!(call.is_err());
        assert_eq!(script.next(), Ok(3));
    }

    #[test]
    fn a_hang_lasts_until_the_script_is_played_anew() {
        let script = Script::new(0);
        script.play([Step::Hang]);
        std::thread::scope(|scope| {
            let call = scope.spawn(|| script.next());
            while script.hanging() == 0 {
                std::thread::yield_now();
            }
            assert!(!call.is_finished());
            script.play([Step::Read(4)]);
            assert_eq!(call.join().ok(), Some(Ok(4)));
        });
        assert_eq!((script.calls(), script.hanging()), (1, 0));
    }
}
