//! A server that goes away: something between it and Kronos that breaks every connection at once.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

pub fn place(port: u16) -> String {
    format!("host = \"127.0.0.1\"\nport = {port}\ntls = \"off\"")
}

/// Which way the bytes go that are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    FromServer,
    ToServer,
}

/// Stands between Kronos and a server, and after so many bytes is gone.
pub struct Between {
    pub port: u16,
    cut: Arc<AtomicBool>,
}

impl Between {
    pub fn start(server: u16, counted: Direction, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicBool::new(false));
        let (gone, passed) = (Arc::clone(&cut), Arc::new(AtomicU64::new(0)));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if gone.load(Ordering::SeqCst) {
                    return; // closes the listener: from now on connections are refused
                }
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else { return };
                let (from, to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
                let (up_gone, down_gone) = (Arc::clone(&gone), Arc::clone(&gone));
                let (up, down) = (Arc::clone(&passed), Arc::clone(&passed));
                let is_up = counted == Direction::ToServer;
                thread::spawn(move || pump(from, to, &up_gone, is_up.then_some((&up, bytes))));
                thread::spawn(move || {
                    pump(upstream, client, &down_gone, (!is_up).then_some((&down, bytes)));
                });
            }
        });
        Self { port, cut }
    }

    /// Whether it is gone.
    pub fn has_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }
}

/// Passes bytes on until one side ends or the budget is used up.
fn pump(
    mut from: TcpStream,
    mut to: TcpStream,
    gone: &AtomicBool,
    budget: Option<(&AtomicU64, u64)>,
) {
    let mut buffer = vec![0; 65536];
    from.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
    while !gone.load(Ordering::SeqCst) {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => break,
        };
        if let Some((passed, most)) = budget
            && passed.fetch_add(read as u64, Ordering::SeqCst) + read as u64 > most
        {
            gone.store(true, Ordering::SeqCst);
            break;
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
