//! How a fault-proof program gets its data: it asks for *pre-images* by a 32-byte key, and announces in *hints* what it
//! will ask for. This crate has the keys, the routes of hints, the two wire protocols and both of their ends over any byte
//! channel; with the `verify` feature also the check that bytes are the pre-image of a key.
//!
//! ```
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), tribunal_preimage::PreimageOracleError> {
//! use tribunal_preimage::*;
//!
//! struct Shop;
//! impl PreimageFetcher for Shop {
//!     fn get_preimage(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
//!         if key == PreimageKey::new_local(5) { Ok(10u64.to_be_bytes().to_vec()) } else { Err(PreimageOracleError::Missing(key)) }
//!     }
//! }
//!
//! let (program, host) = pipe();
//! let server = std::thread::spawn(move || OracleServer::new(host).serve(&Shop));
//! let oracle = OracleReader::new(program);
//! let mut chain_id = [0; 8];
//! oracle.get_exact(PreimageKey::new_local(5), &mut chain_id)?;
//! assert_eq!(u64::from_be_bytes(chain_id), 10);
//! drop(oracle); // The server sees the end of the stream between two requests and stops.
//! server.join().expect("the server does not panic")
//! # }
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! ```
//!
//! # Failure
//! Everything fails with one [`PreimageOracleError`], which names the key or the length that was wrong. A peer that closes
//! the stream between two messages is [`PreimageOracleError::Closed`], in the middle of one
//! [`ChannelError::UnexpectedEof`]. Lengths are checked against [`Limits`] before memory is allocated. After an error in
//! the middle of a message a reader refuses to go on ([`PreimageOracleError::Desynchronised`]), since it cannot tell where
//! the next message starts.
//!
//! Specification: [fault-proof](https://specs.optimism.io/fault-proof/index.html).

#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod channel;
mod error;
#[cfg(all(feature = "std", unix))]
mod fd;
mod hint;
mod key;
mod limits;
pub mod local_key;
mod oracle;
#[cfg(feature = "std")]
mod pipe;
mod roots;
mod traits;
#[cfg(feature = "verify")]
pub mod verify;

pub use channel::{Channel, ChannelError, ChannelResult};
pub use error::{PreimageOracleError, PreimageOracleResult};
#[cfg(all(feature = "std", unix))]
pub use fd::FdChannel;
pub use hint::{Hint, HintError, HintReader, HintType, HintWriter, MAX_PAYLOAD};
pub use key::{PreimageKey, PreimageKeyType, blob_element_key, precompile_key};
pub use limits::Limits;
pub use oracle::{OracleReader, OracleServer};
#[cfg(feature = "std")]
pub use pipe::{PipeChannel, pipe};
pub use roots::{ELEMENTS_PER_BLOB, blob_evaluation_point};
pub use traits::{
    CommsClient, HintReaderServer, HintRouter, HintWriterClient, PreimageFetcher, PreimageOracleClient,
    PreimageOracleServer,
};
