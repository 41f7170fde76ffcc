//! Every upgrade transaction has the hash of the transaction that the reference node builds.

use alloc::vec::Vec;

use alloy_primitives::{B256, b256, keccak256};

use super::*;
use crate::{ForkTimes, registry};

/// keccak256 of the encoded transactions of Ecotone, made with op-node v1.19.6.
const ECOTONE_HASHES: [B256; 6] = [
    // Ecotone: L1 Block Deployment
    b256!("50549bed9a83ba7238893970780b458ed3d543f299d6f69f7a5d0b32d7cd71a7"),
    // Ecotone: Gas Price Oracle Deployment
    b256!("f8e8dd83c100c9eb137fa372cdda2cf854f79b6e8cfc604c5e54d970c05cb6dc"),
    // Ecotone: L1 Block Proxy Update
    b256!("9f2b2d34dfa2cb55cceb9860cade0cb03cfbd7ff1dd07d48b4708b29a46b4a24"),
    // Ecotone: Gas Price Oracle Proxy Update
    b256!("edbfdad1f44ea830b863eac45eca4408398351b30511826012882059625963d2"),
    // Ecotone: Gas Price Oracle Set Ecotone
    b256!("91f762393442ac507c6852211b62445d82c9b58bae34726ecef2f10b4156f027"),
    // Ecotone: beacon block roots contract deployment
    b256!("5b7915f2a55ce67519e6d8f65248918f4e62f545706af2bf02549bb9782c03f3"),
];

/// keccak256 of the encoded transactions of Fjord, made with op-node v1.19.6.
const FJORD_HASHES: [B256; 3] = [
    // Fjord: Gas Price Oracle Deployment
    b256!("aafd55b14e021a2c04628606e42dbe58cc9c86b6ed695a8b9ccf258e28963e5e"),
    // Fjord: Gas Price Oracle Proxy Update
    b256!("2f63bbe08a66796dde569281a58a53e0b0f64b7aa067297e9c70455fb8e375bc"),
    // Fjord: Gas Price Oracle Set Fjord
    b256!("7cedc4f1c428928cdfb9b340bda3060102c71ad23f982678471b222ba8a756e1"),
];

/// keccak256 of the encoded transactions of Isthmus, made with op-node v1.19.6.
const ISTHMUS_HASHES: [B256; 8] = [
    // Isthmus: L1 Block Deployment
    b256!("4557f1142fedd52d571b070a290aa8683a03f7aac7929967858af7aab48cd4cc"),
    // Isthmus: Gas Price Oracle Deployment
    b256!("9412bd3fa72eb1dbec94fd2297d44a8b86cb1f55966324e6cc7d57decc92c1f6"),
    // Isthmus: Operator Fee Vault Deployment
    b256!("a9e6286eadd53ecf7bb2bff668c4fcb62305a8b3e4b584c30f7d4f90046ee75e"),
    // Isthmus: L1 Block Proxy Update
    b256!("e992e00998b34075506d2726a274db07a62af6cdd9d527bfda9128114603cfbd"),
    // Isthmus: Gas Price Oracle Proxy Update
    b256!("b6560306ccb0e772b132a8a6dd78244c0d7ac270c80baba40f95006184926c30"),
    // Isthmus: Operator Fee Vault Proxy Update
    b256!("f162acc8ebbaf9237755736b62331a4817fe27bbbe3712f473ecfa8fee499f7c"),
    // Isthmus: Gas Price Oracle Set Isthmus
    b256!("bf2fef09f73279373fce8acd2968ca4fd1d10ba88bf10993b6a69c33d913f01b"),
    // Isthmus: EIP-2935 Contract Deployment
    b256!("f3ddde30514a8d00b0b92f14b9ce6b3170ea30f5f45b1afdc0905801134ffefe"),
];

/// keccak256 of the encoded transactions of Jovian, made with op-node v1.19.6.
const JOVIAN_HASHES: [B256; 5] = [
    // Jovian: L1 Block Deployment
    b256!("0bad46dcef609affe3d306a9ce6239a1f3ec59673943a4c533eb20459950f542"),
    // Jovian: L1 Block Proxy Update
    b256!("cd60191626fa3124e7031235c52f0adf6be545ebbd7cf55641bd9dabcbedaf6a"),
    // Jovian: Gas Price Oracle Deployment
    b256!("675febfc848d9b30f27dce1aabb6572d1de80c9eaa75773ac2106eeea7ff3aff"),
    // Jovian: Gas Price Oracle Proxy Update
    b256!("c7c01d75d0b6950fcd30b448cba848e9841ab9ebb6b46eed9ecde4ba05ad0fd9"),
    // Jovian: Gas Price Oracle Set Jovian
    b256!("159d785e90a42f3b9a4d3b9fd4ab69e7c0edec3122cb2e767f3a66aba8f3e664"),
];

