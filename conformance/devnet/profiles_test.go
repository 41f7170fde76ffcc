package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/serve"
)

func serveOptions(lieAbout uint64) serve.Options { return serve.Options{LieAbout: lieAbout} }

// get reads JSON, and returns the status.
func get(t *testing.T, url string, into any) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil && resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%s: %v in %.200s", url, err, body)
		}
	}
	return resp.StatusCode
}

func TestNodesServeWhatHostsAskFor(t *testing.T) {
	d, ctx := shared(t), context.Background()
	for _, endpoint := range []string{"l1", "l2"} {
		c := dial(t, d, endpoint, "")
		hash := d.line.L1.Head.Hash
		if endpoint == "l2" {
			hash = d.line.L2.Safe.Hash
		}
		var header, raw hexutil.Bytes
		if err := c.CallContext(ctx, &header, "debug_getRawHeader", hash); err != nil || crypto.Keccak256Hash(header) != hash {
			t.Errorf("debug_getRawHeader of %s: %v", endpoint, err)
		}
		for _, method := range []string{"debug_getRawBlock", "debug_getRawReceipts", "eth_getBlockReceipts"} {
			var out json.RawMessage
			if err := c.CallContext(ctx, &out, method, hash); err != nil || len(out) < 10 {
				t.Errorf("%s of %s: %v", method, endpoint, err)
			}
		}
		var head struct {
			StateRoot common.Hash `json:"stateRoot"`
		}
		if err := c.CallContext(ctx, &head, "eth_getBlockByHash", hash, true); err != nil {
			t.Errorf("eth_getBlockByHash of %s: %v", endpoint, err)
		}
		if err := c.CallContext(ctx, &raw, "debug_dbGet", head.StateRoot.Hex()); err != nil || crypto.Keccak256Hash(raw) != head.StateRoot {
			t.Errorf("debug_dbGet of the state root of %s: %v", endpoint, err)
		}
		var missing hexutil.Bytes
		if err := c.CallContext(ctx, &missing, "debug_dbGet", common.Hash{1}.Hex()); err == nil || !strings.Contains(err.Error(), "not found") {
			t.Errorf("debug_dbGet of nothing in %s: %v", endpoint, err)
		}
		for _, method := range []string{"engine_forkchoiceUpdatedV3", "admin_nodeInfo", "debug_setHead", "miner_setExtra"} {
			if !lacks(c.CallContext(ctx, nil, method)) {
				t.Errorf("%s serves %s", endpoint, method)
			}
		}
	}
	// The oldest state and its code are still there.
	c := dial(t, d, "l2", "")
	at := map[string]any{"blockHash": d.line.L2.Genesis.Hash}
	account := d.network.Setup.Storer
	var proof struct {
		CodeHash     common.Hash     `json:"codeHash"`
		AccountProof []hexutil.Bytes `json:"accountProof"`
	}
	if err := c.CallContext(ctx, &proof, "eth_getProof", account, []string{}, at); err != nil || len(proof.AccountProof) == 0 {
		t.Fatalf("eth_getProof: %v", err)
	}
	var code hexutil.Bytes
	if err := c.CallContext(ctx, &code, "debug_dbGet", hexutil.Encode(append([]byte("c"), proof.CodeHash[:]...))); err != nil || crypto.Keccak256Hash(code) != proof.CodeHash {
		t.Errorf("debug_dbGet of code: %v", err)
	}
}

// lacks tells if a node says that it does not have a method.
func lacks(err error) bool {
	e, ok := err.(rpc.Error)
	return ok && e.ErrorCode() == -32601
}

func TestMethodsCanBeSwitchedOff(t *testing.T) {
	d, ctx := shared(t), context.Background()
	c := dial(t, d, "l2", "/without/debug_dbGet,debug_executePayload")
	if err := c.CallContext(ctx, nil, "debug_dbGet", common.Hash{}.Hex()); !lacks(err) {
		t.Errorf("debug_dbGet: %v", err)
	}
	var id hexutil.Big
	batch := []rpc.BatchElem{
		{Method: "debug_dbGet", Args: []any{common.Hash{}.Hex()}, Result: new(hexutil.Bytes)},
		{Method: "eth_chainId", Result: &id},
		{Method: "debug_executePayload", Args: []any{common.Hash{}, map[string]any{}}, Result: new(any)},
	}
	if err := c.BatchCallContext(ctx, batch); err != nil {
		t.Fatal(err)
	}
	if !lacks(batch[0].Error) || batch[1].Error != nil || !lacks(batch[2].Error) {
		t.Errorf("the batch got %v, %v, %v", batch[0].Error, batch[1].Error, batch[2].Error)
	}
	if id.ToInt().Cmp(d.network.Setup.Rollup.L2ChainID) != 0 {
		t.Errorf("the chain id is %v", id)
	}
}

func TestRequestsAreCountedByName(t *testing.T) {
	d, ctx := shared(t), context.Background()
	base := strings.TrimSuffix(d.line.Endpoints["l1"], "/l1")
	c, err := rpc.Dial(base + "/as/counted/l1")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		if err := c.CallContext(ctx, new(string), "eth_chainId"); err != nil {
			t.Fatal(err)
		}
	}
	get(t, base+"/as/counted/beacon/eth/v1/config/spec", nil)
	var counts, all map[string]map[string]int
	get(t, d.line.Endpoints["control"]+"/counts/counted", &counts)
	get(t, d.line.Endpoints["control"]+"/counts", &all)
	if counts["l1"]["eth_chainId"] != 3 || counts["beacon"]["eth/v1/config/spec"] != 1 || len(counts) != 2 {
		t.Errorf("counted %v", counts)
	}
	if all["l1"]["eth_chainId"] < 3 {
		t.Errorf("counted %v in all", all)
	}
}

