//! A cache of analysed contract code.

use alloy_primitives::{B256, map::B256HashMap};
use revm::bytecode::Bytecode;

use crate::{ExecutionProvider, StateError};

/// How many bytes of fetched code are cached. When there are more, all fetched code is dropped.
const FETCHED_LIMIT: usize = 32 << 20;

/// Code by hash: code that the provider served, and code that blocks of this executor deployed.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodeStore {
    fetched: B256HashMap<Bytecode>,
    fetched_bytes: usize,
    /// The provider may not have these.
    deployed: B256HashMap<Bytecode>,
}

impl CodeStore {
    pub(crate) fn get<P: ExecutionProvider>(
        &mut self,
        hash: B256,
        provider: &P,
    ) -> Result<Bytecode, StateError> {
        if let Some(code) = self.fetched.get(&hash).or_else(|| self.deployed.get(&hash)) {
            return Ok(code.clone());
        }
        let bytes = provider.bytecode_by_hash(hash).map_err(|source| StateError::Provider {
            what: "code",
            hash,
            source,
        })?;
        if self.fetched_bytes > FETCHED_LIMIT {
            self.fetched.clear();
            self.fetched_bytes = 0;
        }
        self.fetched_bytes += bytes.len();
        // Code that starts like a delegation and is not one is ordinary code.
        let code = Bytecode::new_raw_checked(bytes.clone()).unwrap_or_else(|_| Bytecode::new_legacy(bytes));
        self.fetched.insert(hash, code.clone());
        Ok(code)
    }

    pub(crate) fn deploy(&mut self, code: B256HashMap<Bytecode>) {
        self.deployed.extend(code);
    }
}
