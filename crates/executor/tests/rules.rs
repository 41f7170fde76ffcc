//! Rules that blocks of real chains seldom touch, on a small chain of our own.

#[path = "common/small.rs"]
mod small;

use alloy_consensus::TrieAccount;
use alloy_primitives::{Address, Bytes, KECCAK256_EMPTY, TxKind, U256, address, b256, keccak256};
use op_alloy_consensus::TxDeposit;
use small::{Memory, attributes, config, deposit, jovian_l1_info, signed, transfer};
use tribunal_executor::{ExecutorError, InvalidBlock};
use tribunal_mpt::{EMPTY_ROOT, MemoryProvider, Trie};
use tribunal_rollup::{Fork, RollupConfig};

const RICH: u64 = 1 << 60;
const SENDER: Address = Address::repeat_byte(0x11);

/// The status byte of an encoded deposit receipt with a short payload, and its gas.
fn status_and_gas(receipt: &Bytes) -> (bool, u64) {
    let mut payload = &receipt[1..];
    alloy_rlp::Header::decode(&mut payload).unwrap();
    let status = <bool as alloy_rlp::Decodable>::decode(&mut payload).unwrap();
    (status, <u64 as alloy_rlp::Decodable>::decode(&mut payload).unwrap())
}

fn root_of(accounts: &[(Address, TrieAccount)]) -> alloy_primitives::B256 {
    let (mut trie, nodes) = (Trie::new(), MemoryProvider::default());
    for (address, account) in accounts {
        trie.insert(keccak256(address).as_slice(), alloy_rlp::encode(account).into(), &nodes).unwrap();
    }
    trie.root()
}

fn account(nonce: u64, balance: u64, code_hash: alloy_primitives::B256) -> TrieAccount {
    TrieAccount { nonce, balance: U256::from(balance), storage_root: EMPTY_ROOT, code_hash }
}

#[track_caller]
fn refused(config: &RollupConfig, memory: Memory, transactions: Vec<Bytes>) -> InvalidBlock {
    let mut executor = memory.executor(config);
    let error = executor.build_block(attributes(config, transactions)).unwrap_err();
    assert!(error.is_invalid_block(), "{error}");
    // The next block stands on the same parent, with the same state.
    let deposits =
        if config.is_jovian_active(small::GENESIS_TIME) { vec![jovian_l1_info(400)] } else { vec![] };
    executor.build_block(attributes(config, deposits)).unwrap();
    match error {
        ExecutorError::InvalidBlock(invalid) => invalid,
        other => panic!("{other}"),
    }
}

#[test]
fn create2_deployer_comes_at_the_very_second() {
    let deployer = address!("13b0D85CcB8bf860b6b79AF3029fCA081AE9beF2");
    let code_hash = b256!("b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2");
    let deployed = root_of(&[(deployer, account(0, 5, code_hash))]);
    let untouched = root_of(&[(deployer, account(0, 5, KECCAK256_EMPTY))]);
    for (activation, expected) in [(1_002, deployed), (1_001, untouched), (1_003, untouched), (0, untouched)]
    {
        let mut config = config(Fork::Regolith);
        config.forks.set(Fork::Canyon, Some(activation));
        let mut executor = Memory::default().with(deployer, 0, 5, &[]).executor(&config);
        let block = executor.build_block(attributes(&config, vec![])).unwrap();
        assert_eq!(block.header.state_root, expected, "activation at {activation}");
    }
}

#[test]
fn a_failed_deposit_keeps_its_mint() {
    let config = config(Fork::Isthmus);
    let too_dear = TxDeposit {
        from: SENDER,
        to: TxKind::Call(Address::repeat_byte(0x22)),
        mint: 7,
        value: U256::from(100),
        gas_limit: 50_000,
        ..TxDeposit::default()
    };
    let no_gas = TxDeposit { gas_limit: 20_999, value: U256::ZERO, ..too_dear.clone() };
    let long_code = TxDeposit {
        to: TxKind::Create,
        value: U256::ZERO,
        gas_limit: 10_000_000,
        input: vec![0; 49_153].into(),
        ..too_dear.clone()
    };
    for tx in [too_dear, no_gas, long_code] {
        let gas = tx.gas_limit;
        let mut executor = Memory::default().with(SENDER, 3, 10, &[]).executor(&config);
        let block = executor.build_block(attributes(&config, vec![deposit(tx)])).unwrap();
        assert_eq!(status_and_gas(&block.receipts[0]), (false, gas));
        assert_eq!(block.header.gas_used, gas);
        assert_eq!(block.header.state_root, root_of(&[(SENDER, account(4, 17, KECCAK256_EMPTY))]));
    }
}

