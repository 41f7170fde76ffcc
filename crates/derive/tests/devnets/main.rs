//! Derives the devnets that the reference made, from their pre-images, and compares every block.
//!
//! Nothing is executed here. A derived block is the canonical one if its transactions are equal, and invalid if the canonical
//! block has its deposits only. The walk ends where a claim leaves the canonical chain.
//! `TRIBUNAL_FIXTURES` may name a folder with devnets of other seeds.

mod devnet;
mod providers;

use std::{ops::Range, rc::Rc};

use alloy_primitives::B256;
use devnet::{Claim, Devnet};
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use providers::{Blobs, L1, L2};
use tribunal_derive::{AttributesWithParent, DerivationPipeline, DeriveError, Step, deposits_only};

/// How a walk along the canonical chain ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// At the end of the L1 data, after this safe block.
    Exhausted(u64),
    /// At a block that is not canonical, on top of this one.
    OffChain(u64),
}

#[test]
fn ecotone() {
    walk("ecotone");
}

#[test]
fn fjord_granite() {
    walk("fjord-granite");
}

#[test]
fn holocene_isthmus() {
    walk("holocene-isthmus");
}

#[test]
fn jovian() {
    walk("jovian");
}

#[test]
fn karst() {
    walk("karst");
}

#[test]
fn deposits() {
    walk("deposits");
}

#[test]
fn transactions() {
    walk("transactions");
}

#[test]
fn expiry() {
    walk("expiry");
}

#[test]
fn hostile() {
    walk("hostile");
}

#[test]
fn early() {
    walk("early");
}

/// Derives from the agreed block of every claim of the scenario's devnets.
fn walk(scenario: &str) {
    for devnet in Devnet::load_all(scenario) {
        let devnet = Rc::new(devnet);
        for (i, claim) in devnet.claims.iter().enumerate() {
            if claim.claimed_l2_block_number > claim.agreed_l2_block_number {
                check(&devnet, i, claim);
            }
        }
    }
}

fn check(devnet: &Rc<Devnet>, index: usize, claim: &Claim) {
    let at = format!("{}, claim {index} ({})", devnet.name, claim.note);
    match derive(devnet, claim).unwrap_or_else(|error| panic!("{at}: {error}")) {
        End::Exhausted(number) => assert_eq!(number, claim.derivable_l2_block_number, "{at}"),
        End::OffChain(number) => {
            assert!(
                claim.note.contains("derivation from the agreed block"),
                "{at}: left the chain after {number}"
            );
            assert!(number < claim.derivable_l2_block_number, "{at}: left the chain after {number}");
        }
    }
}

fn derive(devnet: &Rc<Devnet>, claim: &Claim) -> Result<End, DeriveError> {
    let mut safe = devnet.l2_info(claim.agreed_l2_block_number);
    let mut pending = safe;
    let mut pipeline = DerivationPipeline::new(
        devnet.config.clone(),
        devnet.l1_config.clone(),
        L1::new(devnet.clone(), claim.l1_head),
        Blobs(devnet.clone()),
        L2(devnet.clone()),
        safe,
    );
    loop {
        let derived = match pipeline.next_attributes(&pending)? {
            Step::Attributes(derived) => derived,
            Step::Exhausted => return Ok(End::Exhausted(safe.block_info.number)),
        };
        let number = pending.block_info.number + 1;
        let holocene = devnet.config.is_holocene_active(derived.derived_from.timestamp);
        match judge(devnet, number, &derived) {
            Judgement::Canonical => {}
            // Before Holocene a derived block that is not canonical could not be executed. The pending blocks are dropped
            // with it, and the batcher sends others in their place.
            Judgement::Invalid | Judgement::Other if !holocene => {
                pending = safe;
                continue;
            }
            Judgement::Invalid => pipeline.invalid_payload(),
            Judgement::Other => return Ok(End::OffChain(number - 1)),
        }
        pending = devnet.l2_info(number);
        if derived.is_last_in_span {
            safe = pending;
        }
    }
}

enum Judgement {
    Canonical,
    Invalid,
    Other,
}

fn judge(devnet: &Devnet, number: u64, derived: &AttributesWithParent) -> Judgement {
    let Some(block) = devnet.blocks.get(number as usize) else { return Judgement::Other };
    if root(&derived.attributes) == block.transactions_root {
        compare(devnet, number, &derived.attributes);
        return Judgement::Canonical;
    }
    let deposits = deposits_only(derived.attributes.clone());
    if root(&deposits) == block.transactions_root {
        compare(devnet, number, &deposits);
        return Judgement::Invalid;
    }
    Judgement::Other
}

fn root(attributes: &OpPayloadAttributes) -> B256 {
    tribunal_mpt::ordered::root(attributes.transactions.as_deref().unwrap_or_default())
}

/// Compares everything in the header that the attributes decide.
fn compare(devnet: &Devnet, number: u64, attributes: &OpPayloadAttributes) {
    let header = devnet.header(devnet.blocks[number as usize].hash);
    let payload = &attributes.payload_attributes;
    assert_eq!(attributes.gas_limit, Some(header.gas_limit), "gas limit of block {number}");
    assert_eq!(payload.timestamp, header.timestamp, "timestamp of block {number}");
    assert_eq!(payload.prev_randao, header.mix_hash, "randomness of block {number}");
    assert_eq!(payload.suggested_fee_recipient, header.beneficiary, "fee recipient of block {number}");
    assert_eq!(payload.parent_beacon_block_root, header.parent_beacon_block_root, "beacon root of {number}");
    assert_eq!(payload.withdrawals.is_some(), header.withdrawals_root.is_some(), "withdrawals of {number}");
    assert_eq!(attributes.no_tx_pool, Some(true));
    let params = attributes.eip_1559_params.map(|params| {
        let config = &devnet.config.chain_op_config;
        let defaults = (config.denominator_canyon << 32) | config.elasticity;
        match u64::from_be_bytes(params.0) {
            0 => defaults,
            params => params,
        }
    });
    let in_header = |range: Range<usize>| {
        let bytes: Option<&[u8]> = header.extra_data.get(range);
        bytes.map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
    };
    assert_eq!(params, in_header(1..9), "EIP-1559 parameters of block {number}");
    assert_eq!(attributes.min_base_fee, in_header(9..17), "minimum base fee of block {number}");
}
