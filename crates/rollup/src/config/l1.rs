//! The L1 chain's blob schedule, from which the blob base fee in the L1 attributes is computed.

use alloc::{format, string::String};

use alloy_primitives::U256;

use super::{RollupConfig, fork::UnknownForks, object::Object, unique};
use crate::RollupError;

/// Blob parameters of one L1 fork (EIP-4844, EIP-7892).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlobParams {
    /// Blobs per block at which the fee stays as it is.
    pub target: u64,
    /// Most blobs in a block.
    pub max: u64,
    /// Denominator of the fee's exponent.
    pub base_fee_update_fraction: u64,
}

impl BlobParams {
    /// Cancun's parameters.
    pub const CANCUN: Self = Self { target: 3, max: 6, base_fee_update_fraction: 3_338_477 };
    /// Prague's parameters, which Osaka keeps.
    pub const PRAGUE: Self = Self { target: 6, max: 9, base_fee_update_fraction: 5_007_716 };
    /// Parameters of the first blob-parameter-only fork on public networks.
    pub const BPO1: Self = Self { target: 10, max: 15, base_fee_update_fraction: 8_346_193 };
    /// Parameters of the second blob-parameter-only fork on public networks.
    pub const BPO2: Self = Self { target: 14, max: 21, base_fee_update_fraction: 11_684_671 };

    /// Wei per unit of blob gas in a block with the given excess; `None` if it does not fit 256 bits.
    pub fn base_fee(&self, excess_blob_gas: u64) -> Option<U256> {
        let (excess, fraction) = (U256::from(excess_blob_gas), U256::from(self.base_fee_update_fraction));
        let mut sum = U256::ZERO;
        let mut term = fraction;
        let mut i = U256::ONE;
        while !term.is_zero() {
            sum = sum.checked_add(term)?;
            term = term.checked_mul(excess)?.checked_div(fraction)?.checked_div(i)?;
            i += U256::ONE;
        }
        sum.checked_div(fraction)
    }
}

/// L1 forks that may change the blob parameters, in the order of activation.
const FORK_NAMES: [&str; 8] = ["cancun", "prague", "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5"];

/// The end of the name of every field that schedules a fork by time.
const FORK_SUFFIX: &str = "Time";
/// Fields of that name for forks that do not change the blob parameters: one of L1, and those of an OP Stack chain that
/// is the L1 of another.
const OTHER_FORKS: [&str; 12] = [
    "shanghaiTime",
    "regolithTime",
    "canyonTime",
    "deltaTime",
    "ecotoneTime",
    "fjordTime",
    "graniteTime",
    "holoceneTime",
    "isthmusTime",
    "jovianTime",
    "karstTime",
    "lagoonTime",
];

/// When an L1 fork activates and what it does to the blob parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct L1Fork {
    time: Option<u64>,
    blobs: Option<BlobParams>,
}

/// What derivation needs to know of the L1 chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L1ChainConfig {
    /// EIP-155 chain id.
    pub chain_id: u64,
    forks: [L1Fork; FORK_NAMES.len()],
    /// Whether L1 is an OP Stack chain itself. Such a chain has no blobs, and its blob base fee is the least one.
    is_op_stack: bool,
    /// Forks of the config that this program does not know.
    pub unknown_forks: UnknownForks,
}

impl L1ChainConfig {
    /// Reads the JSON of an execution client's chain config (`chainId`, `cancunTime`, ..., `blobSchedule`), or of a
    /// genesis file that has one under `config`.
    ///
    /// Forks that this program does not know are kept in [`Self::unknown_forks`]; other unknown fields are ignored,
    /// and [`Self::unknown_fields`] lists them.
    ///
    /// # Errors
    /// [`RollupError::Json`]; [`RollupError::Field`] naming the field; [`RollupError::Contradiction`] for two chain ids;
    /// as in geth's `CheckConfigForkOrder`,
    /// [`RollupError::ForkOrder`], and [`RollupError::NoBlobSchedule`] for a scheduled fork without blob parameters.
    pub fn from_json(json: &[u8]) -> Result<Self, RollupError> {
        let value = unique::parse_unique(json)?;
        let root = config_in(Object::root(&value)?)?;
        let schedule = root.object("blobSchedule")?;
        let mut forks = [L1Fork::default(); FORK_NAMES.len()];
        for (fork, name) in forks.iter_mut().zip(FORK_NAMES) {
            fork.time = root.u64(&field(name))?;
            let params = schedule.as_ref().map(|schedule| schedule.object(name)).transpose()?.flatten();
            let blobs = params.map(|params| blob_params(&params)).transpose()?;
            fork.blobs = blobs.filter(|_| fork.time.is_some());
        }
        let config = Self {
            chain_id: root.require(root.u64("chainId")?, "chainId")?,
            forks,
            is_op_stack: root.object("optimism")?.is_some(),
            unknown_forks: root.unknown_forks(FORK_SUFFIX, is_known_time)?,
        };
        if config.is_op_stack && schedule.is_some() {
            return Err(root.error("blobSchedule", "is not for an OP Stack chain, which has no blobs"));
        }
        config.require_order()?;
        config.require_schedule()?;
        Ok(config)
    }

