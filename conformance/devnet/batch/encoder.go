// Package batch turns L2 blocks into the batcher's transactions, with op-node's encoding of batches.
package batch

import (
	"bytes"
	"math/rand"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// blobSpace is how much fits into one blob, with some slack.
const blobSpace = 130_000

// Submission is one L1 transaction to the batch inbox.
type Submission struct {
	Blobs    bool
	Payloads [][]byte // one per blob, or a single one as calldata
}

// Encoder turns L2 blocks into channels, frames and submissions, with op-node's own batch encoding.
type Encoder struct {
	cfg *rollup.Config
	rng *rand.Rand
	el  *params.ChainConfig
}

// NewEncoder makes an encoder for a chain.
func NewEncoder(cfg *rollup.Config, el *params.ChainConfig, rng *rand.Rand) *Encoder {
	return &Encoder{cfg: cfg, el: el, rng: rng}
}

func (e *Encoder) singular(b *types.Block) (*derive.SingularBatch, uint64, error) {
	payload, err := eth.BlockAsPayload(b, e.el)
	if err != nil {
		return nil, 0, err
	}
	batch, info, err := derive.PayloadToSingularBatch(e.cfg, payload)
	if err != nil {
		return nil, 0, err
	}
	return batch, info.SequenceNumber, nil
}

// Batches encodes blocks, as singular batches or as one or several span batches.
func (e *Encoder) Batches(blocks []*types.Block, span bool) ([]byte, error) {
	var out bytes.Buffer
	var sb *derive.SpanBatch
	flush := func() error {
		if sb == nil {
			return nil
		}
		raw, err := sb.ToRawSpanBatch()
		if err != nil {
			return err
		}
		sb = nil
		return rlp.Encode(&out, derive.NewBatchData(raw))
	}
	for _, b := range blocks {
		batch, seqNum, err := e.singular(b)
		if err != nil {
			return nil, err
		}
		if !span {
			if err := rlp.Encode(&out, derive.NewBatchData(batch)); err != nil {
				return nil, err
			}
			continue
		}
		if sb == nil {
			sb = derive.NewSpanBatch(e.cfg.Genesis.L2Time, e.cfg.L2ChainID)
		}
		if err := sb.AppendSingularBatch(batch, seqNum); err != nil {
			return nil, err
		}
		if e.rng.Intn(8) == 0 {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Compress makes channel data.
func (e *Encoder) Compress(raw []byte, brotli bool) ([]byte, error) {
	algo := derive.Zlib
	if brotli {
		algo = []derive.CompressionAlgo{derive.Brotli9, derive.Brotli10, derive.Brotli11}[e.rng.Intn(3)]
	}
	c, err := derive.NewChannelCompressor(algo)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write(raw); err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	return c.GetCompressed().Bytes(), nil
}

// Frames cuts channel data into marshalled frames of at most max bytes of data.
func (e *Encoder) Frames(data []byte, max int) [][]byte {
	var id derive.ChannelID
	e.rng.Read(id[:]) // op-node's own channels take it from the system, which no seed reaches
	var out [][]byte
	for n := uint16(0); ; n++ {
		size := min(len(data), 1+e.rng.Intn(max))
		f := derive.Frame{ID: id, FrameNumber: n, Data: data[:size], IsLast: size == len(data)}
		var buf bytes.Buffer
		if err := f.MarshalBinary(&buf); err != nil {
			panic(err)
		}
		out = append(out, buf.Bytes())
		if data = data[size:]; f.IsLast {
			return out
		}
	}
}

// Pack distributes frames over L1 transactions.
func (e *Encoder) Pack(frames [][]byte, blobs bool) []Submission {
	limit := 90_000
	if blobs {
		limit = blobSpace
	}
	// first into payloads: the version byte and some frames
	var payloads [][]byte
	var cur []byte
	for _, f := range frames {
		if cur != nil && (len(cur)+len(f) > limit || e.rng.Intn(3) == 0) {
			payloads = append(payloads, cur)
			cur = nil
		}
		if cur == nil {
			cur = []byte{0}
		}
		cur = append(cur, f...)
	}
	payloads = append(payloads, cur)
	// then into transactions
	var out []Submission
	for len(payloads) > 0 {
		n := 1
		if blobs {
			n = 1 + e.rng.Intn(min(3, len(payloads)))
		}
		out = append(out, Submission{Blobs: blobs, Payloads: payloads[:n]})
		payloads = payloads[n:]
	}
	return out
}