#[test]
fn a_deposit_does_not_read_the_code_of_its_sender() {
    let config = config(Fork::Isthmus);
    let mut memory = Memory::default().with(SENDER, 3, 10, &[]);
    let code_hash = b256!("00000000000000000000000000000000000000000000000000000000000c0de5");
    memory.insert_account(SENDER, account(3, 10, code_hash));
    let tx = TxDeposit { from: SENDER, gas_limit: 30_000, to: Address::ZERO.into(), ..TxDeposit::default() };
    let block = memory.executor(&config).build_block(attributes(&config, vec![deposit(tx)])).unwrap();
    assert_eq!(status_and_gas(&block.receipts[0]), (true, 21_000));
    assert_eq!(block.header.state_root, root_of(&[(SENDER, account(4, 10, code_hash))]));
}

#[test]
fn system_transactions_ended_with_regolith() {
    let tx = TxDeposit { is_system_transaction: true, gas_limit: 1_000_000, ..TxDeposit::default() };
    let invalid = refused(&config(Fork::Regolith), Memory::default(), vec![deposit(tx.clone())]);
    assert_eq!(invalid, InvalidBlock::SystemTransaction { index: 0 });

    let mut config = config(Fork::Regolith);
    config.forks = tribunal_rollup::ForkTimes::BEDROCK;
    let block =
        Memory::default().executor(&config).build_block(attributes(&config, vec![deposit(tx)])).unwrap();
    assert_eq!(block.header.gas_used, 0);
}

#[test]
fn gas_limits_add_up_to_that_of_the_block() {
    let config = config(Fork::Granite);
    let tx = |gas_limit| deposit(TxDeposit { gas_limit, to: Address::ZERO.into(), ..TxDeposit::default() });
    let invalid = refused(&config, Memory::default(), vec![tx(60_000_001)]);
    assert_eq!(invalid, InvalidBlock::GasPool { index: 0, gas_limit: 60_000_001, available: 60_000_000 });
    // The second may use the gas that the first leaves (a call to an empty account costs 21 000).
    let invalid = refused(&config, Memory::default(), vec![tx(60_000_000), tx(59_979_001)]);
    assert_eq!(invalid, InvalidBlock::GasPool { index: 1, gas_limit: 59_979_001, available: 59_979_000 });
    let fits = attributes(&config, vec![tx(60_000_000), tx(59_979_000)]);
    Memory::default().executor(&config).build_block(fits).unwrap();
}

#[test]
fn what_is_no_transaction_makes_no_block() {
    let config = config(Fork::Isthmus);
    let good = signed(transfer()).0;
    let mut longer = good.to_vec();
    longer.push(0);
    // A blob transaction, a type that only newer clients know, an access list type cut short, nothing at all.
    let bad: [&[u8]; 7] =
        [&[3, 0xc0], &[0x7d, 0xc0], &[1, 0xc1], &[], &longer, &good[..good.len() - 1], &[0x7e, 0xc0]];
    for raw in bad {
        let invalid = refused(&config, Memory::default(), vec![Bytes::copy_from_slice(raw)]);
        assert!(matches!(invalid, InvalidBlock::Encoding { index: 0, .. }), "{raw:?}: {invalid}");
    }
}

#[test]
fn transactions_that_cannot_run_make_no_block() {
    let config = config(Fork::Isthmus);
    let cases = [
        ("unfunded", 0, transfer()),
        ("nonce too high", RICH, alloy_consensus::TxEip1559 { nonce: 1, ..transfer() }),
        ("another chain", RICH, alloy_consensus::TxEip1559 { chain_id: 11, ..transfer() }),
        ("below the base fee", RICH, alloy_consensus::TxEip1559 { max_fee_per_gas: 999, ..transfer() }),
        ("tip above fee", RICH, alloy_consensus::TxEip1559 { max_priority_fee_per_gas: 2_001, ..transfer() }),
        ("less than intrinsic gas", RICH, alloy_consensus::TxEip1559 { gas_limit: 20_999, ..transfer() }),
    ];
    for (name, balance, tx) in cases {
        let (raw, sender) = signed(tx);
        let memory = Memory::default().with(sender, 0, balance, &[]);
        let invalid = refused(&config, memory, vec![raw]);
        assert!(matches!(invalid, InvalidBlock::Transaction { index: 0, .. }), "{name}: {invalid}");
    }
    let (raw, sender) = signed(transfer());
    let invalid = refused(&config, Memory::default().with(sender, 0, RICH, &[0xfe]), vec![raw.clone()]);
    assert!(matches!(invalid, InvalidBlock::Transaction { .. }), "a contract sends nothing: {invalid}");
    let invalid = refused(&config, Memory::default().with(sender, u64::MAX, RICH, &[]), vec![raw.clone()]);
    assert!(matches!(invalid, InvalidBlock::Transaction { .. }), "{invalid}");

    let mut executor = Memory::default().with(sender, 0, RICH, &[]).executor(&config);
    let block = executor.build_block(attributes(&config, vec![raw])).unwrap();
    assert_eq!(block.header.gas_used, 21_000);
}

