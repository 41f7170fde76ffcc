//! Blobs, and the clock that says in which slot they are.

use alloy_primitives::B256;
use tribunal_host::SourceError;

use super::Fetch;
use crate::beacon::{self, UnixTime};

impl Fetch<'_> {
    pub(super) async fn blob(&self, hash: B256, time: u64) -> Result<(), SourceError> {
        self.ask(&self.shared.roles.beacon, |endpoint| async move {
            let blob = beacon::blob(&endpoint, &self.shared.clocks, hash, UnixTime(time)).await?;
            self.accept("blobs", &blob.preimages())
        })
        .await
    }

    pub(super) async fn slot_clock(&self) -> Result<(), SourceError> {
        self.ask(
            &self.shared.roles.beacon,
            |endpoint| async move { self.shared.clocks.learn(&endpoint).await },
        )
        .await
    }
}
