//! The contracts of a devnet, each a few lines of EVM assembly.

use alloy_primitives::{B256, Bytes, b256};

/// EIP-1967's slot for a proxy's implementation.
const IMPLEMENTATION: B256 = b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

/// Opcodes used here, named as in the execution specs.
mod op {
    pub(super) const SUB: u8 = 0x03;
    pub(super) const EQ: u8 = 0x14;
    pub(super) const ISZERO: u8 = 0x15;
    pub(super) const SHR: u8 = 0x1c;
    pub(super) const KECCAK256: u8 = 0x20;
    pub(super) const ADDRESS: u8 = 0x30;
    pub(super) const BALANCE: u8 = 0x31;
    pub(super) const CALLER: u8 = 0x33;
    pub(super) const CALLDATALOAD: u8 = 0x35;
    pub(super) const CALLDATASIZE: u8 = 0x36;
    pub(super) const CALLDATACOPY: u8 = 0x37;
    pub(super) const CODECOPY: u8 = 0x39;
    pub(super) const GASPRICE: u8 = 0x3a;
    pub(super) const RETURNDATASIZE: u8 = 0x3d;
    pub(super) const RETURNDATACOPY: u8 = 0x3e;
    pub(super) const BLOCKHASH: u8 = 0x40;
    pub(super) const COINBASE: u8 = 0x41;
    pub(super) const TIMESTAMP: u8 = 0x42;
    pub(super) const NUMBER: u8 = 0x43;
    pub(super) const PREVRANDAO: u8 = 0x44;
    pub(super) const GASLIMIT: u8 = 0x45;
    pub(super) const CHAINID: u8 = 0x46;
    pub(super) const BASEFEE: u8 = 0x48;
    pub(super) const BLOBBASEFEE: u8 = 0x4a;
    pub(super) const MSTORE: u8 = 0x52;
    pub(super) const SLOAD: u8 = 0x54;
    pub(super) const SSTORE: u8 = 0x55;
    pub(super) const JUMP: u8 = 0x56;
    pub(super) const JUMPI: u8 = 0x57;
    pub(super) const GAS: u8 = 0x5a;
    pub(super) const JUMPDEST: u8 = 0x5b;
    pub(super) const TSTORE: u8 = 0x5d;
    pub(super) const PUSH0: u8 = 0x5f;
    pub(super) const PUSH1: u8 = 0x60;
    pub(super) const DUP1: u8 = 0x80;
    pub(super) const SWAP1: u8 = 0x90;
    pub(super) const LOG1: u8 = 0xa1;
    pub(super) const DELEGATECALL: u8 = 0xf4;
    pub(super) const STATICCALL: u8 = 0xfa;
    pub(super) const RETURN: u8 = 0xf3;
    pub(super) const REVERT: u8 = 0xfd;
    pub(super) const SELFDESTRUCT: u8 = 0xff;
}

/// Assembles a program. Jump targets are patched when their labels are placed.
#[derive(Default)]
struct Assembler(Vec<u8>);

impl Assembler {
    fn ops(mut self, ops: &[u8]) -> Self {
        self.0.extend_from_slice(ops);
        self
    }

    /// Pushes `bytes`, at most 32.
    fn push(mut self, bytes: &[u8]) -> Self {
        self.0.push(op::PUSH0 + bytes.len() as u8);
        self.0.extend_from_slice(bytes);
        self
    }

    /// Jumps to the label that `patch` places, if the top of the stack is not zero.
    fn jump_if(mut self, patch: &mut usize) -> Self {
        *patch = self.0.len() + 1;
        self.0.extend_from_slice(&[op::PUSH1, 0, op::JUMPI]);
        self
    }

    /// Places the label of an earlier [`Self::jump_if`].
    fn label(mut self, patch: usize) -> Self {
        self.0[patch] = self.0.len() as u8;
        self.0.push(op::JUMPDEST);
        self
    }

    fn code(self) -> Bytes {
        self.0.into()
    }
}

