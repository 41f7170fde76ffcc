package chain

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"
	"math/rand"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/ethereum/go-ethereum/common"
)

func bnG1(k *big.Int) []byte {
	var p bn254.G1Affine
	p.ScalarMultiplicationBase(k)
	x, y := p.X.Bytes(), p.Y.Bytes()
	return cat(x[:], y[:])
}

func bnG2(k *big.Int) []byte {
	var p bn254.G2Affine
	p.ScalarMultiplicationBase(k)
	x0, x1, y0, y1 := p.X.A0.Bytes(), p.X.A1.Bytes(), p.Y.A0.Bytes(), p.Y.A1.Bytes()
	return cat(x1[:], x0[:], y1[:], y0[:])
}

func fpElem(rng *rand.Rand) []byte {
	var e fp.Element
	e.SetBytes(randBytes(rng, 48))
	b := e.Bytes()
	return common.LeftPadBytes(b[:], 64)
}

func encFp(e *fp.Element) []byte {
	b := e.Bytes()
	return common.LeftPadBytes(b[:], 64)
}

func encG1(p *bls12381.G1Affine) []byte { return cat(encFp(&p.X), encFp(&p.Y)) }

func encG2(p *bls12381.G2Affine) []byte {
	return cat(encFp(&p.X.A0), encFp(&p.X.A1), encFp(&p.Y.A0), encFp(&p.Y.A1))
}

func g1(rng *rand.Rand) []byte {
	_, _, p, _ := bls12381.Generators()
	var out bls12381.G1Affine
	out.ScalarMultiplication(&p, big.NewInt(rng.Int63()))
	return encG1(&out)
}

func g2(rng *rand.Rand) []byte {
	_, _, _, q := bls12381.Generators()
	var out bls12381.G2Affine
	out.ScalarMultiplication(&q, big.NewInt(rng.Int63()))
	return encG2(&out)
}

// p256Key and p256Sign are deterministic in the rng, which the standard library's are not.
func p256Key(rng *rand.Rand) *ecdsa.PrivateKey {
	c := elliptic.P256()
	d := new(big.Int).SetBytes(randBytes(rng, 31))
	k := &ecdsa.PrivateKey{D: d}
	k.Curve = c
	k.X, k.Y = c.ScalarBaseMult(d.Bytes())
	return k
}

func p256Sign(rng *rand.Rand, k *ecdsa.PrivateKey, hash []byte) (r, s *big.Int) {
	n := k.Curve.Params().N
	e := new(big.Int).SetBytes(randBytes(rng, 31))
	r, _ = k.Curve.ScalarBaseMult(e.Bytes())
	r.Mod(r, n)
	s = new(big.Int).Mul(r, k.D)
	s.Add(s, new(big.Int).SetBytes(hash))
	s.Mul(s, new(big.Int).ModInverse(e, n))
	s.Mod(s, n)
	return r, s
}
