//! What the nodes say about their chains, and claims made of it.

use alloy_primitives::B256;
use anyhow::Context;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tribunal_host::{
    BootValues, ChainConfigs, Claim, ConfigFile, Host, HostError, LocalInputs, LocalKeyFlavour, UsedConfigs,
    Verified,
};
use tribunal_preimage::PreimageKey;
use tribunal_rollup::{ClaimedChains, RollupConfig, RollupError, registry};
use tribunal_rpc::{Nodes, Output};

use super::Blocks;
use crate::{metrics::Watch, nodes::NodeFlags, steps::Steps};

/// The files with the configs of chains that are not built in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConfigPaths<'a> {
    pub(crate) rollup: Option<&'a PathBuf>,
    pub(crate) l1: Option<&'a PathBuf>,
}

/// An L1 and an L2, as their nodes know them.
#[derive(Debug)]
pub(crate) struct LiveChains {
    pub(super) nodes: Arc<Nodes>,
    ids: ClaimedChains,
    configs: ChainConfigs,
    pub(super) config: RollupConfig,
    /// What was fetched.
    verified: Arc<Verified>,
    patience: Duration,
    watch: Watch,
}

impl LiveChains {
    /// Asks the nodes that `flags` name which chains they serve, and finds the configs. What is fetched is kept in
    /// `verified`, and what its hosts serve is counted by `watch`.
    pub(crate) fn connect(
        flags: &NodeFlags,
        nodes: Arc<Nodes>,
        paths: ConfigPaths<'_>,
        verified: Arc<Verified>,
        watch: Watch,
        steps: &Steps,
    ) -> anyhow::Result<Self> {
        steps.begin("asking the nodes for their chains and configs");
        let l2 = nodes.l2_chain_id().context("the chain id of the L2 node")?;
        let l1 = nodes.l1_chain_id().context("the chain id of the L1 node")?;
        let read = |path: Option<&PathBuf>| path.map(|path| ConfigFile::read(path)).transpose();
        let mut rollup = read(paths.rollup).context("--rollup-config")?;
        if rollup.is_none() && flags.has_rollup_node() && registry::rollup_config(l2).is_err() {
            let json = nodes.rollup_config().context("the rollup config of the rollup node")?;
            rollup = Some(ConfigFile { path: Path::new("optimism_rollupConfig").into(), json });
        }
        let config = match &rollup {
            Some(file) => RollupConfig::from_json(&file.json)
                .map_err(|source| HostError::ConfigFile { path: file.path.clone(), source })?,
            None => registry::rollup_config(l2).map_err(|error| explain(&error))?,
        };
        let configs =
            ChainConfigs { rollup, l1: read(paths.l1).context("--l1-config")?, ..Default::default() };
        let ids = ClaimedChains { l1: Some(l1), l2: Some(l2) };
        Ok(Self { nodes, ids, configs, config, verified, patience: flags.patience(), watch })
    }

    /// The configs that are not built in.
    pub(crate) fn configs(&self) -> &ChainConfigs {
        &self.configs
    }

    /// What was fetched.
    pub(crate) fn fetched(&self) -> &Arc<Verified> {
        &self.verified
    }

    /// The configs that decide claims about an L2 block.
    ///
    /// # Errors
    /// If a config is missing, or does not fit the chains of the nodes.
    pub(crate) fn used_configs(&self, block: u64) -> anyhow::Result<UsedConfigs> {
        self.configs.check(self.ids, block, LocalKeyFlavour::Kona).map_err(|error| match &error {
            HostError::Configs { source, .. } => explain(source).context(error.to_string()),
            _ => error.into(),
        })
    }

    /// The claim that the last block has the output root that the L2 node says, given the block before the first.
    ///
    /// # Errors
    /// If the nodes do not have the blocks, or if the last block does not follow from L1 yet.
    pub(crate) fn claim(&self, blocks: Blocks, steps: &Steps) -> anyhow::Result<Claim> {
        self.used_configs(blocks.last)?;
        steps.begin(format_args!(
            "asking for the output roots of L2 blocks {} and {}",
            blocks.first - 1,
            blocks.last
        ));
        let agreed = self.output(blocks.first - 1)?;
        let claimed = self.output(blocks.last)?;
        self.nodes.build_on(agreed.block.hash);
        // The agreed output comes from its block. A claim has no other way to it.
        self.verified.store().put(PreimageKey::new_keccak256(agreed.root.0), &agreed.encoded)?;
        let boot = |l1_head: B256| BootValues {
            l1_head,
            agreed_output_root: agreed.root,
            claimed_output_root: claimed.root,
            claimed_block_number: blocks.last,
            chain_id: self.ids.l2.unwrap_or_default(),
        };
        let l1_head = match blocks.l1_head {
            Some(number) => self.l1_block(number)?.hash,
            None => self.first_fitting_l1_head(blocks.first, &claimed, boot, steps)?,
        };
        Ok(Claim {
            boot: boot(l1_head),
            agreed_l2_head_hash: Some(agreed.block.hash),
            l1_chain_id: self.ids.l1,
            valid: None,
            note: None,
            expected_block_hash: None,
        })
    }

    /// A host that asks the nodes for what was not fetched yet.
    pub(crate) fn host(&self, boot: BootValues) -> Host {
        let local = LocalInputs::new(boot, self.configs.clone(), LocalKeyFlavour::Kona);
        let host = Host::with_source(self.verified.clone(), local, self.nodes.clone(), self.patience);
        self.watch.host(&host);
        host
    }

    /// The output that the nodes give a block.
    fn output(&self, number: u64) -> anyhow::Result<Output> {
        self.nodes.output(number, &self.config).with_context(|| format!("the output of L2 block {number}"))
    }
}

/// The error about a chain that is not built in, with what to do about it.
fn explain(error: &RollupError) -> anyhow::Error {
    match error {
        RollupError::UnknownChain { chain_id } => anyhow::anyhow!(
            "L2 chain id {chain_id} is not in the registry: pass --rollup-config, or name a rollup node with \
             --rollup-node-address"
        ),
        RollupError::UnknownL1 { chain_id } => {
            anyhow::anyhow!("L1 chain id {chain_id} is not built in: pass --l1-config")
        }
        error => anyhow::anyhow!("{error}"),
    }
}
