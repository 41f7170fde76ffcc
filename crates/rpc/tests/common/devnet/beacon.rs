//! The beacon node.

use serde_json::json;

use super::{Chain, Devnet, Manner, lie};
use crate::common::node::{Reply, Request};

/// Slots before the first block of L1.
const FIRST_SLOT: u64 = 100;

/// A beacon node of L1.
pub(super) fn beacon(devnet: &Devnet, manner: &Manner, request: &Request) -> Reply {
    let chain = &devnet.chain;
    let first = &chain.l1.headers[chain.l1.hashes.values().next().unwrap()];
    let genesis = first.timestamp - slot_seconds(chain) * FIRST_SLOT;
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let (route, last) = path.rsplit_once('/').unwrap();
    let name = route.rsplit('/').next().unwrap();
    if manner.without.contains(&name) {
        return Reply::Answer(404, None, json!({"code": 404, "message": "NOT_FOUND"}).to_string());
    }
    let mut data = match (name, last) {
        ("beacon", "genesis") => json!({"genesis_time": genesis.to_string()}),
        ("config", "spec") => {
            json!({
                "SECONDS_PER_SLOT": slot_seconds(chain).to_string(), "SLOTS_PER_EPOCH": "32", "BLOB_SCHEDULE": [],
                "DEPOSIT_CHAIN_ID": manner.chain_id.unwrap_or(devnet.chain_id(false)).to_string(),
            })
        }
        ("blobs" | "blob_sidecars", slot) => {
            let time = genesis + slot_seconds(chain) * slot.parse::<u64>().unwrap();
            let Some(header) = chain.l1.headers.values().find(|header| header.timestamp == time) else {
                return Reply::Answer(
                    404,
                    None,
                    json!({"code": 404, "message": "Block not found"}).to_string(),
                );
            };
            let hashes = chain.blob_hashes(header).into_iter();
            let wanted = query.strip_prefix("versioned_hashes=");
            let wanted = hashes.filter(|hash| wanted.is_none_or(|wanted| wanted == hash.to_string()));
            let blobs = wanted.map(|hash| (hash, &chain.blobs[&hash]));
            match name {
                "blobs" => blobs.map(|(_, (_, blob))| json!(blob)).collect(),
                _ => blobs
                    .map(|(_, (commitment, blob))| json!({"index": "0", "blob": blob, "kzg_commitment": commitment}))
                    .collect(),
            }
        }
        _ => return Reply::status(404),
    };
    if manner.lies.contains(&name) {
        lie(&mut data);
    }
    Reply::json(&json!({ "data": data }))
}

/// The seconds of a slot: the largest number with which a slot begins at the time of each block.
fn slot_seconds(chain: &Chain) -> u64 {
    let times: Vec<u64> = chain.l1.hashes.values().map(|hash| chain.l1.headers[hash].timestamp).collect();
    let mut seconds = times[1] - times[0];
    for pair in times.windows(2) {
        let mut rest = pair[1] - pair[0];
        while rest > 0 {
            (seconds, rest) = (rest, seconds % rest);
        }
    }
    seconds
}
