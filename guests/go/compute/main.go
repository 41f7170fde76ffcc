// Command compute does arithmetic of all widths, hashes, divides big integers, sorts, and uses soft floating point.
package main

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"tribunal/guests/sys"
)

// next is a small generator of numbers with awkward ones among them.
func next(seed *uint64) uint64 {
	*seed = *seed*6364136223846793005 + 1442695040888963407
	switch x := *seed >> 33; x % 8 {
	case 0:
		return 0x8000000000000000
	case 1:
		return math.MaxUint64
	case 2:
		return 0xffffffff80000000
	case 3:
		return x & 0xff
	default:
		return *seed ^ x
	}
}

func integers(d *sys.Digest) {
	seed := uint64(1)
	for range 4000 {
		a, b := next(&seed), next(&seed)
		d.Word(a + b)
		d.Word(a * b)
		d.Word(uint64(int32(a) * int32(b)))
		hi, lo := bits.Mul64(a, b)
		d.Word(hi)
		d.Word(lo)
		if b != 0 {
			d.Word(a / b)
			d.Word(a % b)
			d.Word(uint64(int64(a) / int64(b)))
			d.Word(uint64(int64(a) % int64(b)))
		}
		if uint32(b) != 0 {
			d.Word(uint64(uint32(a) / uint32(b)))
			d.Word(uint64(int32(a) / int32(b)))
			d.Word(uint64(int32(a) % int32(b)))
		}
		s := b % 64
		d.Word(a << s)
		d.Word(a >> s)
		d.Word(uint64(int64(a) >> s))
		d.Word(uint64(uint32(a) << (s % 32)))
		d.Word(uint64(int32(a) >> (s % 32)))
		d.Word(uint64(bits.LeadingZeros64(a)))
		d.Word(uint64(bits.LeadingZeros32(uint32(a))))
		d.Word(uint64(bits.TrailingZeros64(b)))
		d.Word(uint64(bits.OnesCount64(a ^ b)))
		d.Word(uint64(int8(a)) + uint64(int16(b)) + uint64(uint8(b)) + uint64(uint16(a)))
		if int64(a) < int64(b) {
			d.Word(1)
		}
		if uint32(a) <= uint32(b) {
			d.Word(2)
		}
	}
}

func floats(d *sys.Digest) {
	x := 1.0
	for i := range 400 {
		x = math.Sqrt(x*1.7+float64(i)) + math.Sin(x)/3
		d.Word(math.Float64bits(x))
		d.Word(uint64(math.Float32bits(float32(x) * 0.1)))
		d.Bytes([]byte(strconv.FormatFloat(x, 'g', -1, 64)))
	}
}

func hashes(d *sys.Digest) {
	data := make([]byte, 1000)
	for i := range data {
		data[i] = byte(i * i)
	}
	for i := range 40 {
		a := sha256.Sum256(data[i:])
		b := sha512.Sum512(a[:])
		d.Bytes(b[:])
		d.Word(uint64(crc32.ChecksumIEEE(data[:900-i])))
		binary.LittleEndian.PutUint64(data[i:], uint64(*d))
	}
}

func bigIntegers(d *sys.Digest) {
	p, _ := new(big.Int).SetString("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47", 16)
	x := big.NewInt(3)
	for range 12 {
		x.Exp(x, big.NewInt(65537), p)
		x.ModInverse(x, p)
		d.Bytes(x.Bytes())
	}
	f := big.NewInt(1)
	for i := int64(1); i < 300; i++ {
		f.Mul(f, big.NewInt(i))
	}
	d.Bytes([]byte(f.String()))
}

func texts(d *sys.Digest) {
	var words []string
	counts := map[string]int{}
	for i := range 3000 {
		word := strings.Repeat(strconv.Itoa(i*7919%1009), 1+i%3)
		words = append(words, word)
		counts[word]++
	}
	slices.Sort(words)
	for _, word := range words {
		d.Bytes([]byte(word))
		d.Word(uint64(counts[word]))
	}
}

func main() {
	d := sys.NewDigest()
	for _, part := range []func(*sys.Digest){integers, floats, hashes, bigIntegers, texts} {
		part(&d)
	}
	fmt.Printf("compute %016x\n", uint64(d))
}