#[test]
fn karst_bounds_the_gas_of_a_transaction_but_not_of_a_deposit() {
    let tx = alloy_consensus::TxEip1559 { gas_limit: (1 << 24) + 1, ..transfer() };
    let (raw, sender) = signed(tx);
    let memory = || Memory::default().with(sender, 0, RICH, &[]);
    let invalid = refused(&config(Fork::Karst), memory(), vec![jovian_l1_info(0), raw.clone()]);
    assert!(matches!(invalid, InvalidBlock::Transaction { index: 1, .. }), "{invalid}");
    let jovian = config(Fork::Jovian);
    memory().executor(&jovian).build_block(attributes(&jovian, vec![jovian_l1_info(0), raw])).unwrap();
    let karst = config(Fork::Karst);
    let large = deposit(TxDeposit { gas_limit: 20_000_000, ..TxDeposit::default() });
    memory().executor(&karst).build_block(attributes(&karst, vec![jovian_l1_info(0), large])).unwrap();
}

#[test]
fn the_data_footprint_is_bounded_by_the_gas_limit() {
    let config = config(Fork::Jovian);
    let (raw, sender) = signed(transfer());
    let memory = || Memory::default().with(sender, 0, RICH, &[]);
    // A short transaction counts as 100 bytes.
    let block = memory()
        .executor(&config)
        .build_block(attributes(&config, vec![jovian_l1_info(400), raw.clone()]))
        .unwrap();
    assert_eq!(block.header.blob_gas_used, Some(40_000));
    let mut tight = attributes(&config, vec![jovian_l1_info(u16::MAX), raw.clone()]);
    tight.gas_limit = Some(6_553_499);
    let error = memory().executor(&config).build_block(tight.clone()).unwrap_err();
    let ExecutorError::InvalidBlock(invalid) = error else { panic!("{error}") };
    assert_eq!(invalid, InvalidBlock::DataFootprint { footprint: 6_553_500, gas_limit: 6_553_499 });
    tight.gas_limit = Some(6_553_500);
    memory().executor(&config).build_block(tight).unwrap();

    for transactions in [vec![], vec![raw.clone()], vec![deposit(TxDeposit::default()), raw]] {
        let invalid = refused(&config, memory(), transactions);
        assert!(matches!(invalid, InvalidBlock::Attributes(_)), "{invalid}");
    }
}

#[test]
fn karst_bounds_the_size_of_a_block() {
    let large = |len| {
        let to = Address::ZERO.into();
        deposit(TxDeposit { gas_limit: 100_000_000, to, input: vec![0; len].into(), ..TxDeposit::default() })
    };
    let build = |fork, len| {
        let config = config(fork);
        let mut attributes = attributes(&config, vec![jovian_l1_info(0), large(len)]);
        attributes.gas_limit = Some(200_000_000);
        Memory::default().executor(&config).build_block(attributes)
    };
    let limit = 8 << 20;
    build(Fork::Karst, limit - 2_000).unwrap();
    build(Fork::Jovian, limit).unwrap();
    let error = build(Fork::Karst, limit).unwrap_err();
    assert!(matches!(error, ExecutorError::InvalidBlock(InvalidBlock::Size(_))), "{error}");
}

#[test]
fn attributes_must_fit_the_fork() {
    let config = config(Fork::Holocene);
    let good = attributes(&config, vec![]);
    let spoiled = [
        {
            let mut bad = good.clone();
            bad.payload_attributes.timestamp = small::GENESIS_TIME;
            bad
        },
        {
            let mut bad = good.clone();
            bad.payload_attributes.parent_beacon_block_root = None;
            bad
        },
        op_alloy_rpc_types_engine::OpPayloadAttributes { gas_limit: None, ..good.clone() },
        op_alloy_rpc_types_engine::OpPayloadAttributes { gas_limit: Some(u64::MAX), ..good.clone() },
        op_alloy_rpc_types_engine::OpPayloadAttributes { eip_1559_params: None, ..good.clone() },
    ];
    let mut executor = Memory::default().executor(&config);
    for bad in spoiled {
        assert!(executor.build_block(bad).unwrap_err().is_invalid_block());
    }
    executor.build_block(good).unwrap();
}

