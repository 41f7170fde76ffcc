package serve

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/network"
)

// beacon is the part of a beacon node's API that blobs need. Its profiles are /sidecars, /blobs and /expired.
type beacon struct {
	genesis, slotTime, chainID uint64
	slots                      map[uint64][]common.Hash // the blobs of each slot that has a block, in the block's order
	head                       uint64
	blobs                      map[common.Hash]*eth.Blob

	mu     sync.Mutex
	proofs map[common.Hash]kzg // made when they are first asked for
}

type kzg struct {
	commitment kzg4844.Commitment
	proof      kzg4844.Proof
}

// inclusionDepth is the depth of the proof that a commitment is in a block.
const inclusionDepth = 17

func newBeacon(n *network.Network) *beacon {
	b := &beacon{
		genesis: n.Setup.L1.Timestamp, slotTime: n.Plan.Slot, chainID: n.Setup.Rollup.L1ChainID.Uint64(),
		slots: map[uint64][]common.Hash{}, blobs: n.L1.Blobs, proofs: map[common.Hash]kzg{},
	}
	for i := uint64(0); i <= n.L1.Head().Number.Uint64(); i++ {
		block := n.L1.Chain().GetBlockByNumber(i)
		hashes := []common.Hash{}
		for _, tx := range block.Transactions() {
			hashes = append(hashes, tx.BlobHashes()...)
		}
		b.head = (block.Time() - b.genesis) / b.slotTime
		b.slots[b.head] = hashes
	}
	return b
}

// serve answers a request, with the profile in front of its path.
func (b *beacon) serve(w http.ResponseWriter, r *http.Request, path []string, seen func(string)) {
	profile := ""
	if len(path) > 0 && slices.Contains([]string{"sidecars", "blobs", "expired"}, path[0]) {
		profile, path = path[0], path[1:]
	}
	api, id := strings.Join(path, "/"), ""
	for _, prefix := range []string{"eth/v1/beacon/blobs/", "eth/v1/beacon/blob_sidecars/"} {
		if rest, ok := strings.CutPrefix(api, prefix); ok {
			api, id = prefix, rest
		}
	}
	seen(strings.TrimSuffix(api, "/"))
	switch {
	case r.Method != http.MethodGet:
		beaconError(w, http.StatusMethodNotAllowed, "Method not allowed")
	case api == "eth/v1/beacon/genesis":
		b.serveGenesis(w)
	case api == "eth/v1/config/spec":
		b.serveSpec(w)
	case api == "eth/v1/beacon/blobs/" && profile != "sidecars":
		b.serveBlobs(w, r, id, profile == "expired")
	case api == "eth/v1/beacon/blob_sidecars/" && profile != "blobs":
		b.serveSidecars(w, r, id, profile == "expired")
	default:
		beaconError(w, http.StatusNotFound, "NOT_FOUND")
	}
}

func beaconError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"code": status, "message": message})
}

func (b *beacon) serveGenesis(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, map[string]any{"data": map[string]any{
		"genesis_time": strconv.FormatUint(b.genesis, 10), "genesis_validators_root": common.Hash{}, "genesis_fork_version": "0x00000000",
	}})
}

func (b *beacon) serveSpec(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, map[string]any{"data": map[string]any{
		"SECONDS_PER_SLOT": strconv.FormatUint(b.slotTime, 10), "SLOTS_PER_EPOCH": "32",
		"MIN_EPOCHS_FOR_BLOB_SIDECARS_REQUESTS": "4096", "DEPOSIT_CHAIN_ID": strconv.FormatUint(b.chainID, 10),
		"BLOB_SCHEDULE": []any{}, // a real spec has values that are no strings, too
	}})
}

// block finds the blobs of the block that the request names, or answers why not.
func (b *beacon) block(w http.ResponseWriter, id string, expired bool) (slot uint64, hashes []common.Hash, ok bool) {
	switch id {
	case "head", "finalized", "justified":
		slot = b.head
	case "genesis":
	default:
		var err error
		if slot, err = strconv.ParseUint(id, 10, 64); err != nil {
			beaconError(w, http.StatusBadRequest, "Invalid block ID: "+id)
			return 0, nil, false
		}
	}
	hashes, ok = b.slots[slot]
	switch {
	case !ok:
		beaconError(w, http.StatusNotFound, "Block not found")
	case expired && len(hashes) > 0:
		beaconError(w, http.StatusNotFound, fmt.Sprintf("The blobs of slot %d have been pruned", slot))
		ok = false
	}
	return slot, hashes, ok
}

// list reads a query parameter that may be repeated, and that may hold several values with commas between.
func list(r *http.Request, name string) []string {
	var out []string
	for _, v := range r.URL.Query()[name] {
		out = append(out, strings.Split(v, ",")...)
	}
	return out
}

// serveBlobs answers in the order of the block, whatever the order of the question.
func (b *beacon) serveBlobs(w http.ResponseWriter, r *http.Request, id string, expired bool) {
	_, hashes, ok := b.block(w, id, expired)
	if !ok {
		return
	}
	var wanted []common.Hash
	for _, h := range list(r, "versioned_hashes") {
		wanted = append(wanted, common.HexToHash(h))
	}
	blobs := []*eth.Blob{}
	for _, h := range hashes {
		if wanted == nil || slices.Contains(wanted, h) {
			blobs = append(blobs, b.blobs[h])
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"execution_optimistic": false, "finalized": true, "data": blobs})
}

func (b *beacon) serveSidecars(w http.ResponseWriter, r *http.Request, id string, expired bool) {
	slot, hashes, ok := b.block(w, id, expired)
	if !ok {
		return
	}
	indices := list(r, "indices")
	sidecars := []*eth.APIBlobSidecar{}
	for i, h := range hashes {
		if indices != nil && !slices.Contains(indices, strconv.Itoa(i)) {
			continue
		}
		k, err := b.kzg(h)
		if err != nil {
			beaconError(w, http.StatusInternalServerError, err.Error())
			return
		}
		s := &eth.APIBlobSidecar{
			Index: eth.Uint64String(i), Blob: *b.blobs[h],
			KZGCommitment: eth.Bytes48(k.commitment), KZGProof: eth.Bytes48(k.proof), InclusionProof: make([]eth.Bytes32, inclusionDepth),
		}
		s.SignedBlockHeader.Message.Slot = eth.Uint64String(slot)
		sidecars = append(sidecars, s)
	}
	writeJSON(w, http.StatusOK, map[string]any{"version": "electra", "execution_optimistic": false, "finalized": true, "data": sidecars})
}

func (b *beacon) kzg(h common.Hash) (kzg, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k, ok := b.proofs[h]; ok {
		return k, nil
	}
	blob := kzg4844.Blob(*b.blobs[h])
	commitment, err := kzg4844.BlobToCommitment(&blob)
	if err != nil {
		return kzg{}, err
	}
	proof, err := kzg4844.ComputeBlobProof(&blob, commitment)
	if err != nil {
		return kzg{}, err
	}
	b.proofs[h] = kzg{commitment, proof}
	return b.proofs[h], nil
}
