//! The values that belong to one claim: local keys (type 1).

use alloy_primitives::{B256, Bytes};
use tribunal_preimage::{
    PreimageKey, PreimageKeyType,
    local_key::{self, kona, op_program},
};
use tribunal_rollup::{ClaimedChains, RollupConfig, registry};

use crate::{configs::ChainConfigs, source::ServedClaim};

/// The values of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootValues {
    /// Hash of the last L1 block that the claim may draw on.
    pub l1_head: B256,
    /// The output root both parties agree on.
    pub agreed_output_root: B256,
    /// The output root in dispute.
    pub claimed_output_root: B256,
    /// The L2 block number in dispute.
    pub claimed_block_number: u64,
    /// The L2 chain id.
    pub chain_id: u64,
}

/// Which numbers the configs have for a program, and which chain id makes it ask for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LocalKeyFlavour {
    /// Kona's programs and Tribunal's client: 6 rollup config, 7 L1 config; chain id 0, or 2^64-1 with an L1 config.
    #[default]
    Kona,
    /// op-program's client: 6 L2 chain config, 7 rollup config, 8 dependency set, 9 L1 config; chain id 2^64-1.
    OpProgram,
}

/// The local values as one program asks for them.
#[derive(Debug, Clone)]
pub struct LocalInputs {
    values: BootValues,
    configs: ChainConfigs,
    flavour: LocalKeyFlavour,
}

impl LocalInputs {
    /// The local values of a claim.
    #[must_use]
    pub fn new(values: BootValues, configs: ChainConfigs, flavour: LocalKeyFlavour) -> Self {
        Self { values, configs, flavour }
    }

    /// The value of a local key, if it has one.
    #[must_use]
    pub fn get(&self, key: PreimageKey) -> Option<Bytes> {
        let (numbers, number) = key.as_bytes().split_last_chunk::<8>()?;
        if key.key_type() != PreimageKeyType::Local || numbers.iter().skip(1).any(|byte| *byte != 0) {
            return None;
        }
        match u64::from_be_bytes(*number) {
            local_key::L1_HEAD => Some(self.values.l1_head.into()),
            local_key::AGREED_OUTPUT_ROOT => Some(self.values.agreed_output_root.into()),
            local_key::CLAIMED_OUTPUT_ROOT => Some(self.values.claimed_output_root.into()),
            local_key::CLAIMED_BLOCK_NUMBER => Some(self.values.claimed_block_number.to_be_bytes().into()),
            local_key::L2_CHAIN_ID => Some(self.chain_id().to_be_bytes().into()),
            number => self.config(number),
        }
    }

    /// What a source is told about the claim, as far as its values and configs say it.
    #[must_use]
    pub fn served_claim(&self) -> ServedClaim {
        let config = match self.configs.rollup_of(self.flavour) {
            Some(file) => RollupConfig::from_json(&file.json).ok(),
            None => registry::rollup_config(self.values.chain_id).ok(),
        };
        let chains = match &config {
            Some(config) => ClaimedChains { l1: Some(config.l1_chain_id), l2: Some(config.l2_chain_id) },
            // Without an id of a chain that is built in, a config is given.
            None => ClaimedChains { l1: None, l2: Some(self.values.chain_id).filter(|id| *id != 0) },
        };
        let claimed = self.values.claimed_block_number;
        let has_blobs = |config: &RollupConfig| config.is_ecotone_active(config.block_time_of(claimed));
        ServedClaim {
            chains,
            l1_head: self.values.l1_head,
            claimed_block: claimed,
            batch_inbox: config.as_ref().map(|config| config.batch_inbox_address),
            reads_blobs: config.as_ref().is_some_and(has_blobs),
        }
    }

    /// The chain id as the program sees it: one that makes it ask for the configs that there are.
    fn chain_id(&self) -> u64 {
        let (rollup, l1) = (self.configs.rollup_of(self.flavour).is_some(), self.configs.l1.is_some());
        match self.flavour {
            LocalKeyFlavour::Kona if l1 && self.rollup_config().is_some() => kona::CUSTOM_L1,
            LocalKeyFlavour::Kona if rollup => kona::CUSTOM_CHAIN_ID,
            LocalKeyFlavour::OpProgram if rollup => op_program::CUSTOM_CHAIN_ID,
            _ => self.values.chain_id,
        }
    }

