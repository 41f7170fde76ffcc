//! Which field, hash and commitment the proofs use.

use super::Parameters;
use p3_challenger::DuplexChallenger;
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DitParallel;
#[cfg(feature = "prove")]
use p3_field::coset::TwoAdicMultiplicativeCoset;
use p3_field::{Field, extension::QuinticTrinomialExtensionField};
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_koala_bear::{
    KoalaBear, Poseidon2KoalaBear, default_koalabear_poseidon2_16, default_koalabear_poseidon2_24,
};
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{PaddingFreeSponge, TruncatedPermutation};
use p3_uni_stark::StarkConfig;

/// The field of the traces: p = 2^31 - 2^24 + 1.
pub type Val = KoalaBear;

/// The field of the challenges: degree 5 over [`Val`], 155 bits. With degree 4, the batching of the openings would limit
/// the proofs to less than 100 bits.
pub type Challenge = QuinticTrinomialExtensionField<Val>;

/// How a segment is committed to and its polynomials are opened.
pub type Config = StarkConfig<Commitment, Challenge, DuplexChallenger<Val, Permutation, 16, 8>>;

/// The points at which a polynomial has the values of a column.
#[cfg(feature = "prove")]
pub(crate) type Domain = TwoAdicMultiplicativeCoset<Val>;

type Permutation = Poseidon2KoalaBear<16>;
type WidePermutation = Poseidon2KoalaBear<24>;
/// Hashes the rows of matrices. All rows of a matrix have one length, so no padding is needed. A permutation of width 24
/// takes up 16 elements, twice as many as one of width 16, and costs less than twice as much.
type RowHash = PaddingFreeSponge<WidePermutation, 24, 16, 8>;
type NodeHash = TruncatedPermutation<Permutation, 2, 8, 16>;
type Packed = <Val as Field>::Packing;
type Tree = MerkleTreeMmcs<Packed, Packed, RowHash, NodeHash, 2, 8>;
type Commitment = TwoAdicFriPcs<Val, Radix2DitParallel<Val>, Tree, ExtensionMmcs<Val, Challenge, Tree>>;

impl Parameters {
    /// The proof system with these parameters.
    #[must_use]
    pub fn config(&self) -> Config {
        let permutation = default_koalabear_poseidon2_16();
        let tree =
            Tree::new(RowHash::new(default_koalabear_poseidon2_24()), NodeHash::new(permutation.clone()), 0);
        let fri = FriParameters {
            log_blowup: self.log_blowup,
            log_final_poly_len: 0,
            max_log_arity: self.log_arity,
            num_queries: self.queries,
            batch_proof_of_work_bits: 0,
            commit_proof_of_work_bits: 0,
            query_proof_of_work_bits: self.query_grinding,
            mmcs: ExtensionMmcs::new(tree.clone()),
        };
        let commitment = Commitment::new(Radix2DitParallel::default(), tree, fri);
        StarkConfig::new(commitment, DuplexChallenger::new(permutation))
    }
}
