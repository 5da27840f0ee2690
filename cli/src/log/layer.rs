// SPDX-License-Identifier: Apache-2.0
//! The layer that turns events into lines, unless there were too many of their kind.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::Context;

use super::limit::{Limiter, Verdict};
use super::line::Line;
use crate::args::LogFormat;

/// Libraries whose everyday talk is of no use to an operator: below `debug`, only their
/// warnings are shown.
const CHATTY: [&str; 8] = ["opentelemetry", "hyper", "h2", "tokio", "tower", "axum", "rustls", "mio"];

/// Writes events as lines.
pub(super) struct LogLayer<W> {
    format: LogFormat,
    level: LevelFilter,
    colors: bool,
    state: Mutex<State<W>>,
}

struct State<W> {
    limiter: Limiter,
    out: W,
}

impl<W: Write> LogLayer<W> {
    pub(super) fn new(format: LogFormat, level: LevelFilter, colors: bool, out: W) -> Self {
        let state = Mutex::new(State { limiter: Limiter::default(), out });
        Self { format, level, colors, state }
    }

    fn shows(&self, metadata: &Metadata<'_>) -> bool {
        let chatty = || {
            let library = metadata.target().split(':').next().unwrap_or_default();
            CHATTY.iter().any(|one| {
                library.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            })
        };
        *metadata.level() <= self.level
            && (*metadata.level() <= Level::WARN || self.level >= LevelFilter::DEBUG || !chatty())
    }

    fn write(&self, metadata: &Metadata<'_>, mut line: Line, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = state.limiter.sweep(now);
        let time = SystemTime::now();
        let mut text = String::new();
        if untold > 0 {
            let message = "some messages were too many of their kind and left out".to_owned();
            let told = Line { message, component_id: None, fields: vec![("suppressed", untold.into())] };
            text.push_str(&told.show(self.format, self.colors, time, Level::WARN, "tracecore_cli::log"));
        }
        let component = line.component_id.as_deref();
        let place = metadata.callsite();
        if let Verdict::Show { suppressed } = state.limiter.judge(&place, component, &line.message, now) {
            if suppressed > 0 {
                line.fields.push(("suppressed", suppressed.into()));
            }
            text.push_str(&line.show(self.format, self.colors, time, *metadata.level(), metadata.target()));
        }
        // One write per call, so that lines of two processes do not mix. If nobody reads them,
        // there is nobody to tell.
        let _ = state.out.write_all(text.as_bytes());
    }
}

impl<S: Subscriber, W: Write + Send + 'static> Layer<S> for LogLayer<W> {
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.shows(metadata)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.write(event.metadata(), Line::of(event), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::LogLayer;
    use crate::args::LogFormat;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: LevelFilter, talk: impl FnOnce()) -> Vec<String> {
        let shared = Shared::default();
        let layer = LogLayer::new(format, level, false, shared.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), talk);
        let bytes = shared.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn events_become_lines_by_level_and_repeated_ones_are_left_out() {
        let lines = logged(LogFormat::Text, LevelFilter::INFO, || {
            for _ in 0..30 {
                tracing::warn!(component_id = "nvml", tries = 3, "cannot open: {}", "no driver");
            }
            tracing::debug!("not shown");
            tracing::info!("ready");
        });
        assert_eq!(lines.len(), 6, "{lines:#?}");
        assert!(lines[0].ends_with("Z WARN  nvml: cannot open: no driver tries=3"), "{}", lines[0]);
        assert!(lines[5].ends_with("Z INFO  ready"), "{}", lines[5]);
    }

    #[test]
    fn json_lines_are_objects_with_the_fields() {
        let lines = logged(LogFormat::Json, LevelFilter::INFO, || {
            tracing::error!(component_id = "nvml", open = true, share = 0.5, "gone");
        });
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["level"], "error");
        assert_eq!(line["component_id"], "nvml");
        assert_eq!(line["message"], "gone");
        assert_eq!((&line["open"], &line["share"]), (&true.into(), &0.5.into()));
        assert_eq!(line["target"], "tracecore_cli::log::layer::tests");
    }

    #[test]
    fn libraries_are_quiet_unless_somebody_looks_for_a_fault() {
        let talk = || {
            tracing::info!(target: "hyper::proto", "parsed");
            tracing::warn!(target: "hyper_util", "odd");
            tracing::info!(target: "hyperactive", "ours");
        };
        assert_eq!(logged(LogFormat::Text, LevelFilter::INFO, talk).len(), 2);
        assert_eq!(logged(LogFormat::Text, LevelFilter::DEBUG, talk).len(), 3);
    }
}
