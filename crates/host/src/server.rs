//! Serving a program that runs elsewhere, over channels or file descriptors.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::Builder,
};
use tribunal_preimage::{
    Channel, FdChannel, HintReader, HintReaderServer, HintRouter, HintWriterClient, OracleServer,
    PreimageOracleError, PreimageOracleResult, PreimageOracleServer,
};

use crate::{
    error::{HostError, HostResult},
    host::Host,
};

/// The server's ends of both protocols: hints are read from 3 and acknowledged on 4, keys read from 5 and pre-images
/// written to 6.
const HINTS: (i32, i32) = (3, 4);
const PREIMAGES: (i32, i32) = (5, 6);

/// Whether the descriptors were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Serves a program until it closes its end of the pre-image channel.
///
/// Every hint is acknowledged, also one that cannot be parsed: the program only waits for pre-images.
/// A pre-image that cannot be served ends the service, since the protocol has no reply for it. When the hint
/// channel ends, [`Host::cancel`] is called.
///
/// # Errors
/// [`HostError::Oracle`] with the pre-image that could not be served, or the channel's failure; the errors of
/// [`Host::settle`].
pub fn serve(
    host: &Arc<Host>,
    hints: impl Channel + Send + 'static,
    preimages: impl Channel,
) -> HostResult<()> {
    let router = Tolerant(host.clone());
    Builder::new()
        .name("hints".into())
        .spawn(move || {
            if let Err(error) = HintReader::new(hints).serve(&router) {
                tracing::warn!(%error, "hints are no longer served");
            }
            // A program keeps this channel open until it ends. It may have ended while a source is asked.
            router.0.cancel();
        })
        .map_err(|error| PreimageOracleError::Other(format!("cannot start a thread: {error}")))?;
    // The thread is not waited for: it ends when the program closes its end, and a program that asks for no more
    // pre-images has no use for hints.
    let served = OracleServer::new(preimages).serve(&**host);
    host.settle()?;
    Ok(served?)
}

/// The file descriptors 3 to 6 of this process, which its parent has opened. A fault-proof VM starts its server in this way.
#[derive(Debug)]
pub struct Descriptors {
    hints: FdChannel,
    preimages: FdChannel,
}

impl Descriptors {
    /// Takes them. This must come before anything else is opened, which could get one of these numbers if the parent did not
    /// open it. They belong to the first call; a second one fails.
    ///
    /// # Errors
    /// [`HostError::DescriptorClosed`], [`HostError::DescriptorsTaken`].
    pub fn take() -> HostResult<Self> {
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err(HostError::DescriptorsTaken);
        }
        Ok(Self { hints: channel(HINTS)?, preimages: channel(PREIMAGES)? })
    }

    /// Serves a program over them.
    ///
    /// # Errors
    /// Those of [`serve`].
    pub fn serve(self, host: &Arc<Host>) -> HostResult<()> {
        serve(host, self.hints, self.preimages)
    }
}

fn channel((input, output): (i32, i32)) -> HostResult<FdChannel> {
    for descriptor in [input, output] {
        if fs::metadata(format!("/dev/fd/{descriptor}")).is_err() {
            return Err(HostError::DescriptorClosed(descriptor));
        }
    }
    // SAFETY: both are open, as we just saw. By the protocol they were passed to this process for this purpose, so no other
    // code in it owns them, and `TAKEN` keeps a second call from owning them again.
    Ok(unsafe { FdChannel::from_raw(input, output) })
}

/// Routes hints to a host and reports no failure.
#[derive(Debug)]
struct Tolerant(Arc<Host>);

impl HintRouter for Tolerant {
    fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        self.0.write(hint)
    }
}
