//! Putting blobs together from their elements.

use tribunal_preimage::{
    ELEMENTS_PER_BLOB, PreimageKey, PreimageOracleError, blob_element_key,
    verify::{BlobClaim, BlobElements, sha256},
};

use crate::store::PreimageStore;

/// The keys of the elements of the blob with this commitment, in order.
pub(crate) fn element_keys(commitment: &[u8; 48]) -> impl Iterator<Item = PreimageKey> {
    (0..ELEMENTS_PER_BLOB).map(|index| blob_element_key(commitment, index))
}

/// A commitment and all elements of its blob.
#[derive(Debug)]
pub(crate) struct Blob {
    commitment: [u8; 48],
    elements: Box<BlobElements>,
}

impl Blob {
    /// The blob with these elements; missing ones are zero.
    pub(crate) fn new(commitment: [u8; 48], values: &[[u8; 32]]) -> Self {
        let mut elements = zeros();
        for (element, value) in elements.iter_mut().zip(values) {
            *element = *value;
        }
        Self { commitment, elements }
    }

    /// The commitment and the elements, as the check takes them.
    pub(crate) fn claim(&self) -> BlobClaim<'_> {
        BlobClaim { commitment: &self.commitment, elements: &self.elements }
    }

    /// The elements with their keys, in order.
    pub(crate) fn elements(&self) -> impl Iterator<Item = (PreimageKey, [u8; 32])> {
        element_keys(&self.commitment).zip(self.elements.iter().copied())
    }

    /// Gives the error a key: the wrong element's if a single wrong byte explains the failure, else the commitment's.
    /// An element above the field's modulus has its own key already.
    pub(crate) fn blame(&self, error: PreimageOracleError) -> PreimageOracleError {
        match error {
            PreimageOracleError::BlobMismatch { .. } => PreimageOracleError::Invalid {
                key: PreimageKey::new_sha256(sha256(&self.commitment)),
                reason: "the 4096 elements of the blob are not those of this commitment".into(),
            },
            named => named,
        }
    }
}

/// What the store has of the blob with some commitment.
#[derive(Debug)]
pub(crate) enum Assembled {
    /// Not a single element. (Perhaps it is no commitment at all.)
    Absent,
    /// All of it, and the store remembers that it was verified.
    Vouched,
    /// All of it.
    Complete(Blob),
    /// Elements that cannot be verified, because others are missing, malformed or unreadable.
    Broken {
        /// The keys of the elements that the store has.
        present: Vec<PreimageKey>,
        /// The first failure: a missing, malformed or unreadable element. A malformed one is in `present` as well.
        error: PreimageOracleError,
    },
}

impl Assembled {
    /// Looks for the elements of the blob with this commitment.
    pub(crate) fn from_store(commitment: &[u8; 48], store: &dyn PreimageStore) -> Self {
        let mut elements = zeros();
        let mut present = Vec::with_capacity(ELEMENTS_PER_BLOB);
        let mut all_vouched = true;
        let mut error = None;
        for (key, element) in element_keys(commitment).zip(elements.iter_mut()) {
            let value = match store.get(key) {
                Ok(Some(value)) => value,
                Ok(None) => {
                    error.get_or_insert(PreimageOracleError::Missing(key));
                    continue;
                }
                Err(failure) => {
                    error.get_or_insert(failure.for_key(key));
                    continue;
                }
            };
            present.push(key);
            match <[u8; 32]>::try_from(value.as_ref()) {
                Ok(value) => *element = value,
                Err(_) => {
                    let got = value.len() as u64;
                    error.get_or_insert(PreimageOracleError::BadLength { key, expected: 32, got });
                }
            }
            all_vouched = all_vouched && store.is_vouched(key, &value).unwrap_or_default();
        }
        match error {
            _ if present.is_empty() => Self::Absent,
            Some(error) => Self::Broken { present, error },
            None if all_vouched => Self::Vouched,
            None => Self::Complete(Blob { commitment: *commitment, elements }),
        }
    }

    /// The blob, if all of it is there and it is not verified yet.
    pub(crate) fn complete(self) -> Option<Blob> {
        match self {
            Self::Complete(blob) => Some(blob),
            Self::Absent | Self::Vouched | Self::Broken { .. } => None,
        }
    }
}

/// Elements on the heap: 128 KiB would be much for a thread's stack.
fn zeros() -> Box<BlobElements> {
    let elements: Box<[[u8; 32]]> = vec![[0; 32]; ELEMENTS_PER_BLOB].into();
    // The lengths are equal, so the other arm is never taken.
    elements.try_into().unwrap_or_else(|_| Box::new([[0; 32]; ELEMENTS_PER_BLOB]))
}