    /// Checks that every scheduled fork activates no earlier than those before it.
    fn require_order(&self) -> Result<(), RollupError> {
        let scheduled = FORK_NAMES.into_iter().zip(&self.forks);
        let mut scheduled = scheduled.filter_map(|(name, fork)| Some((name, fork.time?)));
        let Some(mut earlier) = scheduled.next() else { return Ok(()) };
        for later in scheduled {
            if earlier.1 > later.1 {
                return Err(RollupError::ForkOrder {
                    earlier: earlier.0,
                    earlier_time: Some(earlier.1),
                    later: later.0,
                    later_time: later.1,
                });
            }
            earlier = later;
        }
        Ok(())
    }

    /// Checks that every scheduled fork has blob parameters, if the chain has blobs.
    fn require_schedule(&self) -> Result<(), RollupError> {
        let mut forks = FORK_NAMES.into_iter().zip(&self.forks);
        match forks.find(|(_, fork)| fork.time.is_some() && fork.blobs.is_none()) {
            Some((fork, _)) if !self.is_op_stack => Err(RollupError::NoBlobSchedule { fork }),
            _ => Ok(()),
        }
    }

    /// Checks that this program knows the rules of L1 up to the L1 timestamp `l1_timestamp`, in seconds.
    ///
    /// # Errors
    /// [`RollupError::UnknownFork`].
    pub fn require_known_forks(&self, l1_timestamp: u64) -> Result<(), RollupError> {
        self.unknown_forks.require_inactive("L1 config", l1_timestamp)
    }

    /// The built-in config of a public network.
    pub(crate) fn known(chain_id: u64) -> Option<Self> {
        let times = match chain_id {
            1 => [1_710_338_135, 1_746_612_311, 1_764_798_551, 1_765_290_071, 1_767_747_671],
            11_155_111 => [1_706_655_072, 1_741_159_776, 1_760_427_360, 1_761_017_184, 1_761_607_008],
            17_000 => [1_707_305_664, 1_740_434_112, 1_759_308_480, 1_759_800_000, 1_760_389_824],
            560_048 => [0, 1_742_999_832, 1_761_677_592, 1_762_365_720, 1_762_955_544],
            _ => return None,
        };
        let mut forks = [L1Fork::default(); FORK_NAMES.len()];
        let blobs =
            [BlobParams::CANCUN, BlobParams::PRAGUE, BlobParams::PRAGUE, BlobParams::BPO1, BlobParams::BPO2];
        for ((fork, time), blobs) in forks.iter_mut().zip(times).zip(blobs) {
            *fork = L1Fork { time: Some(time), blobs: Some(blobs) };
        }
        Some(Self { chain_id, forks, is_op_stack: false, unknown_forks: UnknownForks::NONE })
    }

    /// The blob parameters in force at L1 timestamp `timestamp`: those of the latest active fork that has any.
    pub fn blob_params(&self, timestamp: u64) -> Option<BlobParams> {
        let active = self.forks.iter().rev().filter(|fork| fork.time.is_some_and(|time| time <= timestamp));
        active.filter_map(|fork| fork.blobs).next()
    }

    /// The blob base fee, in wei per unit of blob gas, that the L1 attributes of `rollup` show for the L1 block at
    /// `timestamp` whose header has `excess_blob_gas`.
    ///
    /// Before blobs, and where L1 is an OP Stack chain, the fee is 1. A rollup with
    /// [`RollupConfig::pectra_blob_schedule_time`] keeps Cancun's parameters until then.
    ///
    /// # Errors
    /// [`RollupError::BlobSchedule`] where this config has no parameters at `timestamp`, and
    /// [`RollupError::BlobBaseFee`] for a fee above 256 bits.
    pub fn blob_base_fee(
        &self,
        rollup: &RollupConfig,
        timestamp: u64,
        excess_blob_gas: Option<u64>,
    ) -> Result<U256, RollupError> {
        let Some(excess) = excess_blob_gas else { return Ok(U256::ONE) };
        if self.is_op_stack && excess == 0 {
            return Ok(U256::ONE);
        }
        let params = match rollup.pectra_blob_schedule_time {
            Some(until) if timestamp < until => BlobParams::CANCUN,
            _ => self.blob_params(timestamp).ok_or(RollupError::BlobSchedule { timestamp })?,
        };
        params.base_fee(excess).ok_or(RollupError::BlobBaseFee { excess_blob_gas: excess })
    }
}

