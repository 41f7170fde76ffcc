//! A trie over arbitrary nodes: reading, changing and walking must end in a value or an error.
#![no_main]

use alloy_primitives::{B256, Bytes};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use tribunal_mpt::{ProviderError, Trie, TrieError, TrieProvider, ordered};

/// Serves the next node of the input, for any hash.
struct Served<'a>(RefCell<&'a [u8]>);

impl TrieProvider for Served<'_> {
    fn trie_node_preimage(&self, _: B256) -> Result<Bytes, ProviderError> {
        let mut rest = self.0.borrow_mut();
        let (&length, tail) = rest.split_first().ok_or("out of nodes")?;
        let (node, tail) = tail.split_at(tail.len().min(2 * usize::from(length)));
        *rest = tail;
        Ok(Bytes::copy_from_slice(node))
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((key, nodes)) = data.split_at_checked(32) else { return };
    let provider = || Served(RefCell::new(nodes));
    let root = B256::repeat_byte(0x11);

    let _ = Trie::from_root(root).get(key, &provider());

    let source = provider();
    let mut trie = Trie::from_root(root);
    let inserted = trie.insert(key, Bytes::from_static(b"value"), &source);
    if inserted.is_ok() {
        assert_eq!(trie.get(key, &source).ok().flatten().map(|value| &value[..]), Some(&b"value"[..]));
    }
    let _ = trie.delete(key, &source);
    trie.root();

    let _ = ordered::walk(root, &provider(), |_, _| Ok::<_, TrieError>(()));
    let _ = ordered::first(root, &provider());
});
