//! Serving a program that runs elsewhere, over channels or file descriptors.

use std::{fs, sync::Arc, thread::Builder};
use tribunal_preimage::{
    Channel, FdChannel, HintReader, HintReaderServer, HintRouter, OracleServer, PreimageOracleError,
    PreimageOracleResult, PreimageOracleServer,
};

use crate::{
    error::{HostError, HostResult},
    host::Host,
};

/// The server's ends of both protocols: hints are read from 3 and acknowledged on 4, keys read from 5 and pre-images
/// written to 6.
const HINTS: (i32, i32) = (3, 4);
const PREIMAGES: (i32, i32) = (5, 6);

/// Serves a program until it closes its end of the pre-image channel.
///
/// A hint that cannot be followed is acknowledged all the same: it is advice, and what matters is whether the pre-images
/// are there. A pre-image that cannot be served ends the service, as the protocol has no word for it.
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
        })
        .map_err(|error| PreimageOracleError::Other(format!("cannot start a thread: {error}")))?;
    // The thread is not waited for: it ends when the program closes its end, and a program that is done with pre-images
    // has no use for hints.
    let served = OracleServer::new(preimages).serve(&**host);
    host.settle()?;
    Ok(served?)
}

/// Serves a program over the file descriptors 3 to 6, which whoever started this process has opened: how a fault-proof
/// machine runs its server.
///
/// # Errors
/// [`HostError::DescriptorClosed`], and those of [`serve`].
pub fn serve_descriptors(host: &Arc<Host>) -> HostResult<()> {
    let [hints, preimages] = [channel(HINTS)?, channel(PREIMAGES)?];
    serve(host, hints, preimages)
}

fn channel((input, output): (i32, i32)) -> HostResult<FdChannel> {
    for descriptor in [input, output] {
        if fs::metadata(format!("/dev/fd/{descriptor}")).is_err() {
            return Err(HostError::DescriptorClosed(descriptor));
        }
    }
    // SAFETY: both are open, as we just saw; by the protocol they were passed to this process for this purpose, and no
    // other code in it knows of them.
    Ok(unsafe { FdChannel::from_raw(input, output) })
}

/// Routes hints to a host and lets failures pass.
#[derive(Debug)]
struct Tolerant(Arc<Host>);

impl HintRouter for Tolerant {
    fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        if let Err(error) = self.0.route_hint(hint) {
            tracing::warn!(%error, "a hint was not understood");
        }
        Ok(())
    }
}
