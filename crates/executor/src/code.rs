//! Contract code, analysed once.

use alloy_primitives::{B256, map::B256HashMap};
use revm::bytecode::Bytecode;

use crate::{ExecutionProvider, StateError};

/// Bytes of fetched code that are kept; beyond, all of it is let go.
const FETCHED_LIMIT: usize = 32 << 20;

/// Code by hash: what the provider served, and what blocks built here have deployed.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodeStore {
    fetched: B256HashMap<Bytecode>,
    fetched_bytes: usize,
    /// The provider need not know these.
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
        // What begins like a delegation and is none is code like any other.
        let code = Bytecode::new_raw_checked(bytes.clone()).unwrap_or_else(|_| Bytecode::new_legacy(bytes));
        self.fetched.insert(hash, code.clone());
        Ok(code)
    }

    pub(crate) fn deploy(&mut self, code: B256HashMap<Bytecode>) {
        self.deployed.extend(code);
    }
}