/// keccak256 of the encoded transactions of Karst, made with op-node v1.19.6.
const KARST_HASHES: [B256; 31] = [
    // Karst 0: ConditionalDeployer Deployment
    b256!("7582a14ccf99987782cdf0a40ecb81fc7230cf18e4603354e225fc14fe4859d9"),
    // Karst 1: Upgrade ConditionalDeployer Implementation
    b256!("be2ad7064d023c471b3f1bef6546e167468a98e22539d6d426e5a7180612f4c3"),
    // Karst 2: Deploy StorageSetter Implementation
    b256!("df9073df9dc7aed20004d9008bb2ffb5544200de7efff40d2215f86b03c9ef6a"),
    // Karst 3: Deploy L2CrossDomainMessenger Implementation
    b256!("c3ba247746708a80176c946344048ff180ed977a1de0809b39878970a6119a89"),
    // Karst 4: Deploy GasPriceOracle Implementation
    b256!("b084171f78c85dec5a324a4aaa4fe9dc63fd44ea5b79652692bc5cab0479845c"),
    // Karst 5: Deploy L2StandardBridge Implementation
    b256!("54e8cc50252e7be344dffabbf7c6168b9540b9cec09a2c42ea525b154093c7e0"),
    // Karst 6: Deploy SequencerFeeVault Implementation
    b256!("da10b92be5864671d815bf01bf0c1665dec67f2774bed18963af47b77d55118d"),
    // Karst 7: Deploy OptimismMintableERC20Factory Implementation
    b256!("827eb777d54c535230193a71884010847256455723379a9e2c3d4e39e7ccd0c4"),
    // Karst 8: Deploy L2ERC721Bridge Implementation
    b256!("0fed5f4c8ec81d0c216f0685b133b8d2a7cfcc12bd978c1c7c8943e09a4b6116"),
    // Karst 9: Deploy L1Block Implementation
    b256!("c2697bef175e07c2872e8a2ae35798c3648fe30d8d77af94d87a1f4546562083"),
    // Karst 10: Deploy L2ToL1MessagePasser Implementation
    b256!("9305b93023ddc2707e4df03c2eb40b845079b088ca5a2e15e71d537088be2037"),
    // Karst 11: Deploy OptimismMintableERC721Factory Implementation
    b256!("ffed365f48072c224b509dc625a4c4f1e37eac48c0235d0d4be541ffd60ba077"),
    // Karst 12: Deploy L2ProxyAdmin Implementation
    b256!("92c1cbddfbd03c37dcc1fab1a0c9bfb9d7ed2e83080cd006830bf4b955124e74"),
    // Karst 13: Deploy BaseFeeVault Implementation
    b256!("fa180bbc74b900c9514026d50977cc335892c3a4aa78f172d58d033dae47b5bd"),
    // Karst 14: Deploy L1FeeVault Implementation
    b256!("bca4cddddd06127694e1088ed38ab32e83ab933aa7406ca1bc08dfb8ea7088c2"),
    // Karst 15: Deploy OperatorFeeVault Implementation
    b256!("fa8031b516beb71334d75a8e1396aa1031fbfd8bfd86d8c5ea564df1177fe439"),
    // Karst 16: Deploy SchemaRegistry Implementation
    b256!("69a5aa38bda0701f650f22961399a7edb8b2608655f7c2ce7f08f88afda2d3d5"),
    // Karst 17: Deploy EAS Implementation
    b256!("71ff57e81d5f387621f492dc3ecfcf20b527bcf8f497012094b5e288e187f502"),
    // Karst 18: Deploy ConditionalDeployer Implementation
    b256!("c4c135d76411849477e60d0eeefae3a3b903cbd16289a0e95b63ddb88fb4df37"),
    // Karst 19: Deploy L2DevFeatureFlags Implementation
    b256!("43ccd95244073e8c1b9bbef5ae1f75b5357e7d41448fe337b64709c5161c3213"),
    // Karst 20: Deploy CrossL2Inbox Implementation
    b256!("fee0716b17347326d9e28bcf147b8d59f95873b10bca6574d495dbc3762a8857"),
    // Karst 21: Deploy L2ToL2CrossDomainMessenger Implementation
    b256!("b351a43e0fd1a87c03add92c586b32f42f06038fc6fbbd858b040bdc1224e918"),
    // Karst 22: Deploy SuperchainETHBridge Implementation
    b256!("527f2f4762791c7db425c2345692276d1d812221e09d93a111edab8539b5cd00"),
    // Karst 23: Deploy ETHLiquidity Implementation
    b256!("f16da6ec53ed3b004828601db66f9a4124c12c6095e7346d8acc7332da03203a"),
    // Karst 24: Deploy L1BlockCGT Implementation
    b256!("34f38da749e8e74ea5c5ad22e08eabc0ba34e758fee54e3e2b817c7879fd17d6"),
    // Karst 25: Deploy L2ToL1MessagePasserCGT Implementation
    b256!("db0e8e0cb8fcd6a11f7df11d12f41197af189d07573e38271059f1bb2782deed"),
    // Karst 26: Deploy LiquidityController Implementation
    b256!("b11c734c207b9916b088b06bc608d8f3edcfd23abb407d4c222d19137f45a585"),
    // Karst 27: Deploy NativeAssetLiquidity Implementation
    b256!("688a38712c71aed9e7abbc2399334523e8e2ba7b6d3a8b2dfc3f6be82407caa2"),
    // Karst 28: Upgrade L2ProxyAdmin Implementation
    b256!("48aa8d6a9d281bf0eaa204e895acdfe0ba38640c34f6d133b2f4ecb879f5c72c"),
    // Karst 29: Deploy L2ContractsManager Implementation
    b256!("1cd872fbcd73b0bb615dfe0383b76793b3ec6d1cc06c4e471ba65cda961b6531"),
    // Karst 30: L2ProxyAdmin Upgrade Predeploys
    b256!("d2e9eb2ba77098610e7dda134e70f741f7456f4ec49912d667860c40988dfd8e"),
];

