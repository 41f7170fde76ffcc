//! A program on a host that asks nodes.

// Each test file uses a part of this.
#![allow(dead_code)]

use alloy_primitives::{B256, Bytes, keccak256};
use std::{sync::Arc, time::Duration};
use tribunal_host::{
    Claim, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::{
    HintType, HintWriterClient, PreimageKey, PreimageOracleClient, PreimageOracleResult,
};
use tribunal_proof::{ProofError, Silent, Verdict};
use tribunal_rpc::{Nodes, NodesOptions, RoleOptions};

use crate::devnet::Served;

/// Longer than any test needs where nothing hangs.
const PATIENT: Duration = Duration::from_secs(120);

/// A host of one claim, with its store and its nodes.
pub(crate) struct Program {
    pub(crate) host: Arc<Host>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) nodes: Arc<Nodes>,
}

/// Options for these nodes, for a claim.
pub(crate) fn options(nodes: &[&Served], claim: &Claim) -> NodesOptions {
    let role = |url: fn(&Served) -> String| {
        RoleOptions::new(nodes.iter().map(|served| url(served).parse().unwrap()).collect(), PATIENT)
    };
    NodesOptions {
        l1: role(|served| served.l1.url()),
        l2: role(|served| served.l2.url()),
        beacon: role(|served| served.beacon.url()),
        retry_for: Duration::from_millis(1),
        // As often as otherwise, but sooner: the nodes here never catch up.
        absent_for: Duration::from_millis(50),
        agreed_head: claim.agreed_l2_head_hash,
        ..NodesOptions::default()
    }
}

impl Program {
    /// A host with nothing in its store.
    pub(crate) fn new(folder: &FixtureFolder, claim: &Claim, options: &NodesOptions) -> Self {
        Self::with_store(folder, claim, options, Arc::default())
    }

    pub(crate) fn with_store(
        folder: &FixtureFolder,
        claim: &Claim,
        options: &NodesOptions,
        store: Arc<MemoryStore>,
    ) -> Self {
        let nodes = Arc::new(Nodes::new(options).unwrap());
        let local = LocalInputs::new(claim.boot, folder.configs.clone(), LocalKeyFlavour::Kona);
        let verified = Arc::new(Verified::new(store.clone()));
        let host = Arc::new(Host::with_source(verified, local, nodes.clone(), PATIENT));
        Self { host, store, nodes }
    }

    /// Decides the claim.
    pub(crate) fn decide(&self) -> Result<Verdict, ProofError> {
        tribunal_client::run(&*self.host, &mut Silent)
    }

    pub(crate) fn hint(&self, route: HintType, parts: &[&[u8]]) {
        self.host.write(&route.encode(parts)).unwrap();
    }

    /// Gives a hint, and reads the pre-image of a hash.
    pub(crate) fn read(&self, route: HintType, parts: &[&[u8]], hash: B256) -> PreimageOracleResult<Vec<u8>> {
        self.hint(route, parts);
        self.host.get(PreimageKey::new_keccak256(hash.0))
    }

    /// Whether the store has this value under its Keccak-256.
    pub(crate) fn has(&self, value: &Bytes) -> bool {
        self.store.get(PreimageKey::new_keccak256(keccak256(value).0)).unwrap().as_ref() == Some(value)
    }
}
