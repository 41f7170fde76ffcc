//! What is decided: claims, their configs, and where their pre-images come from.

use anyhow::bail;
use std::{path::Path, slice, sync::Arc};
use tribunal_host::{
    ChainConfigs, Checks, Claim, ConfigFile, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified,
    fixture,
    store::{self, MemoryStore, PreimageStore},
};
use tribunal_rpc::Nodes;

use super::{Args, session::Chosen};
use crate::{
    inputs,
    live::{Blocks, ConfigPaths, LiveChains},
    metrics::Watch,
    nodes::NodeFlags,
    steps::Steps,
};

/// Claims, and all that is needed to decide them.
pub(super) struct Subject<'a> {
    claims: Claims,
    configs: ChainConfigs,
    missing: Missing<'a>,
    watch: Watch,
}

/// Where the claims come from.
enum Claims {
    Folder(Box<FixtureFolder>),
    /// A claim about a block of a live chain.
    Live(Box<Claim>),
}

/// What becomes of a pre-image that the store does not have.
enum Missing<'a> {
    /// The claim is undecided.
    NotFetched,
    /// The nodes of these flags are asked.
    IsFetched(&'a NodeFlags),
    /// The nodes are asked that the claim was made of.
    IsFetchedFrom(Box<LiveChains>),
}

impl<'a> Subject<'a> {
    /// The claims of a fixture folder. If nodes are named, they are asked for what the folder does not have.
    pub(super) fn of_folder(args: &'a Args, dir: &Path, watch: Watch) -> anyhow::Result<Self> {
        inputs::require_folder(dir, inputs::CLAIMS)?;
        let mut folder = FixtureFolder::read(dir)?;
        let mut configs = std::mem::take(&mut folder.configs);
        if let Some(path) = &args.rollup_config {
            configs.rollup = Some(ConfigFile::read(path)?);
        }
        if let Some(path) = &args.l1_config {
            configs.l1 = Some(ConfigFile::read(path)?);
        }
        // A flag that cannot be used is an error even if nothing is missing.
        args.nodes.refuse_rollup_node()?;
        let missing = match args.nodes.nodes(None)? {
            Some(_) => Missing::IsFetched(&args.nodes),
            None => Missing::NotFetched,
        };
        Ok(Self { claims: Claims::Folder(Box::new(folder)), configs, missing, watch })
    }

    /// The claim about blocks of a live chain that the nodes make.
    pub(super) fn live(
        args: &Args,
        flags: &NodeFlags,
        blocks: Blocks,
        nodes: Arc<Nodes>,
        watch: Watch,
    ) -> anyhow::Result<Self> {
        let paths = ConfigPaths { rollup: args.rollup_config.as_ref(), l1: args.l1_config.as_ref() };
        let store: Arc<dyn PreimageStore> = match &args.store {
            Some(path) => store::create(path)?,
            None => Arc::new(MemoryStore::new()),
        };
        let (steps, store) = (Steps::start(&watch), Arc::new(Verified::new(store)));
        let chains = LiveChains::connect(flags, nodes, paths, store, watch.clone(), &steps)?;
        let claim = chains.claim(blocks, &steps)?;
        Ok(Self {
            claims: Claims::Live(Box::new(claim)),
            configs: chains.configs().clone(),
            missing: Missing::IsFetchedFrom(Box::new(chains)),
            watch,
        })
    }

    /// The claims to decide: all of them, or only the one with this index.
    pub(super) fn choose(&self, only: Option<usize>) -> anyhow::Result<Vec<Chosen<'_>>> {
        let all = match &self.claims {
            Claims::Folder(folder) => folder.claims.as_slice(),
            Claims::Live(claim) => slice::from_ref(&**claim),
        };
        let range = match (&self.claims, only) {
            (Claims::Folder(folder), None) if all.is_empty() => {
                bail!("{} has no claims", folder.claims_file.display())
            }
            (Claims::Folder(folder), Some(index)) if index >= all.len() => {
                return Err(inputs::no_such_claim(folder, index));
            }
            (_, Some(index)) => index..index + 1,
            (_, None) => 0..all.len(),
        };
        let check = |claim: &Claim| {
            self.configs.check(claim.chains(), claim.boot.claimed_block_number, LocalKeyFlavour::Kona)
        };
        let claims = all.iter().enumerate().skip(range.start).take(range.len());
        Ok(claims.map(|(index, claim)| Chosen { index, claim, configs: check(claim) }).collect())
    }

    /// Opens the store with the pre-images of these claims.
    pub(super) fn open_store(&self, args: &Args, chosen: &[Chosen<'_>]) -> anyhow::Result<Arc<Verified>> {
        let folder = match (&self.missing, &self.claims) {
            (Missing::IsFetchedFrom(chains), _) => return Ok(chains.fetched().clone()),
            (_, Claims::Live(_)) => None,
            (_, Claims::Folder(folder)) => Some(folder),
        };
        let online = self.asks_nodes();
        let store: Arc<dyn PreimageStore> = match (&args.store, folder) {
            // Where no claim has configs to be decided by, no pre-images are needed to say so.
            _ if chosen.iter().all(|chosen| chosen.configs.is_err()) => Arc::new(MemoryStore::new()),
            (Some(path), _) if online => store::create(path)?,
            (Some(path), _) => store::open(path)?,
            (None, Some(folder)) if !online || has_preimages(folder) => folder.open_store()?,
            (None, _) => Arc::new(MemoryStore::new()),
        };
        Ok(Arc::new(Verified::new(store)))
    }

    /// Whether nodes are asked for what the store does not have.
    pub(super) fn asks_nodes(&self) -> bool {
        !matches!(self.missing, Missing::NotFetched)
    }

    /// A host for a claim, and the nodes that it alone asks.
    pub(super) fn host(
        &self,
        claim: &Claim,
        store: &Arc<Verified>,
    ) -> anyhow::Result<(Host, Option<Arc<Nodes>>)> {
        let local = LocalInputs::new(claim.boot, self.configs.clone(), LocalKeyFlavour::Kona);
        let nodes = match &self.missing {
            Missing::IsFetchedFrom(chains) => return Ok((chains.host(claim.boot), None)),
            Missing::IsFetched(flags) => flags.nodes(claim.agreed_l2_head_hash)?.map(|nodes| (nodes, flags)),
            Missing::NotFetched => None,
        };
        let host = match &nodes {
            None => Host::new(store.clone(), local, Checks::Meanwhile)?,
            Some((nodes, flags)) => {
                self.watch.nodes(nodes);
                Host::with_source(store.clone(), local, nodes.clone(), flags.patience())
            }
        };
        self.watch.host(&host);
        Ok((host, nodes.map(|(nodes, _)| nodes)))
    }

    /// The fixture folder, for what errors advise.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.claims {
            Claims::Folder(folder) => folder.claims_file.parent(),
            Claims::Live(_) => None,
        }
    }
}

/// Whether a folder has a file with pre-images.
fn has_preimages(folder: &FixtureFolder) -> bool {
    // If that cannot be told, opening the file says why.
    folder.claims_file.with_file_name(fixture::PREIMAGES).try_exists().unwrap_or(true)
}
