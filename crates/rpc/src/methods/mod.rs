//! The RPC methods: their parameters, their answers, and what to ask if a node lacks one.

mod block;
mod chain_id;
mod database;
mod json;
mod pieces;
mod proof;
mod raw_block;
mod receipts;
mod tried;
mod witness;

pub(crate) use block::{Header, ancestors, header, header_by_tag, transactions};
pub(crate) use chain_id::{ToldChain, chain_id, note_chain, refuse_known, require_chain};
pub(crate) use database::{code_by_hash, code_of, db_get};
pub(crate) use pieces::Pieces;
pub(crate) use proof::{GET_PROOF, Proof, proof};
pub(crate) use receipts::receipts;
pub(crate) use tried::Tried;
pub(crate) use witness::{execution_witness, payload_witness};