fn blob_params(object: &Object<'_>) -> Result<BlobParams, RollupError> {
    let fraction = "baseFeeUpdateFraction";
    let base_fee_update_fraction = object.require(object.u64(fraction)?, fraction)?;
    if base_fee_update_fraction == 0 {
        return Err(object.error(fraction, "is 0"));
    }
    Ok(BlobParams {
        target: object.require(object.u64("target")?, "target")?,
        max: object.require(object.u64("max")?, "max")?,
        base_fee_update_fraction,
    })
}

/// The config in a file that is one, or that has one under `config`, as a genesis file does.
fn config_in(file: Object<'_>) -> Result<Object<'_>, RollupError> {
    let Some(config) = file.object("config")? else { return Ok(file) };
    file.either(("config.chainId", config.u64("chainId")?), ("chainId", file.u64("chainId")?))?;
    Ok(config)
}

/// The field that schedules the fork `name`.
fn field(name: &str) -> String {
    format!("{name}{FORK_SUFFIX}")
}

/// Whether this program knows the field `name`, which ends in [`FORK_SUFFIX`].
pub(super) fn is_known_time(name: &str) -> bool {
    OTHER_FORKS.contains(&name) || FORK_NAMES.into_iter().any(|fork| field(fork) == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn exponential_of_eip_4844() {
        // Values of the EIP's test suite (factor 1) and the first steps of Cancun's schedule.
        let params = |fraction| BlobParams { target: 3, max: 6, base_fee_update_fraction: fraction };
        assert_eq!(BlobParams::CANCUN.base_fee(0), Some(U256::ONE));
        assert_eq!(BlobParams::CANCUN.base_fee(2_314_057), Some(U256::ONE));
        assert_eq!(BlobParams::CANCUN.base_fee(2_314_058), Some(U256::from(2)));
        assert_eq!(BlobParams::CANCUN.base_fee(10 * 1024 * 1024), Some(U256::from(23)));
        assert_eq!(params(2).base_fee(5), Some(U256::from(11)));
        assert_eq!(params(1).base_fee(u64::MAX), None);
        assert_eq!(params(0).base_fee(1), None);
    }

    #[test]
    fn schedule_follows_time() {
        let l1 = registry::l1_config(1).unwrap();
        let rollup = registry::rollup_config(10).unwrap();
        assert_eq!(l1.blob_params(1_710_338_134), None);
        assert_eq!(l1.blob_params(1_710_338_135), Some(BlobParams::CANCUN));
        assert_eq!(l1.blob_params(1_765_290_071), Some(BlobParams::BPO1));
        assert_eq!(l1.blob_params(u64::MAX), Some(BlobParams::BPO2));
        assert_eq!(l1.blob_base_fee(&rollup, 0, None), Ok(U256::ONE));
        assert_eq!(l1.blob_base_fee(&rollup, 0, Some(0)), Err(RollupError::BlobSchedule { timestamp: 0 }));
    }

    #[test]
    fn pectra_fix_keeps_cancun() {
        let l1 = registry::l1_config(11_155_111).unwrap();
        let rollup = registry::rollup_config(11_155_420).unwrap();
        let until = rollup.pectra_blob_schedule_time.unwrap();
        let excess = Some(100_000_000);
        let before = l1.blob_base_fee(&rollup, until - 1, excess).unwrap();
        assert_eq!(before, BlobParams::CANCUN.base_fee(100_000_000).unwrap());
        let after = l1.blob_base_fee(&rollup, until, excess).unwrap();
        assert_eq!(after, BlobParams::PRAGUE.base_fee(100_000_000).unwrap());
    }

    #[test]
    fn reads_geth_form() {
        let json =
            br#"{"chainId":900,"londonBlock":0,"cancunTime":0,"pragueTime":10,"bpo1Time":30,"osakaTime":null,
            "terminalTotalDifficulty":58750000000000000000000,
            "blobSchedule":{"cancun":{"target":1,"max":2,"baseFeeUpdateFraction":3},
            "prague":{"target":2,"max":3,"baseFeeUpdateFraction":4},
            "bpo1":{"target":4,"max":5,"baseFeeUpdateFraction":6}}}"#;
        let config = L1ChainConfig::from_json(json).unwrap();
        assert_eq!(config.chain_id, 900);
        assert_eq!(config.blob_params(29).unwrap().base_fee_update_fraction, 4);
        assert_eq!(config.blob_params(30).unwrap().target, 4);
        let wrapped = [br#"{"config":"#.as_slice(), json, b"}"].concat();
        assert_eq!(L1ChainConfig::from_json(&wrapped), Ok(config));
    }

    #[test]
    fn two_chain_ids_in_one_file_may_not_differ() {
        let file = |outer: u64| format!(r#"{{"chainId":{outer},"config":{{"chainId":900}}}}"#);
        assert_eq!(L1ChainConfig::from_json(file(900).as_bytes()).unwrap().chain_id, 900);
        let (first, second) = ("config.chainId".into(), "chainId".into());
        let error = RollupError::Contradiction { first, second };
        assert_eq!(L1ChainConfig::from_json(file(901).as_bytes()), Err(error));
        let twice = RollupError::Field { field: "chainId".into(), reason: "is there twice".into() };
        assert_eq!(L1ChainConfig::from_json(br#"{"chainId":1,"chainId":1}"#), Err(twice));
    }

    fn parse(fields: &str) -> Result<L1ChainConfig, RollupError> {
        L1ChainConfig::from_json(format!(r#"{{"chainId":900,{fields}}}"#).as_bytes())
    }

    const CANCUN_ONLY: &str =
        r#""cancunTime":5,"blobSchedule":{"cancun":{"target":1,"max":2,"baseFeeUpdateFraction":3}}"#;

    #[test]
    fn every_scheduled_fork_needs_blob_parameters() {
        assert!(parse(CANCUN_ONLY).is_ok());
        for (fields, fork) in [
            (r#""cancunTime":0"#, "cancun"),
            (r#""cancunTime":0,"blobSchedule":{}"#, "cancun"),
            (&format!(r#"{CANCUN_ONLY},"osakaTime":18446744073709551615"#), "osaka"),
            (&format!(r#"{CANCUN_ONLY},"bpo5Time":7"#), "bpo5"),
        ] {
            assert_eq!(parse(fields), Err(RollupError::NoBlobSchedule { fork }), "{fields}");
        }
    }

    #[test]
    fn forks_against_their_order_are_both_named() {
        let error = parse(&format!(r#"{CANCUN_ONLY},"bpo1Time":4"#)).unwrap_err();
        let (earlier, later) = ("cancun", "bpo1");
        assert_eq!(error, RollupError::ForkOrder { earlier, earlier_time: Some(5), later, later_time: 4 });
    }

    #[test]
    fn unknown_forks_are_kept_and_refused_in_use() {
        for field in ["amsterdamTime", "verkleTime"] {
            let config = parse(&format!(r#"{CANCUN_ONLY},"{field}":30,"shanghaiTime":0"#)).unwrap();
            assert_eq!(config.require_known_forks(29), Ok(()));
            let fork = crate::UnknownFork { field: field.into(), time: 30 };
            let refused = RollupError::UnknownFork { config: "L1 config", fork, timestamp: 30 };
            assert_eq!(config.require_known_forks(30), Err(refused));
            assert_eq!(
                L1ChainConfig::unknown_fields(
                    format!(r#"{{"chainId":1,"{field}":30,"cancunTime":0}}"#).as_bytes()
                ),
                [field]
            );
        }
    }

    /// An OP Stack chain as the L1 of another: without blobs, and without a schedule for them, as in op-node.
    #[test]
    fn an_op_stack_chain_has_the_least_blob_fee() {
        let config = parse(r#""cancunTime":0,"ecotoneTime":0,"optimism":{"eip1559Elasticity":6}"#).unwrap();
        let rollup = registry::rollup_config(10).unwrap();
        assert_eq!(config.blob_base_fee(&rollup, 1, Some(0)), Ok(U256::ONE));
        assert_eq!(
            config.blob_base_fee(&rollup, 1, Some(1)),
            Err(RollupError::BlobSchedule { timestamp: 1 })
        );
        let error = parse(&format!(r#"{CANCUN_ONLY},"optimism":{{}}"#)).unwrap_err();
        assert!(format!("{error}").contains("`blobSchedule`"), "{error}");
    }

    #[test]
    fn errors_name_the_field() {
        let error = |json: &str| alloc::format!("{}", L1ChainConfig::from_json(json.as_bytes()).unwrap_err());
        assert!(error("{}").contains("`chainId`"));
        assert!(error(r#"{"chainId":1,"blobSchedule":[]}"#).contains("`blobSchedule`"));
        assert!(
            error(r#"{"chainId":1,"blobSchedule":{"osaka":{"target":1,"max":-1}}}"#)
                .contains("`blobSchedule.osaka.")
        );
        assert!(error("[").contains("JSON"));
    }
}
