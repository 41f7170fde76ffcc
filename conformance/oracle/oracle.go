// Package oracle has the pre-images that the Go guests read, of every type.
package oracle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	preimage "github.com/ethereum-optimism/optimism/op-preimage"
	"github.com/ethereum/go-ethereum/crypto"
)

// List is the local key of the list of all other keys and their lengths.
const List = preimage.LocalIndexKey(1)

// sizes are lengths around those of words, which the VM reads, and of pages, which proofs have.
var sizes = []int{0, 1, 7, 8, 9, 16, 31, 32, 33, 200, 4100}

// Preimages are all pre-images, the list included.
func Preimages() map[[32]byte][]byte { return preimages(true) }

// Provable are those of the types that the zkVM proves, and a list of them.
func Provable() map[[32]byte][]byte { return preimages(false) }

func preimages(all bool) map[[32]byte][]byte {
	out := map[[32]byte][]byte{}
	var list []byte
	add := func(key [32]byte, value []byte) {
		out[key] = value
		list = append(list, key[:]...)
		list = binary.BigEndian.AppendUint64(list, uint64(len(value)))
	}
	for i, size := range sizes {
		value := content(byte(i), size)
		add(preimage.LocalIndexKey(100+i).PreimageKey(), value)
		add(preimage.Keccak256Key(crypto.Keccak256Hash(value)).PreimageKey(), value)
		add(preimage.Sha256Key(sha256.Sum256(value)).PreimageKey(), value)
	}
	if !all {
		out[List.PreimageKey()] = list
		return out
	}
	element := content(50, 32)
	element[0] = 0x12 // below the field's modulus
	add(preimage.BlobKey(crypto.Keccak256Hash(content(51, 80))).PreimageKey(), element)
	add(preimage.PrecompileKey(crypto.Keccak256Hash(content(52, 60))).PreimageKey(), append([]byte{1}, content(53, 64)...))
	add(preimage.PrecompileKey(crypto.Keccak256Hash(content(54, 60))).PreimageKey(), []byte{0})
	out[List.PreimageKey()] = list
	return out
}

// Sum are the pre-images of the Rust guest preimage-sum: a hash, the sum of the hashed bytes, and these bytes.
func Sum() map[[32]byte][]byte {
	value := content(60, 3000)
	hash := crypto.Keccak256Hash(value)
	sum := uint64(0)
	for _, b := range value {
		sum += uint64(b)
	}
	return map[[32]byte][]byte{
		preimage.LocalIndexKey(1).PreimageKey():   hash[:],
		preimage.LocalIndexKey(2).PreimageKey():   binary.BigEndian.AppendUint64(nil, sum),
		preimage.Keccak256Key(hash).PreimageKey(): value,
	}
}

// content is some bytes that depend on a seed, none of them zero.
func content(seed byte, size int) []byte {
	block := sha256.Sum256([]byte{seed})
	value := bytes.Repeat(block[:], size/len(block)+1)[:size]
	for i := range value {
		value[i] = (value[i] ^ byte(i)) | 1
	}
	return value
}