func TestAnswersCanBeDelayed(t *testing.T) {
	d := shared(t)
	base := strings.TrimSuffix(d.line.Endpoints["l1"], "/l1")
	start := time.Now()
	if status := get(t, base+"/delay/150ms/beacon/eth/v1/config/spec", nil); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if waited := time.Since(start); waited < 150*time.Millisecond {
		t.Errorf("the answer came after %v", waited)
	}
	for _, path := range []string{"/delay/soon/l1", "/nothing", "/l1/with/x", "/control/x"} {
		if status := get(t, base+path, nil); status != http.StatusNotFound && status != http.StatusBadRequest {
			t.Errorf("%s: status %d", path, status)
		}
	}
}

func TestBadJSONIsAnError(t *testing.T) {
	resp, err := http.Post(shared(t).line.Endpoints["l1"], "application/json", bytes.NewReader([]byte(`{"method":`)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct{ Error struct{ Code int } }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.Error.Code != -32700 {
		t.Errorf("%v, %v", out, err)
	}
}

// slotWithBlobs is a slot with more than one blob, or with at least one, and the hashes in their order.
func slotWithBlobs(d *devnet) (slot uint64, hashes []common.Hash) {
	for i := uint64(1); i <= d.line.L1.Head.Number; i++ {
		b := d.network.L1.Chain().GetBlockByNumber(i)
		var got []common.Hash
		for _, tx := range b.Transactions() {
			got = append(got, tx.BlobHashes()...)
		}
		if len(got) > len(hashes) {
			slot, hashes = (b.Time()-d.line.L1.Genesis.Time)/d.line.L1.Slot, got
		}
	}
	return slot, hashes
}

func TestBeaconServesBlobsAndSidecars(t *testing.T) {
	d := shared(t)
	slot, hashes := slotWithBlobs(d)
	id := strconv.FormatUint(slot, 10)
	url := d.line.Endpoints["beacon"] + "/eth/v1/beacon/"
	var joined, repeated string
	for i := range hashes { // the question is in the wrong order
		h := hashes[len(hashes)-1-i].Hex()
		joined += "," + h
		repeated += "&versioned_hashes=" + h
	}
	for query, want := range map[string]int{
		"": len(hashes), "?versioned_hashes=" + joined[1:]: len(hashes), "?" + repeated[1:]: len(hashes),
		"?versioned_hashes=" + hashes[0].Hex(): 1, "?versioned_hashes=" + (common.Hash{1}).Hex(): 0,
	} {
		var blobs eth.APIBeaconBlobsResponse
		if status := get(t, url+"blobs/"+id+query, &blobs); status != http.StatusOK || len(blobs.Data) != want {
			t.Errorf("%q: status %d, %d blobs, not %d", query, status, len(blobs.Data), want)
			continue
		}
		for i, b := range blobs.Data {
			if c, err := b.ComputeKZGCommitment(); err != nil || eth.KZGToVersionedHash(c) != hashes[i] {
				t.Errorf("%q: blob %d is another one", query, i)
			}
		}
	}
	var sidecars eth.APIGetBlobSidecarsResponse
	if status := get(t, url+"blob_sidecars/"+id, &sidecars); status != http.StatusOK || len(sidecars.Data) != len(hashes) {
		t.Fatalf("status %d, %d sidecars", status, len(sidecars.Data))
	}
	for i, s := range sidecars.Data {
		blob := kzg4844.Blob(s.Blob)
		if err := kzg4844.VerifyBlobProof(&blob, kzg4844.Commitment(s.KZGCommitment), kzg4844.Proof(s.KZGProof)); err != nil {
			t.Errorf("sidecar %d: %v", i, err)
		}
		if eth.KZGToVersionedHash(kzg4844.Commitment(s.KZGCommitment)) != hashes[i] {
			t.Errorf("sidecar %d is of another blob", i)
		}
	}
	if get(t, url+"blob_sidecars/"+id+"?indices=0", &sidecars); len(sidecars.Data) != 1 {
		t.Errorf("one index gives %d sidecars", len(sidecars.Data))
	}
}

func TestBeaconProfiles(t *testing.T) {
	d := shared(t)
	slot, _ := slotWithBlobs(d)
	id := strconv.FormatUint(slot, 10)
	missed := uint64(0)
	for s, next := uint64(1), uint64(1); next <= d.line.L1.Head.Number; s++ {
		if (d.network.L1.Chain().GetHeaderByNumber(next).Time-d.line.L1.Genesis.Time)/d.line.L1.Slot == s {
			next++
		} else {
			missed = s
		}
	}
	for path, want := range map[string]int{
		"/eth/v1/beacon/genesis": 200, "/eth/v1/config/spec": 200, "/eth/v1/beacon/blobs/head": 200,
		"/eth/v1/beacon/blobs/x": 400, "/eth/v1/node/health": 404,
		"/eth/v1/beacon/blobs/" + strconv.FormatUint(missed, 10): 404,
		"/sidecars/eth/v1/beacon/blobs/" + id:                    404, "/sidecars/eth/v1/beacon/blob_sidecars/" + id: 200,
		"/blobs/eth/v1/beacon/blobs/" + id: 200, "/blobs/eth/v1/beacon/blob_sidecars/" + id: 404,
		"/expired/eth/v1/beacon/blobs/" + id: 404, "/expired/eth/v1/beacon/blob_sidecars/" + id: 404,
		"/expired/eth/v1/beacon/genesis": 200,
	} {
		if status := get(t, d.line.Endpoints["beacon"]+path, nil); status != want {
			t.Errorf("%s: status %d, not %d", path, status, want)
		}
	}
}
