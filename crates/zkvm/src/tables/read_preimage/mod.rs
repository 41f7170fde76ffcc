//! `read` of a pre-image: up to 8 bytes at the offset go to a word of memory. The bytes before the pre-image are its length, 8
//! bytes, the most significant one first.
//!
//! The cell [`SystemCell::Region`](crate::statement::SystemCell::Region) has the region that holds the pre-image. It is 0 after
//! the key was written and where a segment begins. Then the row chooses a region, and checks that it has this key.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::ReadPreimage;
pub(crate) use columns::ReadPreimageRow;
#[cfg(feature = "record")]
pub(crate) use trace::PreimageRead;
