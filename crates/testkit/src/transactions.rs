//! Random L2 transactions of every type.

use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::Authorization,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use op_alloy_consensus::OpTxEnvelope;

use crate::{accounts::Account, contracts, rng::Rng};

/// Addresses of the generator's contracts at genesis.
pub(crate) const STORAGE: Address = address!("0x5000000000000000000000000000000000000001");
pub(crate) const ENVIRONMENT: Address = address!("0x5000000000000000000000000000000000000002");
pub(crate) const CALLER: Address = address!("0x5000000000000000000000000000000000000003");
pub(crate) const REVERTER: Address = address!("0x5000000000000000000000000000000000000004");
pub(crate) const BURNER: Address = address!("0x5000000000000000000000000000000000000005");
/// The contract whose storage root is the withdrawals root.
pub(crate) const MESSAGE_PASSER: Address = address!("0x4200000000000000000000000000000000000016");

/// Maximum fee per gas in wei, above every base fee that a devnet reaches.
const MAX_FEE: u128 = 50_000_000_000;

/// Recipient, calldata, value and gas of a transaction.
struct Call {
    to: TxKind,
    value: U256,
    input: Bytes,
    gas: u64,
}

/// Makes transactions for a chain.
#[derive(Debug)]
pub(crate) struct TransactionMaker {
    chain_id: u64,
    accounts: Vec<Account>,
}

impl TransactionMaker {
    /// A maker with `count` accounts. The caller funds them at genesis.
    pub(crate) fn new(chain_id: u64, rng: &mut Rng, count: usize) -> Self {
        Self { chain_id, accounts: (0..count).map(|_| Account::random(rng)).collect() }
    }

    /// The addresses to fund.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        self.accounts.iter().map(|account| account.address)
    }

    /// A random transaction, EIP-2718 encoded, that is valid in the next block.
    pub(crate) fn make(&mut self, rng: &mut Rng, set_code: bool) -> Bytes {
        let call = random_call(rng);
        let which = rng.range(0, self.accounts.len() as u64) as usize;
        let delegate = self.accounts[(which + 1) % self.accounts.len()].clone();
        let account = &mut self.accounts[which];
        let nonce = account.take_nonce();
        let envelope: OpTxEnvelope = match (rng.range(0, if set_code { 5 } else { 4 }), call.to) {
            (0, _) => account.sign(legacy(call, nonce, Some(self.chain_id))).into(),
            (1, _) => account.sign(legacy(call, nonce, None)).into(),
            (2, _) => account.sign(access_list(rng, call, nonce, self.chain_id)).into(),
            (4, TxKind::Call(to)) => {
                // Some authorisations have a wrong nonce: they are skipped, and the transaction is still valid.
                let authorization = Authorization {
                    chain_id: U256::from(self.chain_id),
                    address: STORAGE,
                    nonce: if rng.one_in(3) { u64::MAX - 1 } else { delegate.nonce },
                };
                let signature = delegate.sign_hash(authorization.signature_hash());
                let skipped = authorization.nonce != delegate.nonce;
                let tx = set_code_tx(call, to, nonce, self.chain_id, authorization.into_signed(signature));
                let signed = account.sign(tx);
                if !skipped {
                    let index = (which + 1) % self.accounts.len();
                    self.accounts[index].take_nonce();
                }
                signed.into()
            }
            _ => account.sign(dynamic_fee(rng, call, nonce, self.chain_id)).into(),
        };
        envelope.encoded_2718().into()
    }
}

