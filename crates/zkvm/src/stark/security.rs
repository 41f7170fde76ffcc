//! The parameters of the proof system, and how many bits of security they give.
//!
//! The bits are computed with `p3-security` from the tables that are proven. A test asserts them for every shape.

use alloc::vec::Vec;
use p3_security::{
    fri::FriRegime,
    grinding::GrindingSites,
    logup::{self, LogUpAir},
    shape::{InstanceShape, StarkAirParams},
    stark::{conjectured_security_report, proven_security_report},
};

/// The bits of the challenge field: 5 elements below 2^31, rounded down.
const CHALLENGE_BITS: usize = 154;

/// The bits of collision resistance of a digest of 8 elements, rounded down.
const COLLISION_BITS: usize = 123;

/// The parameters of the proof system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Parameters {
    /// Binary logarithm of the factor by which the trace is extended.
    pub log_blowup: usize,
    /// Binary logarithm of the number of values that one folding of FRI combines.
    pub log_arity: usize,
    /// Queries of FRI.
    pub queries: usize,
    /// Bits of proof of work before the queries are drawn.
    pub query_grinding: usize,
}

impl Parameters {
    /// 100 bits that are proven, in the list-decoding regime.
    pub const PROVEN: Self = Self { log_blowup: 1, log_arity: 3, queries: 176, query_grinding: 16 };

    /// 100 bits under the conjecture on random words; 59 are proven. Proofs are half as large.
    pub const FAST: Self = Self { queries: 87, ..Self::PROVEN };
}

/// What the bits of a proof depend on besides [`Parameters`]: the sizes of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Binary logarithm of the height of the tallest table.
    pub log_height: usize,
    /// Constraints of all tables together.
    pub constraints: usize,
    /// The highest degree of a constraint.
    pub degree: usize,
    /// Parts that the quotient of a table is split into, at most.
    pub quotient_chunks: usize,
    /// Openings that are combined into one low-degree test, of all tables together.
    pub openings: usize,
    /// Messages on buses, of all rows of all tables together.
    pub messages: usize,
    /// Elements of the widest message.
    pub message_width: usize,
}

/// Which assumption a number of bits rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// None but the collision resistance of the hash, and that the transcript behaves as a random oracle: FRI in the
    /// unique-decoding or the list-decoding regime, the better of both.
    Proven,
    /// Also that words behave as random ones beyond the list-decoding radius (ePrint 2025/2010, section 1.5).
    Conjectured,
}

/// How secure a proof is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Security {
    /// The bits.
    pub bits: f64,
    /// What they rest on.
    pub regime: Regime,
    /// What limits them, in the words of `p3-security`.
    pub limit: &'static str,
}

impl Parameters {
    /// The bits of a proof of tables of this size.
    #[must_use]
    pub fn security(&self, size: &Size, regime: Regime) -> Security {
        let fri = FriRegime {
            log_blowup: self.log_blowup,
            num_queries: self.queries,
            log_final_poly_len: 0,
            max_log_arity: self.log_arity,
            commit_pow_bits: 0,
            query_pow_bits: self.query_grinding,
        };
        let air = StarkAirParams {
            num_constraints: size.constraints,
            max_constraint_degree: size.degree,
            num_quotient_chunks: size.quotient_chunks,
            // The accumulator of the buses is opened in two rows.
            max_combo: 2,
        };
        let shape = InstanceShape {
            log_trace_length: size.log_height,
            modulus_bits: CHALLENGE_BITS,
            collision_resistance: COLLISION_BITS,
            num_batched_functions: size.openings,
        };
        let buses = LogUpAir {
            num_interactions: size.messages.div_ceil(1 << size.log_height),
            max_message_width: size.message_width,
        };
        let grinding = GrindingSites::NONE;
        let extras: Vec<_> = logup::security_term(&buses, &shape, &grinding).into_iter().collect();
        let (bits, limit) = match regime {
            Regime::Proven => {
                let report = proven_security_report(&fri, &air, &shape, &extras, &grinding);
                (report.security_bits(), report.binding().1.label)
            }
            Regime::Conjectured => {
                let report = conjectured_security_report(&fri, &air, &shape, &extras, &grinding);
                (report.security_bits(), report.binding().label)
            }
        };
        Security { bits, regime, limit }
    }
}