/// A vault that earns nothing is not even looked at: here nothing is known of it, nor of the account that it would be.
#[test]
fn fees_go_to_their_vaults() {
    let config = config(Fork::Canyon);
    let (raw, sender) = signed(transfer());
    let mut executor = Memory::default().with(sender, 0, 100_000_000, &[]).executor(&config);
    let mut attributes = attributes(&config, vec![raw]);
    attributes.payload_attributes.suggested_fee_recipient = Address::repeat_byte(0xcb);
    let block = executor.build_block(attributes).unwrap();
    let fee = 21_000 * (small::BASE_FEE + 1);
    assert_eq!(
        block.header.state_root,
        root_of(&[
            (sender, account(1, 100_000_000 - fee, KECCAK256_EMPTY)),
            (Address::repeat_byte(0xcb), account(0, 21_000, KECCAK256_EMPTY)),
            (address!("4200000000000000000000000000000000000019"), account(0, 21_000_000, KECCAK256_EMPTY)),
        ])
    );
}

/// What a single transfer pays for its data with these slots of the L1 attributes, and its bytes.
fn data_fee(config: &RollupConfig, slots: &[(u64, U256)]) -> (u64, Bytes) {
    let l1_block = address!("4200000000000000000000000000000000000015");
    let (raw, sender) = signed(transfer());
    let memory = Memory::default().with(sender, 0, RICH, &[]).with_storage(l1_block, slots);
    let block = memory.clone().executor(config).build_block(attributes(config, vec![raw.clone()])).unwrap();
    let account = memory.account(block.header.state_root, sender);
    let paid = U256::from(RICH) - account.balance;
    (paid.to::<u64>() - 21_000 * (small::BASE_FEE + 1), raw)
}

/// The values are op-geth's: the last block by Bedrock's rule is told by scalars and blob base fee that are all unset.
#[test]
fn the_block_that_activates_ecotone_pays_by_the_rule_before() {
    let bedrock = [(1, U256::from(30)), (5, U256::from(188)), (6, U256::from(684_000))];
    let expected = |raw: &Bytes| {
        let gas: u64 = raw.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
        (gas + 188) * 30 * 684_000 / 1_000_000
    };
    // In one block with Ecotone, Fjord changes nothing.
    for last in [Fork::Canyon, Fork::Ecotone, Fork::Fjord, Fork::Isthmus] {
        let (fee, raw) = data_fee(&config(last), &bedrock);
        assert_eq!(fee, expected(&raw), "{last:?}");
    }

    let scalars = U256::from_limbs([0, (7 << 32) | 5, 0, 0]); // base fee scalar 7, blob base fee scalar 5
    let ecotone = [bedrock[0], bedrock[1], bedrock[2], (3, scalars), (7, U256::from(100_000))];
    let per_byte = 16 * 30 * 7 + 100_000 * 5;
    let (fee, raw) = data_fee(&config(Fork::Ecotone), &ecotone);
    let gas: u64 = raw.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
    assert_eq!(fee, gas * per_byte / 16_000_000);
    // A short transaction counts as 100 bytes.
    assert_eq!(data_fee(&config(Fork::Fjord), &ecotone).0, 100 * per_byte / 1_000_000);

    // Scalars that are zero on purpose mean that data is free, and nothing of Bedrock's is looked at.
    let free = [bedrock[0], bedrock[1], bedrock[2], (7, U256::from(1))];
    assert_eq!(data_fee(&config(Fork::Ecotone), &free).0, 0);
}

#[test]
fn the_operator_fee_follows_the_forks() {
    // Operator fee scalar 3 000 000, constant 11; the data footprint's scalar beside them counts nothing here.
    let packed = U256::from_limbs([11, 3_000_000, 0, 0]) | (U256::from(400) << 96);
    let slots = [(7, U256::from(1)), (8, packed)];
    assert_eq!(data_fee(&config(Fork::Holocene), &slots).0, 0);
    assert_eq!(data_fee(&config(Fork::Isthmus), &slots).0, 21_000 * 3 + 11);
}
