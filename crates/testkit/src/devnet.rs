//! Builds both chains of a devnet, and writes its files.

use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, U256, address};
use serde_json::{Value, json};
use std::{fs, path::Path, sync::Arc};
use tribunal_host::{
    Claim, fixture,
    store::{MemoryStore, PreimageStore},
};
use tribunal_rollup::{Fork, L1ChainConfig, RollupConfig};

use crate::{
    accounts::Account,
    batcher::{Batcher, ChainParameters},
    claims::Chains,
    error::TestkitError,
    events, genesis,
    l1::{self, L1Chain},
    options::{self, Options, Schedule},
    preimages::Preimages,
    rng::Rng,
    sequencer::{Block, Sequencer},
    transactions::TransactionMaker,
};

const INBOX: Address = address!("0xff00000000000000000000000000000000000777");
const PORTAL: Address = address!("0x1000000000000000000000000000000000000001");
const SYSTEM_CONFIG: Address = address!("0x1000000000000000000000000000000000000002");
const GENESIS_TIME: u64 = 1_760_000_000;
/// Number of accounts that send L2 transactions.
const ACCOUNTS: usize = 8;

/// A generated devnet.
#[derive(Debug)]
pub struct Devnet {
    rollup_config: Value,
    l1_config: Value,
    claims: Vec<Claim>,
    blocks: Vec<Value>,
    preimages: Preimages,
}

/// Progress: the number of L2 blocks so far.
pub type Progress<'a> = &'a mut dyn FnMut(u64);

impl Devnet {
    /// Makes a devnet.
    ///
    /// # Errors
    /// [`TestkitError::Options`] if the options are invalid; any other error is a bug in this project.
    pub fn generate(options: &Options, progress: Progress<'_>) -> Result<Self, TestkitError> {
        let schedule = options.schedule()?;
        let preimages = Preimages::default();
        let mut rng = Rng::new(options.seed, "chain");
        let mut plan = Plan {
            l1_chain_id: 900_000 + rng.range(0, 90_000),
            l2_chain_id: 42_000_000 + rng.range(0, 900_000),
            batcher: Address::ZERO,
            schedule,
        };
        let mut l1 = L1Chain::new(plan.l1_chain_id, GENESIS_TIME - l1::BLOCK_TIME, preimages.clone());
        l1.mine(&mut rng);
        let maker = TransactionMaker::new(plan.l2_chain_id, &mut rng, ACCOUNTS);
        let batcher = Account::random(&mut rng);
        let user = Account::random(&mut rng);
        plan.batcher = batcher.address;

        let l1_config = plan.l1_config();
        let parsed_l1 = Arc::new(L1ChainConfig::from_json(l1_config.to_string().as_bytes())?);
        let before = genesis::write(plan.founding_time(), maker.addresses(), &preimages)?;
        let genesis = plan.found(before, &l1, &parsed_l1, &preimages)?;
        let rollup_config = plan.rollup_config(l1.head(), &genesis);
        let config = Arc::new(RollupConfig::from_json(rollup_config.to_string().as_bytes())?);
        let parameters = ChainParameters {
            genesis_time: GENESIS_TIME,
            genesis_number: genesis.number,
            l2_chain_id: plan.l2_chain_id,
            inbox: INBOX,
            batches: options.batches,
        };
        let mut run = Run {
            config: Arc::clone(&config),
            sequencer: Sequencer::new(config, parsed_l1, genesis.clone(), preimages.clone(), Some(maker)),
            batcher: Batcher::new(parameters, batcher),
            user,
            l1,
            rng,
            blocks: Vec::new(),
            safe_by_l1: Vec::new(),
            queued: 1,
        };
        run.grow(genesis, options.blocks, progress)?;
        let chains = Chains {
            l1_chain_id: plan.l1_chain_id,
            l2_chain_id: plan.l2_chain_id,
            blocks: &run.blocks,
            l1: &run.safe_by_l1,
        };
        let claims = chains.claims(&mut Rng::new(options.seed, "claims"));
        let blocks = run.blocks.iter().map(block_json).collect();
        Ok(Self { rollup_config, l1_config, claims, blocks, preimages })
    }

    /// Number of claims.
    pub fn claims(&self) -> usize {
        self.claims.len()
    }

    /// Number of pre-images.
    pub fn preimages(&self) -> usize {
        self.preimages.len()
    }

