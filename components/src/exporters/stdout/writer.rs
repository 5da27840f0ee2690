// SPDX-License-Identifier: Apache-2.0
//! Writes on a thread of its own: a pipe that nobody empties, or a terminal that somebody has
//! stopped with Ctrl-S, blocks whoever writes. The I/O thread must go on, and so must shutdown.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc as to_tasks;

/// Enough for a write and what the standard library does around it.
const STACK: usize = 128 * 1024;

/// What a write gave, with the buffer, to be used again.
type Done = (Vec<u8>, io::Result<()>);

/// The asynchronous side of the thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Vec<u8>>,
    done: to_tasks::UnboundedReceiver<Done>,
    /// Here unless a write is under way.
    buffer: Option<Vec<u8>>,
}

impl Writer {
    /// A writer to the standard output.
    pub(super) fn stdout() -> io::Result<Self> {
        Self::new(io::stdout())
    }

    /// A writer to `sink`. The thread ends with the writer, or stays behind if it is stuck.
    pub(super) fn new(mut sink: impl Write + Send + 'static) -> io::Result<Self> {
        let (jobs, receive_jobs) = mpsc::channel::<Vec<u8>>();
        let (send_done, done) = to_tasks::unbounded_channel();
        thread::Builder::new().name("stdout".to_owned()).stack_size(STACK).spawn(move || {
            while let Ok(bytes) = receive_jobs.recv() {
                let written = sink.write_all(&bytes).and_then(|()| sink.flush());
                if send_done.send((bytes, written)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { jobs, done, buffer: Some(Vec::new()) })
    }

    /// Writes all parts, one after the other. If this is given up half way, the bytes are still written, and the
    /// next call waits for that.
    pub(super) async fn write(&mut self, parts: impl IntoIterator<Item = &[u8]>) -> io::Result<()> {
        let mut buffer = match self.buffer.take() {
            Some(buffer) => buffer,
            None => self.wait().await?,
        };
        buffer.clear();
        parts.into_iter().for_each(|part| buffer.extend_from_slice(part));
        self.jobs.send(buffer).map_err(|_| ended())?;
        self.buffer = Some(self.wait().await?);
        Ok(())
    }

    async fn wait(&mut self) -> io::Result<Vec<u8>> {
        let (buffer, written) = self.done.recv().await.ok_or_else(ended)?;
        if let Err(error) = written {
            self.buffer = Some(buffer);
            return Err(error);
        }
        Ok(buffer)
    }
}

fn ended() -> io::Error {
    io::Error::other("the thread that writes has ended")
}

/// What went wrong, for the log. The second value says that nobody reads any more.
pub(super) fn describe(error: &io::Error) -> (String, bool) {
    let closed = error.kind() == io::ErrorKind::BrokenPipe;
    let why = if closed { "whoever read it has closed it".to_owned() } else { error.to_string() };
    (format!("cannot write to the standard output: {why}"), closed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::io::{Read, pipe};
    use std::time::Duration;

    use tokio::time::timeout;

    use super::{Writer, describe};

    #[tokio::test(flavor = "current_thread")]
    async fn a_full_pipe_blocks_the_thread_and_not_the_task() {
        let (mut reader, writer) = pipe().unwrap();
        let mut writer = Writer::new(writer).unwrap();
        let large = vec![b'x'; 1 << 20];
        let given_up = timeout(Duration::from_millis(50), writer.write([&large[..]])).await;
        assert!(given_up.is_err(), "nobody reads");
        let read = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all
        });
        writer.write([&b"end"[..]]).await.unwrap();
        drop(writer);
        let all = read.join().unwrap();
        assert_eq!(all.len(), large.len() + 3, "what was given up is written all the same");
        assert!(all.ends_with(b"xend"));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_closed_pipe_is_told_from_other_failures() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut writer = Writer::new(writer).unwrap();
        for _ in 0..2 {
            let error = writer.write([&b"x"[..]]).await.unwrap_err();
            assert_eq!(
                describe(&error),
                ("cannot write to the standard output: whoever read it has closed it".to_owned(), true)
            );
        }
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert!(!describe(&full).1);
    }
}
