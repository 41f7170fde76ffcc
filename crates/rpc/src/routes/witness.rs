//! Witnesses: the state that a block reads, in one answer.

use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use super::{Chain, Contents, Fetch, Goal, Request, fetch::WITHOUT_WANTED, pool::Preimage};
use crate::{
    endpoint::Endpoint,
    fault::CallError,
    methods::{self, Tried},
};

/// Witnesses that are asked for until one has a node that is missing.
const MOST_ASKED: usize = 32;

/// How errors call the answer, whatever method gave it.
const WITNESS: &str = "the witness";

impl Fetch<'_> {
    /// The witness that the request names, or else single nodes that the program announced.
    pub(super) async fn witness(&self) -> Result<(), SourceError> {
        self.ask(self.execution_nodes(Chain::L2), |endpoint| async move {
            self.witness_at(&endpoint, self.request).await?;
            self.require_wanted(WITNESS)
        })
        .await
    }

    /// Asks one node for a witness.
    pub(super) async fn witness_at(&self, endpoint: &Endpoint, request: &Request) -> Result<(), CallError> {
        let witness = match request {
            Request::Execution { number } => methods::execution_witness(endpoint, *number).await?,
            Request::Payload { parent, attributes } => {
                methods::payload_witness(endpoint, *parent, attributes).await?
            }
            _ => return Ok(()),
        };
        let answer: Vec<Preimage> =
            witness.values().map(|(hash, value)| (PreimageKey::new_keccak256(hash.0), value)).collect();
        if answer.is_empty() {
            return Err(CallError::absent(WITNESS, "the node answers with an empty witness"));
        }
        let contents = Contents::of(&answer);
        let trusted = self.learned().trusted_block(request);
        let number = self.keep(WITNESS, answer, trusted.map(|(_, facts)| facts))?;
        if let Some((hash, _)) = trusted {
            let headers = self.shared.pool.headers(PreimageKey::new_keccak256(hash.0));
            self.store_linked(WITNESS, &headers)?;
        }
        let mut learned = self.learned();
        learned.learn_answer(request, endpoint.name(), number);
        if let Request::Execution { number } = request {
            learned.learn_witness(*number, contents);
        }
        Ok(())
    }

    /// Asks one node for the witnesses that may help and that it has not sent yet, until the pre-image came that the program
    /// waits for.
    pub(super) async fn witnesses_at(&self, endpoint: &Endpoint, tried: &mut Tried) -> Result<(), CallError> {
        let unknown = self.learned().unknown_base();
        if let Some(head) = unknown
            && let Err(error) = self.facts(endpoint, Chain::L2, head).await
        {
            tried.note(error)?;
        }
        let candidates = self.learned().witness_candidates();
        let (mut asked, mut has_any) = (0, false);
        for request in candidates {
            if !self.shared.came_from(endpoint.name(), &request) {
                asked += 1;
                if asked > MOST_ASKED {
                    break;
                }
                if let Err(error) = self.witness_at(endpoint, &request).await {
                    tried.note_slow(error)?;
                    match request {
                        // Where there is no witness of this block, there is none of the next ones either.
                        Request::Execution { .. } => break,
                        _ => continue,
                    }
                }
            }
            has_any = true;
            if self.has_wanted() {
                if let (Request::Execution { number }, Goal::Wanted { .. }) = (request, self.goal) {
                    self.learned().consume_block(number);
                }
                return Ok(());
            }
        }
        if has_any {
            tried.note(CallError::absent(WITNESS, WITHOUT_WANTED))?;
        }
        Ok(())
    }
}