fn check(fork: Fork, expected: &[B256], expected_gas: u64) {
    let mut config = registry::rollup_config(10).unwrap();
    config.forks = ForkTimes::all_until(fork).with(fork, 1000);
    let (transactions, gas) = upgrade_transactions(&config, 1000).unwrap();
    assert_eq!(transactions.iter().map(keccak256).collect::<Vec<_>>(), expected);
    assert_eq!(gas, expected_gas);
    assert_eq!(upgrade_transactions(&config, 1002), Ok((Vec::new(), 0)));
    assert_eq!(upgrade_transactions(&config, 998), Ok((Vec::new(), 0)));
}

#[test]
fn transactions_are_those_of_the_reference() {
    check(Fork::Ecotone, &ECOTONE_HASHES, 0);
    check(Fork::Fjord, &FJORD_HASHES, 0);
    check(Fork::Granite, &[], 0);
    check(Fork::Isthmus, &ISTHMUS_HASHES, 0);
    check(Fork::Jovian, &JOVIAN_HASHES, 0);
    check(Fork::Karst, &KARST_HASHES, 55_370_657);
}

#[test]
fn a_damaged_table_is_not_decoded() {
    let karst = &BUNDLES[BUNDLES.len() - 1];
    assert_eq!(karst.decode().unwrap().len(), karst.transactions);
    let damaged = |bundle: Bundle| assert_eq!(bundle.decode(), None);
    damaged(Bundle { table: &karst.table[..karst.table.len() - 1], ..*karst });
    damaged(Bundle { table: &karst.table[1..], ..*karst });
    damaged(Bundle { table: &[], ..*karst });
    damaged(Bundle { table_len: karst.table_len - 1, ..*karst });
    damaged(Bundle { transactions: karst.transactions - 1, ..*karst });
    assert_ne!(fnv1a(&karst.table[1..]), karst.checksum);
}

#[test]
fn several_forks_in_one_block_keep_their_order() {
    let mut config = registry::rollup_config(10).unwrap();
    config.forks = ForkTimes::all_until(Fork::Delta).with(Fork::Ecotone, 7).with(Fork::Fjord, 8);
    let (transactions, _) = upgrade_transactions(&config, 8).unwrap();
    let hashes: Vec<_> = transactions.iter().map(keccak256).collect();
    assert_eq!(hashes, [ECOTONE_HASHES.as_slice(), FJORD_HASHES.as_slice()].concat());
}

#[test]
fn gas_is_taken_back_unless_the_chain_keeps_it() {
    let mut config = registry::rollup_config(10).unwrap();
    let activation = config.forks.get(Fork::Karst).unwrap();
    config.keep_karst_upgrade_gas = false;
    assert_eq!(one_time_gas(&config, activation), 55_370_657);
    assert_eq!(one_time_gas(&config, activation + 2), 0);
    config.keep_karst_upgrade_gas = true;
    assert_eq!(one_time_gas(&config, activation), 0);
}
