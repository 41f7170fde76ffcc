//! The seams: what a program asks of its oracle, and what a server asks of its backing.

use crate::{PreimageKey, PreimageOracleError, PreimageOracleResult};
use alloc::{boxed::Box, rc::Rc, sync::Arc, vec::Vec};

/// The program's end of the pre-image protocol.
pub trait PreimageOracleClient {
    /// The pre-image of `key`.
    ///
    /// # Errors
    /// When the pre-image cannot be read. A success proves nothing: the bytes are as the server sent them.
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>>;

    /// The pre-image of `key`, which must be as long as `buf`, into `buf`.
    ///
    /// # Errors
    /// [`PreimageOracleError::BadLength`] if it has another length; then `buf` is as it was. Otherwise as
    /// [`PreimageOracleClient::get`].
    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()>;
}

/// The program's end of the hint protocol.
pub trait HintWriterClient {
    /// Sends a hint and waits until the server has acknowledged it.
    ///
    /// # Errors
    /// [`PreimageOracleError::HintTooLarge`], or the channel's failure.
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()>;
}

/// Both ends that a program holds.
pub trait CommsClient: PreimageOracleClient + HintWriterClient {}

impl<T: PreimageOracleClient + HintWriterClient + ?Sized> CommsClient for T {}

/// Where a server finds pre-images.
pub trait PreimageFetcher {
    /// The pre-image of `key`.
    ///
    /// # Errors
    /// [`PreimageOracleError::Missing`] if there is none; another error if the server cannot tell.
    fn get_preimage(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>>;
}

/// Where a server takes hints.
pub trait HintRouter {
    /// Takes a hint: a name, a space, and hexadecimal data, none of which has been checked.
    ///
    /// # Errors
    /// When the hint is malformed or not supported.
    fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()>;
}

/// The server's end of the pre-image protocol.
pub trait PreimageOracleServer {
    /// Waits for one request and answers it.
    ///
    /// # Errors
    /// [`PreimageOracleError::Closed`] if the program has closed its end. After any other error the program still waits for
    /// its answer: the server can only close the channel.
    fn next_preimage_request(&self, fetcher: &dyn PreimageFetcher) -> PreimageOracleResult<()>;

    /// Answers requests until the program closes its end.
    ///
    /// # Errors
    /// The first that [`PreimageOracleServer::next_preimage_request`] meets.
    fn serve(&self, fetcher: &dyn PreimageFetcher) -> PreimageOracleResult<()> {
        until_closed(|| self.next_preimage_request(fetcher))
    }
}

/// The server's end of the hint protocol.
pub trait HintReaderServer {
    /// Waits for one hint, routes it and acknowledges it, also when routing fails: a hint is advice, and the oracle reports
    /// a pre-image that is missing.
    ///
    /// # Errors
    /// [`PreimageOracleError::Closed`] if the program has closed its end; the router's error (the channel is still good then);
    /// [`PreimageOracleError::HintTooLarge`] and the channel's failures, after which it is not.
    fn next_hint(&self, router: &dyn HintRouter) -> PreimageOracleResult<()>;

    /// Takes hints until the program closes its end.
    ///
    /// # Errors
    /// The first that [`HintReaderServer::next_hint`] meets, the router's included.
    fn serve(&self, router: &dyn HintRouter) -> PreimageOracleResult<()> {
        until_closed(|| self.next_hint(router))
    }
}

fn until_closed(mut step: impl FnMut() -> PreimageOracleResult<()>) -> PreimageOracleResult<()> {
    loop {
        match step() {
            Ok(()) => {}
            Err(PreimageOracleError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<T: PreimageOracleClient + ?Sized> PreimageOracleClient for $pointer {
            fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
                (**self).get(key)
            }

            fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
                (**self).get_exact(key, buf)
            }
        }

        impl<T: HintWriterClient + ?Sized> HintWriterClient for $pointer {
            fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
                (**self).write(hint)
            }
        }

        impl<T: PreimageFetcher + ?Sized> PreimageFetcher for $pointer {
            fn get_preimage(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
                (**self).get_preimage(key)
            }
        }

        impl<T: HintRouter + ?Sized> HintRouter for $pointer {
            fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()> {
                (**self).route_hint(hint)
            }
        }

        impl<T: PreimageOracleServer + ?Sized> PreimageOracleServer for $pointer {
            fn next_preimage_request(&self, fetcher: &dyn PreimageFetcher) -> PreimageOracleResult<()> {
                (**self).next_preimage_request(fetcher)
            }
        }

        impl<T: HintReaderServer + ?Sized> HintReaderServer for $pointer {
            fn next_hint(&self, router: &dyn HintRouter) -> PreimageOracleResult<()> {
                (**self).next_hint(router)
            }
        }
    )*};
}

forward!(&T, Box<T>, Rc<T>, Arc<T>);
