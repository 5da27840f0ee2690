// SPDX-License-Identifier: Apache-2.0
//! The other side: remembers the number of every frame it got, and is not always well.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[derive(Debug, Default)]
pub struct State {
    /// How often each frame came.
    pub frames: Mutex<HashMap<u64, u32>>,
    /// Frames of requests that it said it took.
    pub acknowledged: AtomicU64,
    /// It resets, refuses and dawdles.
    pub moody: AtomicBool,
    /// How long it takes for each KiB, in microseconds.
    pub micros_per_kib: AtomicU32,
    requests: AtomicU64,
}

#[derive(Debug)]
pub struct Sink {
    pub port: u16,
    pub state: Arc<State>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                // One that is cut off is the other side's to mend.
                thread::spawn(move || drop(serve(socket, &state)));
            }
        });
        Self { port, state }
    }

    pub fn frames(&self) -> HashMap<u64, u32> {
        self.state.frames.lock().unwrap().clone()
    }
}

fn serve(mut socket: TcpStream, state: &State) -> io::Result<()> {
    let mut length = [0; 8];
    socket.read_exact(&mut length)?;
    let mut body = vec![0; usize::try_from(u64::from_le_bytes(length)).unwrap()];
    // What the number of the request decides is different each time and the same each run.
    let mood = state.requests.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
    let moody = state.moody.load(Ordering::Relaxed);
    if moody && mood == 0 {
        // Goes away in the middle.
        let half = body.len() / 2;
        return socket.read_exact(&mut body[..half]);
    }
    socket.read_exact(&mut body)?;
    let micros = u64::from(state.micros_per_kib.load(Ordering::Relaxed)) * (body.len() as u64 / 1024);
    thread::sleep(Duration::from_micros(micros));
    if moody && mood == 1 {
        return socket.write_all(b"-");
    }
    let mut frames = 0;
    let mut rest = &body[..];
    while let Some((length, after)) = rest.split_first_chunk::<8>() {
        let number = u64::from_le_bytes(*after.first_chunk().unwrap());
        *state.frames.lock().unwrap().entry(number).or_default() += 1;
        frames += 1;
        rest = &rest[usize::try_from(u64::from_le_bytes(*length)).unwrap()..];
    }
    if moody && mood == 2 {
        // Took it, and the answer gets lost.
        return Ok(());
    }
    if moody && mood == 3 {
        thread::sleep(Duration::from_millis(30));
    }
    state.acknowledged.fetch_add(frames, Ordering::SeqCst);
    socket.write_all(b"+")
}
