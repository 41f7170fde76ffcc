//! Proofs of whole runs: segments, one after the other.

use crate::{
    hash::{Digest, hash_node},
    machine::{Invalid, OracleProof, SegmentProof, Setup},
    oracle::{InvalidOracle, LocalInput, OracleStatement, chain, locals_digest},
    stark::Val,
    statement::{Position, SegmentStatement},
    word::word,
};
use alloc::vec::Vec;
use core::{array, fmt};
use p3_field::{PrimeCharacteristicRing, PrimeField32};

/// A program: the state that a run begins in, but for its pre-images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Program {
    /// The root of memory.
    pub memory: Digest,
    /// The root of the registers.
    pub registers: Digest,
    /// The root of the machine's own state.
    pub system: Digest,
    /// The upper 32 bits of all code addresses.
    pub window: u32,
    /// The address of the first instruction, in words of 4 bytes from the start of the code window.
    pub pc: u32,
    /// The address of the instruction after it, in the same unit.
    pub next_pc: u32,
    /// The steps that were made before the run begins: 0, unless it begins in the middle of another.
    pub step: u64,
}

/// What identifies a program: 248 bits. It is shown as 32 bytes in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProgramId(pub [u8; 32]);

impl Program {
    /// Its identity.
    #[must_use]
    pub fn id(&self) -> ProgramId {
        let counters = [self.window as u16, (self.window >> 16) as u16].map(Val::from_u16).into_iter();
        let counters = counters.chain([self.pc, self.next_pc].map(Val::from_u32));
        let mut counters = counters.chain(word(self.step));
        let counters: Digest = array::from_fn(|_| counters.next().unwrap_or_default());
        let digest =
            hash_node(&hash_node(&self.memory, &self.registers), &hash_node(&self.system, &counters));
        // Eight numbers of 31 bits each, the first one lowest.
        let mut bytes = [0; 32];
        for (element, value) in digest.iter().enumerate() {
            for bit in (0..31).filter(|bit| value.as_canonical_u32() >> bit & 1 == 1) {
                let place = 31 * element + bit;
                bytes[31 - place / 8] |= 1 << (place % 8);
            }
        }
        ProgramId(bytes)
    }

    /// The state that its run begins in. `oracle` is the root of the pre-images.
    #[must_use]
    pub fn start(&self, oracle: &Digest) -> Position {
        let root = hash_node(&hash_node(&self.memory, &self.registers), &hash_node(&self.system, oracle));
        Position { root, pc: self.pc, next_pc: self.next_pc, step: self.step }
    }
}

impl fmt::Display for ProgramId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A proof of a run of a program, from its start to its exit.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct RunProof {
    /// The program.
    pub program: Program,
    /// The local keys and values that the run may read, by increasing key.
    pub locals: Vec<LocalInput>,
    /// The oracle segments, in order. They prove the pre-images that the run reads.
    pub oracle: Vec<(OracleStatement, OracleProof)>,
    /// The segments, in order.
    pub segments: Vec<(SegmentStatement, SegmentProof)>,
}

/// What a proof of a run says: with these local keys, and with pre-images that match their keys, the program exits with this
/// code after these steps. Pre-images of type 3 are advice: the prover chose them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStatement {
    /// The program.
    pub program: ProgramId,
    /// The code that it exits with.
    pub exit_code: u8,
    /// The steps that it makes.
    pub steps: u64,
    /// The segments that they are proven in.
    pub segments: usize,
    /// The local keys and values.
    pub locals: Vec<LocalInput>,
}

/// Why a proof of a run is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRun {
    /// There is no segment.
    #[error("the proof has no segments")]
    Empty,
    /// A segment does not begin where the one before it ends.
    #[error("segment {0} does not begin in the state in which the one before it ends")]
    Gap(usize),
    /// A segment makes no step.
    #[error("segment {0} makes no step")]
    NoStep(usize),
    /// Steps after the end.
    #[error("the program has exited before segment {0} begins")]
    AfterExit(usize),
    /// The last segment does not end the run.
    #[error("the program has not exited at the end of the last segment")]
    NotExited,
    /// A segment's proof is not valid.
    #[error("segment {0}: {1}")]
    Segment(usize, Invalid),
    /// The pre-images are not proven.
    #[error(transparent)]
    Oracle(#[from] InvalidOracle),
}

impl RunProof {
    /// Verifies the proof. Returns what it says.
    ///
    /// # Errors
    /// [`InvalidRun`].
    pub fn verify(&self, setup: &Setup) -> Result<RunStatement, InvalidRun> {
        let (root, digest) = chain(self.oracle.iter().map(|(statement, _)| statement))?;
        if locals_digest(&self.locals) != digest {
            return Err(InvalidOracle::Values.into());
        }
        let mut position = self.program.start(&root);
        let mut steps = 0;
        for (number, (statement, _)) in self.segments.iter().enumerate() {
            if position.exit_code().is_some() {
                return Err(InvalidRun::AfterExit(number));
            }
            if statement.window != self.program.window || statement.before != position {
                return Err(InvalidRun::Gap(number));
            }
            if statement.steps == 0 {
                return Err(InvalidRun::NoStep(number));
            }
            steps += u64::from(statement.steps);
            position = statement.after;
        }
        if self.segments.is_empty() {
            return Err(InvalidRun::Empty);
        }
        let exit_code = position.exit_code().ok_or(InvalidRun::NotExited)?;
        for (number, (statement, proof)) in self.oracle.iter().enumerate() {
            setup
                .verify_oracle(statement, proof)
                .map_err(|invalid| InvalidOracle::Segment(number, invalid))?;
        }
        for (number, (statement, proof)) in self.segments.iter().enumerate() {
            setup.verify(statement, proof).map_err(|invalid| InvalidRun::Segment(number, invalid))?;
        }
        let (program, segments) = (self.program.id(), self.segments.len());
        Ok(RunStatement { program, exit_code, steps, segments, locals: self.locals.clone() })
    }
}