    /// Writes the devnet as a fixture folder, which is created if it does not exist.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TestkitError> {
        fs::create_dir_all(folder)?;
        let pretty = |name: &str, value: &dyn erased::Json| -> Result<(), TestkitError> {
            Ok(fs::write(folder.join(name), value.to_pretty()? + "\n")?)
        };
        pretty("rollup.json", &self.rollup_config)?;
        pretty("l1-genesis-config.json", &self.l1_config)?;
        pretty("blocks.json", &self.blocks)?;
        pretty("claims.json", &self.claims)?;
        let store = MemoryStore::new();
        store.put_all(&mut self.preimages.to_records().into_iter())?;
        fixture::save(&store, &folder.join(fixture::PREIMAGES))?;
        Ok(())
    }
}

mod erased {
    /// Writes a value as JSON.
    pub(super) trait Json {
        fn to_pretty(&self) -> serde_json::Result<String>;
    }

    impl<T: serde::Serialize> Json for T {
        fn to_pretty(&self) -> serde_json::Result<String> {
            serde_json::to_string_pretty(self)
        }
    }
}

/// Both chains while they are built.
struct Run {
    config: Arc<RollupConfig>,
    sequencer: Sequencer,
    batcher: Batcher,
    user: Account,
    l1: L1Chain,
    rng: Rng,
    blocks: Vec<Block>,
    /// L1 headers with the last L2 block that their data completes.
    safe_by_l1: Vec<(Sealed<Header>, u64)>,
    /// The first L2 block that the batcher does not have yet.
    queued: usize,
}

impl Run {
    fn grow(
        &mut self,
        genesis: Sealed<Header>,
        blocks: u64,
        progress: Progress<'_>,
    ) -> Result<(), TestkitError> {
        let genesis = self.sequencer.genesis(genesis)?;
        self.blocks.push(genesis);
        self.note_l1();
        while (self.blocks.len() as u64) <= blocks {
            self.mine(false)?;
            while self.sequencer.next_timestamp() <= self.l1.head().timestamp
                && (self.blocks.len() as u64) <= blocks
            {
                let block = self.sequencer.build(&mut self.rng, &self.l1)?;
                self.blocks.push(block);
                progress(self.blocks.len() as u64 - 1);
            }
            self.cut_channel(false)?;
        }
        self.cut_channel(true)?;
        while !self.batcher.is_idle() {
            self.mine(true)?;
        }
        // One more empty block, so that the last data is not in the last block.
        self.mine(true)
    }

    /// Passes the blocks since the last channel to the batcher: at random, or with `all` always.
    fn cut_channel(&mut self, all: bool) -> Result<(), TestkitError> {
        let fresh = &self.blocks[self.queued..];
        if fresh.is_empty() || !(all || fresh.len() > 12 || self.rng.one_in(2)) {
            return Ok(());
        }
        // The L1 block in which the channel is read decides which compression is allowed. It is never an earlier block.
        let fjord = self.config.is_fjord_active(self.l1.head().timestamp);
        self.batcher.queue(&mut self.rng, fresh, fjord)?;
        self.queued = self.blocks.len();
        Ok(())
    }

    fn mine(&mut self, ending: bool) -> Result<(), TestkitError> {
        if !ending {
            self.user_events();
        }
        self.batcher.post(&mut self.rng, &mut self.l1, ending)?;
        self.l1.mine(&mut self.rng);
        self.note_l1();
        Ok(())
    }

    /// Records the new L1 block and the last L2 block that its data completes.
    fn note_l1(&mut self) {
        self.safe_by_l1.push((self.l1.head().clone(), self.batcher.safe));
    }

    /// Adds deposits, SystemConfig updates, and transactions that the rollup ignores.
    fn user_events(&mut self) {
        for _ in 0..self.rng.range(0, 4) {
            let (to, logs) = match self.rng.range(0, 6) {
                0..=2 => (PORTAL, vec![events::deposit(&mut self.rng, PORTAL)]),
                3 => {
                    let limit = U256::from(genesis::GAS_LIMIT + self.rng.range(0, 1_000_000));
                    (
                        SYSTEM_CONFIG,
                        vec![events::config_update(
                            SYSTEM_CONFIG,
                            2,
                            &[U256::from(32), U256::from(32), limit],
                        )],
                    )
                }
                _ => (self.rng.address(), Vec::new()),
            };
            let input = self.rng.bytes(0, 100);
            self.l1.send(&mut self.user, to, input, logs);
        }
    }
}

/// The parameters that are fixed before the first block.
struct Plan {
    l1_chain_id: u64,
    l2_chain_id: u64,
    batcher: Address,
    schedule: Schedule,
}

