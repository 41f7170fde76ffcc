//! Claims about a devnet, true and false.

use alloy_consensus::{Header, Sealed};
use alloy_primitives::B256;
use tribunal_host::{BootValues, Claim};

use crate::{rng::Rng, sequencer::Block};

/// The chains for which claims are made.
pub(crate) struct Chains<'a> {
    pub(crate) l1_chain_id: u64,
    pub(crate) l2_chain_id: u64,
    /// The L2 blocks from genesis. Claims refer to them by index.
    pub(crate) blocks: &'a [Block],
    /// L1 blocks, each with the number of the last L2 block that its data completes.
    pub(crate) l1: &'a [(Sealed<Header>, u64)],
}

impl Chains<'_> {
    /// All claims about a devnet.
    pub(crate) fn claims(&self, rng: &mut Rng) -> Vec<Claim> {
        let last = self.blocks.len() as u64 - 1;
        let tip = self.l1.len() - 1;
        let mut claims = vec![
            self.truth(0, last, tip, "all blocks"),
            self.truth(last / 2, last, tip, "second half"),
            self.truth(last - 1, last, tip, "the last block"),
            self.truth(0, 0, tip, "the agreed block itself (trace extension)"),
            self.truth(
                last / 3,
                last + 7,
                tip,
                "past the end of the L1 data: the last derivable block decides",
            ),
            self.lie(last - 1, last, tip, rng.b256(), "made-up root"),
        ];
        for _ in 0..4 {
            let agreed = rng.range(0, last);
            let claimed = rng.range(agreed + 1, last + 1);
            claims.push(self.truth(agreed, claimed, tip, "several blocks"));
            let before = self.blocks[agreed as usize].output_root;
            claims.push(self.lie(agreed, agreed + 1, tip, before, "the agreed root for the next block"));
        }
        let middle = self.l1.iter().position(|(_, safe)| *safe >= last / 2).unwrap_or(tip);
        claims.push(self.truth(0, last, middle, "past what is safe at this L1 head"));
        if self.l1[middle].1 < last {
            let root = self.blocks[last as usize].output_root;
            claims.push(self.lie(
                0,
                last,
                middle,
                root,
                "the root of a block that this L1 head does not yield",
            ));
        }
        if last > 1 {
            let root = self.blocks[1].output_root;
            claims.push(self.lie(
                last / 2 + 1,
                1,
                tip,
                root,
                "a block before the agreed one, with its right root",
            ));
        }
        claims
    }

    fn truth(&self, agreed: u64, claimed: u64, head: usize, note: &'static str) -> Claim {
        let decisive = claimed.min(self.l1[head].1.max(agreed));
        self.claim(agreed, claimed, head, self.blocks[decisive as usize].output_root, true, note)
    }

    fn lie(&self, agreed: u64, claimed: u64, head: usize, root: B256, note: &'static str) -> Claim {
        self.claim(agreed, claimed, head, root, false, note)
    }

    fn claim(
        &self,
        agreed: u64,
        claimed: u64,
        head: usize,
        claimed_root: B256,
        valid: bool,
        note: &'static str,
    ) -> Claim {
        let parent = &self.blocks[agreed as usize];
        Claim {
            boot: BootValues {
                l1_head: self.l1[head].0.seal(),
                agreed_output_root: parent.output_root,
                claimed_output_root: claimed_root,
                claimed_block_number: self.blocks[0].header.number + claimed,
                chain_id: self.l2_chain_id,
            },
            agreed_l2_head_hash: Some(parent.header.seal()),
            l1_chain_id: Some(self.l1_chain_id),
            valid: Some(valid),
            note: Some(note.into()),
            expected_block_hash: None,
        }
    }
}
