//! Providers that the pipeline and the driver share.

use alloc::{rc::Rc, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use core::cell::{Ref, RefCell, RefMut};
use tribunal_derive::{ChainProvider, L2ChainProvider};
use tribunal_mpt::ProviderError;
use tribunal_rollup::{BlockInfo, L2BlockInfo, SystemConfig};

/// A provider with two owners. The program is single-threaded and neither owner holds a borrow across a call.
#[derive(Debug)]
pub(crate) struct Shared<T>(Rc<RefCell<T>>);

impl<T> Shared<T> {
    pub(crate) fn new(provider: T) -> Self {
        Self(Rc::new(RefCell::new(provider)))
    }

    pub(crate) fn borrow(&self) -> Ref<'_, T> {
        self.0.borrow()
    }

    pub(crate) fn borrow_mut(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: ChainProvider> ChainProvider for Shared<T> {
    fn header_by_hash(&mut self, hash: B256) -> Result<Header, ProviderError> {
        self.borrow_mut().header_by_hash(hash)
    }

    fn block_info_by_number(&mut self, number: u64) -> Result<Option<BlockInfo>, ProviderError> {
        self.borrow_mut().block_info_by_number(number)
    }

    fn receipts_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError> {
        self.borrow_mut().receipts_by_hash(hash)
    }

    fn transactions_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError> {
        self.borrow_mut().transactions_by_hash(hash)
    }
}

impl<T: L2ChainProvider> L2ChainProvider for Shared<T> {
    fn l2_block_info_by_number(&mut self, number: u64) -> Result<L2BlockInfo, ProviderError> {
        self.borrow_mut().l2_block_info_by_number(number)
    }

    fn l2_block_transactions(&mut self, number: u64) -> Result<Vec<Bytes>, ProviderError> {
        self.borrow_mut().l2_block_transactions(number)
    }

    fn system_config_by_number(&mut self, number: u64) -> Result<SystemConfig, ProviderError> {
        self.borrow_mut().system_config_by_number(number)
    }
}
