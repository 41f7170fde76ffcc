package network

import (
	"github.com/ethereum/go-ethereum/core/types"

	"tribunal/conformance/devnet/batch"
	"tribunal/conformance/devnet/chain"
)

const (
	// maxBlobs fit into an L1 block under every blob schedule.
	maxBlobs = 6
	// longChannel: every so many channels, one is cut into at least three frames.
	longChannel = 3
	// patience is how many L1 blocks the batcher waits for what it sent to become safe.
	patience = 2
)

// batcherTxs are the batcher's transactions of the next L1 block: some of what waits in a round, and all of it after.
func (r *rounds) batcherTxs(some bool) ([]*types.Transaction, error) {
	for first := true; len(r.pending) > 0 && (first || !some); first = false {
		if err := r.channel(); err != nil {
			return nil, err
		}
	}
	n := len(r.queue)
	if some && n > 1 && r.rng.Intn(2) == 0 {
		n = 1 + r.rng.Intn(n-1)
	}
	var txs []*types.Transaction
	blobs := 0
	for ; n > 0; n-- {
		sub := r.queue[0]
		if sub.Blobs {
			if blobs += len(sub.Payloads); blobs > maxBlobs {
				break
			}
		}
		tx, err := r.submit(sub)
		if err != nil {
			return nil, err
		}
		r.queue = r.queue[1:]
		txs = append(txs, tx)
	}
	return txs, nil
}

// channel puts the oldest pending blocks into a channel, and queues its frames. The kinds of channels take turns.
func (r *rounds) channel() error {
	n := len(r.pending)
	if r.rng.Intn(2) == 0 {
		n = 1 + r.rng.Intn(n)
	}
	blocks := r.pending[:n]
	span := r.channels%2 == 0
	raw, err := r.enc.Batches(blocks, span)
	if err != nil {
		return err
	}
	brotli := r.Setup.Rollup.IsFjord(blocks[0].Time()) && r.rng.Intn(2) == 0
	data, err := r.enc.Compress(raw, brotli)
	if err != nil {
		return err
	}
	maxFrame := r.Plan.MaxFrame
	long := r.channels%longChannel == longChannel-1
	if long {
		maxFrame = min(maxFrame, max(1, len(data)/3))
	}
	frames := r.enc.Frames(data, maxFrame)
	blobs := r.useBlobs()
	subs := r.enc.Pack(frames, blobs)
	if blobs {
		r.blobTxs += len(subs)
	}
	r.queue = append(r.queue, subs...)
	r.pending = r.pending[n:]
	r.submitted = blocks[n-1].NumberU64()
	r.channels++
	r.Counts.channel(span, len(frames))
	return nil
}

// useBlobs chooses where the next channel goes. Blobs are read from Ecotone on, which is too early to tell for a block that
// is still to come, unless its parent would do.
func (r *rounds) useBlobs() bool {
	if !r.Setup.Rollup.IsEcotone(r.L1.Head().Time) || r.blobTxs >= r.Plan.MaxBlobTxs {
		return false
	}
	r.blobChannels++
	return r.blobChannels%4 == 1 || r.blobChannels%4 == 2 // so that both kinds of batches meet both kinds of data
}

func (r *rounds) submit(s batch.Submission) (*types.Transaction, error) {
	if s.Blobs {
		return r.L1.BlobTx(r.batcher, chain.Inbox, s.Payloads)
	}
	return r.L1.Call(r.batcher, chain.Inbox, s.Payloads[0])
}

// resubmit starts over above the safe head if what was sent does not become safe: Holocene discards the channel that is
// under way when it activates.
func (r *rounds) resubmit(safe uint64) {
	if len(r.queue) > 0 || r.submitted <= safe {
		r.stalled = 0
		return
	}
	if r.stalled++; r.stalled <= patience {
		return
	}
	r.queue, r.pending, r.stalled, r.submitted = nil, nil, 0, 0
	for n := safe + 1; n <= r.Seq.Head.Number; n++ {
		r.pending = append(r.pending, r.Seq.Chain().GetBlockByNumber(n))
	}
}