/// A predeploy's proxy: the zero address may call `upgradeTo(address)`, and all other calls go to the implementation. The
/// network upgrade transactions of every fork need only this.
pub(crate) fn proxy() -> Bytes {
    use op::*;
    let (mut forward, mut not_upgrade, mut succeeded) = (0, 0, 0);
    Assembler::default()
        .ops(&[CALLER])
        .jump_if(&mut forward)
        .ops(&[PUSH0, CALLDATALOAD])
        .push(&[0xe0])
        .ops(&[SHR])
        .push(&[0x36, 0x59, 0xcf, 0xe6])
        .ops(&[EQ, ISZERO])
        .jump_if(&mut not_upgrade)
        .push(&[4])
        .ops(&[CALLDATALOAD])
        .push(IMPLEMENTATION.as_slice())
        .ops(&[SSTORE, PUSH0, PUSH0, RETURN])
        .label(forward)
        .label(not_upgrade)
        .ops(&[CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY])
        .ops(&[PUSH0, PUSH0, CALLDATASIZE, PUSH0])
        .push(IMPLEMENTATION.as_slice())
        .ops(&[SLOAD, GAS, DELEGATECALL])
        .ops(&[RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY])
        .jump_if(&mut succeeded)
        .ops(&[RETURNDATASIZE, PUSH0, REVERT])
        .label(succeeded)
        .ops(&[RETURNDATASIZE, PUSH0, RETURN])
        .code()
}

/// Writes calldata word 1 to the slot in calldata word 0, and logs the old value.
pub(crate) fn storage() -> Bytes {
    use op::*;
    Assembler::default()
        .ops(&[PUSH0, CALLDATALOAD, DUP1, SLOAD, PUSH0, MSTORE])
        .push(&[0x20])
        .ops(&[CALLDATALOAD, SWAP1, SSTORE])
        .push(&[0x77; 32])
        .push(&[0x20])
        .ops(&[PUSH0, LOG1])
        .code()
}

/// Stores the results of the environment opcodes, and the hashes of earlier blocks.
pub(crate) fn environment() -> Bytes {
    use op::*;
    let mut program = Assembler::default();
    let plain =
        [TIMESTAMP, NUMBER, PREVRANDAO, GASLIMIT, CHAINID, BASEFEE, BLOBBASEFEE, COINBASE, GASPRICE, CALLER];
    for (slot, opcode) in plain.into_iter().enumerate() {
        program = program.ops(&[opcode]).push(&[slot as u8]).ops(&[SSTORE]);
    }
    for (i, back) in [1u8, 2, 3, 7].into_iter().enumerate() {
        program = program.push(&[back]).ops(&[NUMBER, SUB, BLOCKHASH]).push(&[0x20 + i as u8]).ops(&[SSTORE]);
    }
    program.ops(&[ADDRESS, BALANCE]).push(&[0x30]).ops(&[SSTORE, GAS, PUSH0, TSTORE]).code()
}

/// Static-calls the address in calldata word 0 with the rest of the calldata, and stores the hash of the result.
pub(crate) fn caller() -> Bytes {
    use op::*;
    Assembler::default()
        .push(&[0x20])
        .ops(&[CALLDATASIZE, SUB])
        .push(&[0x20])
        .ops(&[PUSH0, CALLDATACOPY])
        .ops(&[PUSH0, PUSH0])
        .push(&[0x20])
        .ops(&[CALLDATASIZE, SUB, PUSH0, PUSH0, CALLDATALOAD, GAS, STATICCALL])
        .push(&[0x01])
        .ops(&[SSTORE, RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY, RETURNDATASIZE, PUSH0, KECCAK256])
        .ops(&[PUSH0, SSTORE])
        .code()
}

/// Reverts with the caller's address.
pub(crate) fn reverter() -> Bytes {
    use op::*;
    Assembler::default().ops(&[CALLER, PUSH0, MSTORE]).push(&[0x20]).ops(&[PUSH0, REVERT]).code()
}

/// Hashes in an endless loop until its gas is used up.
pub(crate) fn burner() -> Bytes {
    use op::*;
    Assembler::default()
        .ops(&[JUMPDEST])
        .push(&[0x40])
        .ops(&[PUSH0, KECCAK256, PUSH0, MSTORE, PUSH0, JUMP])
        .code()
}

/// Initcode that stores one word, and then either destroys itself or deploys `code`.
pub(crate) fn deployer(code: &[u8], destroy: bool) -> Bytes {
    use op::*;
    let program = Assembler::default().push(&[0x2a]).ops(&[PUSH0, SSTORE]);
    if destroy {
        return program.ops(&[CALLER, SELFDESTRUCT]).code();
    }
    let size = (code.len() as u16).to_be_bytes();
    let program = program.push(&size).ops(&[DUP1]);
    // PUSH2 offset, PUSH0, CODECOPY, PUSH0, RETURN, then the code itself.
    let offset = (program.0.len() as u16 + 7).to_be_bytes();
    program.push(&offset).ops(&[PUSH0, CODECOPY, PUSH0, RETURN]).ops(code).code()
}
