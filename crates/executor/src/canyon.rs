//! Canyon's irregular state change: the Create2Deployer.

use alloy_primitives::{Address, Bytes, address};
use revm::bytecode::Bytecode;
use tribunal_rollup::{Fork, RollupConfig};

use crate::{ExecutionProvider, StateError, block_state::BlockState};

const CREATE2_DEPLOYER: Address = address!("13b0D85CcB8bf860b6b79AF3029fCA081AE9beF2");
const CODE: &[u8] = include_bytes!("create2_deployer.bin");

/// Sets the code of the Create2Deployer in the block whose timestamp equals the activation time (`protocol/canyon`).
///
/// A chain without a block at that second, or that starts with Canyon, never gets the code.
pub(crate) fn deploy_create2_deployer<P: ExecutionProvider>(
    config: &RollupConfig,
    timestamp: u64,
    state: &mut BlockState<'_, P>,
) -> Result<(), StateError> {
    if config.forks.get(Fork::Canyon) != Some(timestamp) {
        return Ok(());
    }
    state.set_code(CREATE2_DEPLOYER, Bytecode::new_legacy(Bytes::from_static(CODE)))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{b256, keccak256};

    use super::CODE;

    #[test]
    fn code_is_the_one_that_the_upgrade_names() {
        let hash = b256!("b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2");
        assert_eq!(keccak256(CODE), hash);
    }
}
