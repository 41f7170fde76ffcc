//! A proxy between a client and a node that breaks connections.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::oneshot,
    time::sleep,
};

/// How often a connection that waits looks whether the trouble has changed.
const TICK: Duration = Duration::from_millis(20);

/// What happens to connections, old ones too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// They are dropped at once.
    Drop,
    /// Nothing comes through.
    Stall,
    /// They are dropped after so many bytes of answers.
    Cut(usize),
    /// Answers come through in pieces of so many bytes, each 10 ms after the one before.
    Slow(usize),
}

/// The proxy. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Chaos {
    address: SocketAddr,
    trouble: Arc<Mutex<Trouble>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Chaos {
    /// Stands between its own address and `node`.
    pub(crate) fn before(node: SocketAddr, trouble: Trouble) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let trouble = Arc::new(Mutex::new(trouble));
        let shared = Arc::clone(&trouble);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(TcpListener::from_std(listener).unwrap(), node, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, trouble, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, node: SocketAddr, trouble: Arc<Mutex<Trouble>>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let trouble = Arc::clone(&trouble);
        tokio::spawn(async move {
            let Ok(node) = TcpStream::connect(node).await else { return };
            let ((from_client, to_client), (from_node, to_node)) = (client.into_split(), node.into_split());
            // When one direction ends, both do.
            tokio::select! {
                () = pass(from_client, to_node, &trouble, false) => {}
                () = pass(from_node, to_client, &trouble, true) => {}
                () = dropped(&trouble) => {}
            }
        });
    }
}

/// Copies bytes in one direction, as the trouble allows.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, trouble: &Mutex<Trouble>, answers: bool) {
    let mut buffer = [0; 4096];
    let mut passed = 0;
    loop {
        let now = *trouble.lock().unwrap();
        let most = match now {
            Trouble::Cut(after) if answers && passed >= after => return,
            Trouble::Cut(after) if answers => buffer.len().min(after - passed),
            Trouble::Slow(bytes) if answers => buffer.len().min(bytes),
            _ => buffer.len(),
        };
        let Ok(read @ 1..) = from.read(&mut buffer[..most]).await else { return };
        while *trouble.lock().unwrap() == Trouble::Stall {
            sleep(TICK).await;
        }
        if matches!(now, Trouble::Slow(_)) && answers {
            sleep(Duration::from_millis(10)).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
        passed += read;
    }
}

/// Waits until connections are to be dropped.
async fn dropped(trouble: &Mutex<Trouble>) {
    while *trouble.lock().unwrap() != Trouble::Drop {
        sleep(TICK).await;
    }
}
