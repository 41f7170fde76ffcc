//! A devnet to decide claims about.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;
use tribunal_host::{
    BootValues, Checks, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified, store::PreimageStore,
};
use tribunal_testkit::{Devnet, Options};

/// A devnet of a few blocks, with one true claim about it.
pub(crate) struct Claim {
    folder: FixtureFolder,
    pub(crate) boot: BootValues,
    pub(crate) store: Arc<dyn PreimageStore>,
}

impl Claim {
    pub(crate) fn about_a_devnet() -> Self {
        let place = TempDir::new().unwrap();
        let options = Options { seed: 1, blocks: 7, ..Options::default() };
        Devnet::generate(&options, &mut |_| {}).unwrap().write(place.path()).unwrap();
        let folder = FixtureFolder::read(place.path()).unwrap();
        let is_true_of_many_blocks =
            |claim: &&tribunal_host::Claim| claim.valid == Some(true) && claim.boot.claimed_block_number >= 4;
        let boot = folder.claims.iter().find(is_true_of_many_blocks).unwrap().boot;
        Self { boot, store: folder.open_store().unwrap(), folder }
    }

    /// Every claim about the devnet, each with its right verdict.
    pub(crate) fn all(self) -> Vec<(Self, bool)> {
        let Self { folder, store, .. } = self;
        let claim = |claim: &tribunal_host::Claim| {
            let (folder, store) = (folder.clone(), Arc::clone(&store));
            (Self { folder, store, boot: claim.boot }, claim.valid.unwrap())
        };
        folder.claims.iter().map(claim).collect()
    }

    pub(crate) fn rollup_config(&self) -> Value {
        serde_json::from_slice(&self.folder.configs.rollup.as_ref().unwrap().json).unwrap()
    }

    /// The same claim, with a value of the rollup config replaced.
    pub(crate) fn with_rollup_config(&self, pointer: &str, value: &Value) -> Self {
        let mut folder = self.folder.clone();
        let file = folder.configs.rollup.as_mut().unwrap();
        let mut config = self.rollup_config();
        *config.pointer_mut(pointer).unwrap() = value.clone();
        file.json = config.to_string().into_bytes().into();
        Self { folder, store: Arc::clone(&self.store), boot: self.boot }
    }

    pub(crate) fn host(&self, checks: Checks) -> Arc<Host> {
        let local = LocalInputs::new(self.boot, self.folder.configs.clone(), LocalKeyFlavour::Kona);
        Arc::new(Host::new(Arc::new(Verified::new(self.store.clone())), local, checks).unwrap())
    }
}
