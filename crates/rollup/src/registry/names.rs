//! Names of chains in rollup configs that Kona wrote.

/// Kona writes a chain id as a name where the crate `alloy-chains` (here 0.2.39) has one.
pub(super) const NAMES: [(&str, u64); 22] = [
    ("optimism", 10),
    ("unichain", 130),
    ("fraxtal", 252),
    ("boba", 288),
    ("world", 480),
    ("mode-sepolia", 919),
    ("lisk", 1_135),
    ("unichain-sepolia", 1_301),
    ("soneium", 1_868),
    ("soneium-minato-testnet", 1_946),
    ("world-sepolia", 4_801),
    ("base", 8_453),
    ("mode", 34_443),
    ("celo", 42_220),
    ("ink", 57_073),
    ("bob", 60_808),
    ("base-sepolia", 84_532),
    ("ink-sepolia", 763_373),
    ("zora", 7_777_777),
    ("celo-sepolia", 11_142_220),
    ("optimism-sepolia", 11_155_420),
    ("zora-sepolia", 999_999_999),
];

/// The id of the chain that Kona calls `name`.
pub(crate) fn chain_id(name: &str) -> Option<u64> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
}
