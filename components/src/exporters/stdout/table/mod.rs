// SPDX-License-Identifier: Apache-2.0
//! A table for people: the whole page, drawn again and again. On a terminal it is redrawn in
//! place and fits it; elsewhere one table follows the other.

mod blocks;
mod cells;
mod columns;
mod human;
mod layout;
mod screen;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracecore_runtime::page::PageReader;
use tracecore_runtime::{Calls, ErrorKind, Failure, Logger, Open, Page, Stopping, exporter};

use super::Config;
use super::writer::{Writer, describe};
pub use cells::{Cell, Cells};
use layout::Points;
use screen::Screen;

/// Writes a table for people.
// `marshal` is the kind of the other format: to an operator the two are one component, whose
// alerts should not depend on how it is set.
#[exporter(page, config = Config, errors(marshal, io))]
#[derive(Debug)]
pub struct Table {
    page: PageReader<Cells>,
    host: String,
    interval: Duration,
    writer: Writer,
    screen: Screen,
    calls: Calls<TableKind>,
    logger: Logger,
}

impl Table {
    fn new(
        config: &Config,
        page: PageReader<Cells>,
        writer: Writer,
        screen: Screen,
        cx: &mut Open<'_>,
    ) -> Self {
        let settings = cx.settings();
        let host = settings.resource.attributes().iter().find(|one| one.key == "host.name");
        Self {
            page,
            host: host.map(|host| host.value.to_string()).unwrap_or_default(),
            interval: config.interval,
            writer,
            screen,
            calls: cx.calls(),
            logger: settings.logger.clone(),
        }
    }
}

impl Page for Table {
    type Format = Cells;

    fn format(_: &Config) -> Cells {
        Cells
    }

    fn open(config: Config, page: PageReader<Cells>, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let writer = Writer::stdout().map_err(|error| {
            TableKind::Init.because(format!("cannot start the thread that writes: {error}"))
        })?;
        Ok(Self::new(&config, page, writer, Screen::stdout(), cx))
    }

    async fn serve(mut self, mut stop: Stopping) -> Result<(), Failure<Self>> {
        let mut ticks = interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut points = Points::default();
        let mut failing = false;
        let mut shown = false;
        loop {
            // A collector that ends before the first interval has still something to show.
            let last = tokio::select! {
                () = stop.stopped() => true,
                _ = ticks.tick() => false,
            };
            if last && shown {
                return Ok(());
            }
            points.clear();
            self.page.read(&mut points);
            let Some(text) = self.screen.draw(&points, &self.host) else {
                if last {
                    return Ok(());
                }
                continue;
            };
            let written = tokio::select! {
                written = self.writer.write([text.as_bytes()]) => written,
                // What is shown for the first time is shown to the end: the host has a budget.
                () = stop.stopped(), if shown => return Ok(()),
            };
            let Err(error) = written else {
                self.calls.ok();
                failing = false;
                shown = true;
                if last {
                    return Ok(());
                }
                continue;
            };
            let (why, closed) = describe(&error);
            if closed {
                return Err(TableKind::Io.because(why).closed());
            }
            // A full disk may have room again: the first failure is told, then it is quiet.
            self.calls.failed(TableKind::Io);
            if !std::mem::replace(&mut failing, true) {
                self.logger.warn(&why);
            }
        }
    }
}
