//! Proofs as bytes.
//!
//! A file is the line [`RunProof::HEADER`], one byte for the parameters, and the proof as postcard encodes it.

use crate::{run::RunProof, stark::Parameters};
use alloc::vec::Vec;

/// Why bytes are not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The beginning is not that of a proof.
    #[error("it does not begin as a proof of segments does")]
    Header,
    /// The parameters are unknown.
    #[error("it was made with unknown parameters, number {0}")]
    Parameters(u8),
    /// The rest is not a proof.
    #[error("it is damaged: {0}")]
    Damaged(postcard::Error),
    /// There are more bytes after the proof.
    #[error("it goes on for {0} bytes after its end")]
    TooLong(usize),
}

/// Proofs of the parameters that a file can name, by number.
const PARAMETERS: [Parameters; 2] = [Parameters::PROVEN, Parameters::FAST];

impl RunProof {
    /// How a file of a proof begins.
    pub const HEADER: &[u8] = b"tribunal proof of segments 6\n";

    /// The proof as bytes, which name the parameters that it was made with.
    ///
    /// # Panics
    /// If the parameters are others than [`Parameters::PROVEN`] and [`Parameters::FAST`].
    #[must_use]
    pub fn to_bytes(&self, parameters: &Parameters) -> Vec<u8> {
        let number = PARAMETERS.iter().position(|known| known == parameters);
        let number = number.unwrap_or_else(|| panic!("a file cannot name the parameters {parameters:?}"));
        let mut bytes = Self::HEADER.to_vec();
        bytes.push(number as u8);
        match postcard::to_extend(self, bytes) {
            Ok(bytes) => bytes,
            Err(error) => unreachable!("a vector takes all bytes: {error}"),
        }
    }

    /// Reads a proof from bytes, and the parameters that it claims to be made with. It is not verified yet.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Parameters), Unreadable> {
        let rest = bytes.strip_prefix(Self::HEADER).ok_or(Unreadable::Header)?;
        let (&number, rest) = rest.split_first().ok_or(Unreadable::Header)?;
        let parameters = *PARAMETERS.get(usize::from(number)).ok_or(Unreadable::Parameters(number))?;
        let (proof, rest) = postcard::take_from_bytes(rest).map_err(Unreadable::Damaged)?;
        if !rest.is_empty() {
            return Err(Unreadable::TooLong(rest.len()));
        }
        Ok((proof, parameters))
    }
}