impl Plan {
    /// Timestamp of the block before the founding blocks. The last founding block is the rollup's genesis.
    fn founding_time(&self) -> u64 {
        GENESIS_TIME - options::BLOCK_TIME * self.schedule.founding as u64
    }

    /// Builds the founding blocks: one for each fork that is active at genesis.
    fn found(
        &self,
        before: Sealed<Header>,
        l1: &L1Chain,
        l1_config: &Arc<L1ChainConfig>,
        preimages: &Preimages,
    ) -> Result<Sealed<Header>, TestkitError> {
        let json = self.rollup_config(l1.head(), &before).to_string();
        let config = Arc::new(RollupConfig::from_json(json.as_bytes())?);
        let mut founder =
            Sequencer::new(config, Arc::clone(l1_config), before.clone(), preimages.clone(), None);
        let mut rng = Rng::new(0, "founding blocks are the same for all");
        (0..self.schedule.founding).try_fold(before, |_, _| Ok(founder.build(&mut rng, l1)?.header))
    }

    /// The rollup config, in op-node's form.
    fn rollup_config(&self, l1_genesis: &Sealed<Header>, l2_genesis: &Sealed<Header>) -> Value {
        let mut config = json!({
            "genesis": {
                "l1": { "hash": l1_genesis.seal(), "number": l1_genesis.number },
                "l2": { "hash": l2_genesis.seal(), "number": l2_genesis.number },
                "l2_time": l2_genesis.timestamp,
                "system_config": {
                    "batcherAddr": self.batcher,
                    "overhead": B256::ZERO,
                    // Ecotone form: base fee scalar 1368, blob base fee scalar 810949.
                    "scalar": "0x010000000000000000000000000000000000000000000000000c5fc500000558",
                    "gasLimit": genesis::GAS_LIMIT,
                    "eip1559Params": "0x0000000000000000",
                    "operatorFeeParams": B256::ZERO,
                    "minBaseFee": 0,
                    "daFootprintGasScalar": 0
                }
            },
            "block_time": options::BLOCK_TIME,
            "max_sequencer_drift": 600,
            "seq_window_size": 3600,
            "channel_timeout": 300,
            "granite_channel_timeout": 50,
            "l1_chain_id": self.l1_chain_id,
            "l2_chain_id": self.l2_chain_id,
            "regolith_time": 0,
            "canyon_time": self.founding_time(),
            "delta_time": self.founding_time(),
            "batch_inbox_address": INBOX,
            "deposit_contract_address": PORTAL,
            "l1_system_config_address": SYSTEM_CONFIG,
            "protocol_versions_address": Address::ZERO,
            "chain_op_config": {
                "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250
            }
        });
        if let Value::Object(fields) = &mut config {
            for (fork, time) in options::FORKS.iter().zip(self.fork_times()) {
                fields.insert(format!("{}_time", fork_name(*fork)), json!(time));
            }
        }
        config
    }

    fn fork_times(&self) -> impl Iterator<Item = Option<u64>> + '_ {
        let founding = (1..=self.schedule.founding as u64)
            .map(|nth| Some(self.founding_time() + options::BLOCK_TIME * nth));
        founding.chain(self.schedule.later.iter().map(|time| time.map(|time| GENESIS_TIME + time)))
    }

    /// The L1 config: Prague is active at genesis.
    fn l1_config(&self) -> Value {
        json!({
            "chainId": self.l1_chain_id,
            "shanghaiTime": 0,
            "cancunTime": 0,
            "pragueTime": 0,
            "terminalTotalDifficulty": 0,
            "depositContractAddress": Address::ZERO,
            "blobSchedule": {
                "cancun": { "target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477 },
                "prague": { "target": 6, "max": 9, "baseFeeUpdateFraction": 5_007_716 }
            }
        })
    }
}

/// A fork's name in configs and on the command line.
pub fn fork_name(fork: Fork) -> String {
    format!("{fork:?}").to_lowercase()
}

fn block_json(block: &Block) -> Value {
    json!({
        "number": block.header.number,
        "hash": block.header.seal(),
        "parentHash": block.header.parent_hash,
        "stateRoot": block.header.state_root,
        "transactionsRoot": block.header.transactions_root,
        "receiptsRoot": block.header.receipts_root,
        "outputRoot": block.output_root,
        "gasUsed": block.header.gas_used,
        "timestamp": block.header.timestamp,
        "l1Origin": { "hash": block.info.l1_origin.hash, "number": block.info.l1_origin.number },
        "sequenceNumber": block.info.seq_num,
        "batched": block.batched.len()
    })
}
