// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use std::time::Duration;

use tracecore_runtime::Receiver;
use tracecore_runtime::testing::Harness;
use tracecore_schema::Config as _;

use super::{ClockReceiver, Config};

#[test]
fn each_tick_is_counted_in_one_series() {
    let mut clock = Harness::<ClockReceiver>::open(Config::default()).unwrap();
    for tick in 1..=3 {
        clock.tick().unwrap();
        clock.discover().unwrap();
        assert_eq!(clock.points().len(), 1);
        assert_eq!(clock.value("tracecore.clock.ticks", &[]), Some(f64::from(tick)));
    }
    assert_eq!(clock.series(), 1);
}

#[test]
fn the_interval_is_the_pace() {
    let config = Config { interval: Duration::from_millis(20) };
    assert_eq!(ClockReceiver::pace(&config).interval, Duration::from_millis(20));
    assert_eq!(ClockReceiver::pace(&Config::default()).interval, Duration::from_secs(1));
    let violations = Config { interval: Duration::from_micros(1) }.check();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].path, "interval");
}