fn random_call(rng: &mut Rng) -> Call {
    let call = |to: Address, input: Bytes, gas| Call { to: to.into(), value: U256::ZERO, input, gas };
    match rng.range(0, 10) {
        0 | 1 => Call {
            to: rng.address().into(),
            value: U256::from(rng.range(1, 1 << 40)),
            input: Bytes::new(),
            gas: 40_000,
        },
        2 | 3 => {
            let slot = B256::with_last_byte(rng.range(0, 24) as u8);
            let value = if rng.one_in(3) { B256::ZERO } else { rng.b256() };
            call(STORAGE, [slot.0, value.0].concat().into(), 120_000)
        }
        4 => call(ENVIRONMENT, Bytes::new(), 600_000),
        5 => call(CALLER, precompile_input(rng), 900_000),
        6 => call(REVERTER, rng.bytes(0, 200), 60_000),
        7 => call(BURNER, Bytes::new(), rng.range(60_000, 150_000)),
        8 => Call {
            to: TxKind::Create,
            value: U256::ZERO,
            input: contracts::deployer(&rng.bytes(1, 300), rng.one_in(4)),
            gas: 400_000,
        },
        _ => Call {
            to: MESSAGE_PASSER.into(),
            value: U256::from(rng.range(0, 1000)),
            input: rng.b256().into(),
            gas: 120_000,
        },
    }
}

/// Calldata for the caller contract: a precompile's address, then its input, valid or invalid.
fn precompile_input(rng: &mut Rng) -> Bytes {
    let number = *rng.pick(&[1u64, 2, 3, 4, 5, 6, 7, 9]);
    let mut data = U256::from(number).to_be_bytes::<32>().to_vec();
    match number {
        // The generator of bn254 added to itself, and multiplied by a small number.
        6 => data.extend_from_slice(&[word(1), word(2), word(1), word(2)].concat()),
        7 => data.extend_from_slice(&[word(1), word(2), word(rng.range(2, 99))].concat()),
        5 => {
            data.extend_from_slice(&[word(1), word(1), word(1)].concat());
            data.extend_from_slice(&[3, rng.range(1, 200) as u8, 7]);
        }
        9 => {
            data.extend_from_slice(&(rng.range(1, 12) as u32).to_be_bytes());
            data.extend((0..208).map(|_| rng.next() as u8));
            data.push(1);
        }
        _ => data.extend_from_slice(&rng.bytes(0, 256)),
    }
    if rng.one_in(5) {
        data.push(0xff);
    }
    data.into()
}

fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

fn legacy(call: Call, nonce: u64, chain_id: Option<u64>) -> TxLegacy {
    TxLegacy {
        chain_id,
        nonce,
        gas_price: MAX_FEE,
        gas_limit: call.gas,
        to: call.to,
        value: call.value,
        input: call.input,
    }
}

fn access_list(rng: &mut Rng, call: Call, nonce: u64, chain_id: u64) -> TxEip2930 {
    let item =
        AccessListItem { address: STORAGE, storage_keys: vec![B256::with_last_byte(rng.next() as u8)] };
    TxEip2930 {
        chain_id,
        nonce,
        gas_price: MAX_FEE,
        gas_limit: call.gas + 10_000,
        to: call.to,
        value: call.value,
        input: call.input,
        access_list: AccessList(vec![item]),
    }
}

fn dynamic_fee(rng: &mut Rng, call: Call, nonce: u64, chain_id: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id,
        nonce,
        gas_limit: call.gas,
        max_fee_per_gas: MAX_FEE,
        max_priority_fee_per_gas: u128::from(rng.range(0, 1_000_000_000)),
        to: call.to,
        value: call.value,
        access_list: AccessList::default(),
        input: call.input,
    }
}

fn set_code_tx(
    call: Call,
    to: Address,
    nonce: u64,
    chain_id: u64,
    authorization: alloy_eips::eip7702::SignedAuthorization,
) -> TxEip7702 {
    TxEip7702 {
        chain_id,
        nonce,
        gas_limit: call.gas + 60_000,
        max_fee_per_gas: MAX_FEE,
        max_priority_fee_per_gas: 1_000_000,
        to,
        value: call.value,
        access_list: AccessList::default(),
        authorization_list: vec![authorization],
        input: call.input,
    }
}