    /// The rollup config for Kona's numbers. A program that asks for the L1 config asks for this one too, so that a
    /// built-in one is served beside an L1 config that is given.
    fn rollup_config(&self) -> Option<Bytes> {
        match (&self.configs.rollup, &self.configs.l1) {
            (Some(rollup), _) => Some(rollup.json.clone()),
            (None, Some(_)) => {
                let built_in = registry::rollup_config(self.values.chain_id).ok()?;
                serde_json::to_vec(&built_in).ok().map(Bytes::from)
            }
            (None, None) => None,
        }
    }

    fn config(&self, number: u64) -> Option<Bytes> {
        let configs = &self.configs;
        let file = match (self.flavour, number) {
            (LocalKeyFlavour::Kona, kona::ROLLUP_CONFIG) => return self.rollup_config(),
            (LocalKeyFlavour::Kona, kona::L1_CONFIG) => &configs.l1,
            (LocalKeyFlavour::OpProgram, op_program::L2_CONFIG) => &configs.l2,
            (LocalKeyFlavour::OpProgram, op_program::ROLLUP_CONFIG) => &configs.rollup_op_node,
            (LocalKeyFlavour::OpProgram, op_program::DEPENDENCY_SET) => &configs.dependency_set,
            (LocalKeyFlavour::OpProgram, op_program::L1_CONFIG) => &configs.l1,
            _ => &None,
        };
        file.as_ref().map(|file| file.json.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configs::ConfigFile;

    const VALUES: BootValues = BootValues {
        l1_head: B256::repeat_byte(1),
        agreed_output_root: B256::repeat_byte(2),
        claimed_output_root: B256::repeat_byte(3),
        claimed_block_number: 4,
        chain_id: 5,
    };

    fn configs() -> ChainConfigs {
        let file = |json: &'static str| Some(ConfigFile { path: json.into(), json: json.into() });
        ChainConfigs {
            rollup: file("rollup"),
            rollup_op_node: file("op-node"),
            l1: file("l1"),
            l2: file("l2"),
            dependency_set: None,
        }
    }

    fn get(inputs: &LocalInputs, number: u64) -> Option<Vec<u8>> {
        inputs.get(PreimageKey::new_local(number)).map(Vec::from)
    }

    #[test]
    fn a_known_chain_needs_no_configs() {
        for flavour in [LocalKeyFlavour::Kona, LocalKeyFlavour::OpProgram] {
            let inputs = LocalInputs::new(VALUES, ChainConfigs::default(), flavour);
            assert_eq!(get(&inputs, 1).unwrap(), [1; 32]);
            assert_eq!(get(&inputs, 2).unwrap(), [2; 32]);
            assert_eq!(get(&inputs, 3).unwrap(), [3; 32]);
            assert_eq!(get(&inputs, 4).unwrap(), 4u64.to_be_bytes());
            assert_eq!(get(&inputs, 5).unwrap(), 5u64.to_be_bytes());
            for number in [0, 6, 7, 8, 9, u64::MAX] {
                assert_eq!(get(&inputs, number), None);
            }
        }
    }

    #[test]
    fn each_flavour_finds_its_configs() {
        let inputs = LocalInputs::new(VALUES, configs(), LocalKeyFlavour::Kona);
        assert_eq!(get(&inputs, 5).unwrap(), kona::CUSTOM_L1.to_be_bytes());
        assert_eq!(
            [6, 7, 8, 9].map(|n| get(&inputs, n)),
            [Some(b"rollup".to_vec()), Some(b"l1".to_vec()), None, None]
        );
        let op_program = LocalInputs::new(VALUES, configs(), LocalKeyFlavour::OpProgram);
        assert_eq!(get(&op_program, 5).unwrap(), u64::MAX.to_be_bytes());
        assert_eq!(
            [6, 7, 8, 9].map(|n| get(&op_program, n)),
            [Some(b"l2".to_vec()), Some(b"op-node".to_vec()), None, Some(b"l1".to_vec())]
        );
    }

    #[test]
    fn a_rollup_config_alone_leaves_l1_to_the_program() {
        let configs = ChainConfigs { l1: None, ..configs() };
        let inputs = LocalInputs::new(VALUES, configs, LocalKeyFlavour::Kona);
        assert_eq!(get(&inputs, 5).unwrap(), kona::CUSTOM_CHAIN_ID.to_be_bytes());
        assert_eq!(get(&inputs, 7), None);
    }

    #[test]
    fn an_l1_config_alone_comes_with_the_built_in_rollup_config() {
        let configs = ChainConfigs { rollup: None, ..configs() };
        let op_mainnet = BootValues { chain_id: 10, ..VALUES };
        let inputs = LocalInputs::new(op_mainnet, configs.clone(), LocalKeyFlavour::Kona);
        assert_eq!(get(&inputs, 5).unwrap(), kona::CUSTOM_L1.to_be_bytes());
        let rollup = tribunal_rollup::RollupConfig::from_json(&get(&inputs, 6).unwrap()).unwrap();
        assert_eq!(Ok(rollup), registry::rollup_config(10));
        // An unknown chain stays one, so that the program can name it.
        let inputs = LocalInputs::new(VALUES, configs, LocalKeyFlavour::Kona);
        assert_eq!(get(&inputs, 5).unwrap(), 5u64.to_be_bytes());
        assert_eq!(get(&inputs, 6), None);
    }

    #[test]
    fn the_chains_are_those_of_the_config() {
        let chains = |chain_id, configs| {
            let inputs = LocalInputs::new(BootValues { chain_id, ..VALUES }, configs, LocalKeyFlavour::Kona);
            inputs.served_claim().chains
        };
        let op_mainnet = ClaimedChains { l1: Some(1), l2: Some(10) };
        assert_eq!(chains(10, ChainConfigs::default()), op_mainnet);
        let json = serde_json::to_vec(&registry::rollup_config(10).unwrap()).unwrap().into();
        let rollup = Some(ConfigFile { path: "rollup".into(), json });
        assert_eq!(chains(0, ChainConfigs { rollup, ..ChainConfigs::default() }), op_mainnet);
        assert_eq!(chains(5, configs()), ClaimedChains { l1: None, l2: Some(5) });
        assert_eq!(chains(0, configs()), ClaimedChains { l1: None, l2: None });
    }

    #[test]
    fn a_source_is_told_where_the_batches_are() {
        let of_block = |claimed_block_number| {
            let values = BootValues { chain_id: 10, claimed_block_number, ..VALUES };
            LocalInputs::new(values, ChainConfigs::default(), LocalKeyFlavour::Kona).served_claim()
        };
        let claim = of_block(4);
        assert_eq!((claim.l1_head, claim.claimed_block, claim.reads_blobs), (VALUES.l1_head, 4, false));
        let inbox = registry::rollup_config(10).unwrap().batch_inbox_address;
        assert_eq!(claim.batch_inbox, Some(inbox));
        // A block of 2025.
        assert!(of_block(130_000_000).reads_blobs);
        let unknown = LocalInputs::new(VALUES, configs(), LocalKeyFlavour::Kona).served_claim();
        assert_eq!((unknown.batch_inbox, unknown.reads_blobs), (None, false));
    }

    #[test]
    fn a_number_is_the_whole_key() {
        let inputs = LocalInputs::new(VALUES, configs(), LocalKeyFlavour::Kona);
        let mut bytes = *PreimageKey::new_local(1).as_bytes();
        bytes[9] = 1;
        assert_eq!(inputs.get(PreimageKey::try_from(bytes).unwrap()), None);
        assert_eq!(inputs.get(PreimageKey::new_keccak256([0; 32])), None);
    }
}
