package chain

import (
	"crypto/sha256"
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
)

// precompile picks a precompiled contract and an input for it, often valid.
func (g *TxGen) precompile(time uint64) (name string, addr common.Address, input []byte, gas uint64) {
	rng := g.rng
	isthmus := g.cfg.IsIsthmus(time)
	spoil := func(b []byte) []byte {
		if len(b) > 0 && rng.Intn(4) == 0 {
			b = append([]byte{}, b...)
			b[rng.Intn(len(b))] ^= byte(1 + rng.Intn(255))
		}
		return b
	}
	at := func(n int) common.Address { return common.BigToAddress(big.NewInt(int64(n))) }
	n := rng.Intn(12)
	if isthmus {
		n = rng.Intn(19)
	}
	if (n == 8 || n == 11) && g.cfg.IsKarst(time) {
		// op-geth keeps the Jovian prices of modexp and p256Verify under Karst; Kona and op-reth have those of Osaka
		n = 6
	}
	switch n {
	case 0, 1:
		k := newKey(rng)
		h := randHash(rng)
		sig, _ := crypto.Sign(h[:], k)
		in := cat(h[:], wordU(uint64(sig[64])+27), sig[:64])
		switch rng.Intn(5) {
		case 0:
			in = in[:rng.Intn(len(in))]
		case 1:
			in = append(in, randBytes(rng, 32)...)
		case 2:
			in = spoil(in)
		}
		return "ecrecover", at(1), in, 4_000
	case 2, 3:
		a, b := big.NewInt(1+rng.Int63n(1<<40)), big.NewInt(1+rng.Int63n(1<<40))
		neg := new(big.Int).Neg(new(big.Int).Mul(a, b))
		in := cat(bnG1(a), bnG2(b), bnG1(neg), bnG2(big.NewInt(1))) // e(aP,bQ) e(-abP,Q) = 1
		switch rng.Intn(5) {
		case 0:
			in = in[:192]
		case 1:
			in = nil
		case 2:
			in = spoil(in)
		case 3:
			in = in[:len(in)-1]
		}
		return "bn256Pairing", at(8), in, 60_000 + 40_000*uint64(len(in)/192+1)
	case 4, 5:
		var blob kzg4844.Blob
		for i := 0; i < 8; i++ {
			copy(blob[i*32+1:i*32+32], randBytes(rng, 31))
		}
		c, _ := kzg4844.BlobToCommitment(&blob)
		var z kzg4844.Point
		copy(z[1:], randBytes(rng, 31))
		proof, y, _ := kzg4844.ComputeProof(&blob, z)
		vh := sha256.Sum256(c[:])
		vh[0] = 1
		in := cat(vh[:], z[:], y[:], c[:], proof[:])
		if rng.Intn(6) == 0 {
			in = in[:100]
		}
		return "kzg point evaluation", at(10), spoil(in), 60_000
	case 6:
		return "sha256", at(2), randBytes(rng, rng.Intn(300)), 2_000
	case 7:
		return "ripemd160", at(3), randBytes(rng, rng.Intn(300)), 10_000
	case 8:
		return "modexp", at(5), cat(wordU(32), wordU(4), wordU(32), randBytes(rng, 68)), 60_000
	case 9:
		p := bnG1(big.NewInt(rng.Int63()))
		if rng.Intn(2) == 0 {
			return "bn256Add", at(6), spoil(cat(p, bnG1(big.NewInt(rng.Int63())))), 1_000
		}
		return "bn256Mul", at(7), spoil(cat(p, randBytes(rng, 32))), 20_000
	case 10:
		in := cat([]byte{0, 0, 0, byte(rng.Intn(20))}, randBytes(rng, 208), []byte{byte(rng.Intn(2))})
		return "blake2f", at(9), in, 1_000
	case 11:
		if !g.cfg.IsFjord(time) {
			return "identity", at(4), randBytes(rng, rng.Intn(500)), 1_000
		}
		h := randHash(rng)
		k := p256Key(rng)
		r, s := p256Sign(rng, k, h[:])
		return "p256Verify", common.BytesToAddress([]byte{1, 0}), spoil(cat(h[:], word(r.Bytes()), word(s.Bytes()), word(k.X.Bytes()), word(k.Y.Bytes()))), 10_000
	case 12:
		return "bls G1 add", at(0x0b), spoil(cat(g1(rng), g1(rng))), 1_000
	case 13:
		var in []byte
		for i := 1 + rng.Intn(4); i > 0; i-- {
			in = cat(in, g1(rng), randBytes(rng, 32))
		}
		return "bls G1 msm", at(0x0c), spoil(in), 60_000
	case 14:
		return "bls G2 add", at(0x0d), spoil(cat(g2(rng), g2(rng))), 2_000
	case 15:
		var in []byte
		for i := 1 + rng.Intn(3); i > 0; i-- {
			in = cat(in, g2(rng), randBytes(rng, 32))
		}
		return "bls G2 msm", at(0x0e), spoil(in), 100_000
	case 16:
		_, _, p, q := bls12381.Generators()
		a := big.NewInt(1 + rng.Int63())
		var ap, np bls12381.G1Affine
		var aq bls12381.G2Affine
		ap.ScalarMultiplication(&p, a)
		aq.ScalarMultiplication(&q, a)
		np.Neg(&p)
		in := cat(encG1(&ap), encG2(&q), encG1(&np), encG2(&aq)) // e(aP,Q) e(-P,aQ) = 1
		switch rng.Intn(4) {
		case 0:
			in = in[:384]
		case 1:
			in = nil
		}
		return "bls pairing", at(0x0f), spoil(in), 150_000
	case 17:
		return "bls map Fp to G1", at(0x10), spoil(fpElem(rng)), 10_000
	default:
		return "bls map Fp2 to G2", at(0x11), spoil(cat(fpElem(rng), fpElem(rng))), 40_000
	}
}
