// Command regions owns more than a terabyte, as the allocator of a fault-proof program may, and keeps a list and a table
// in 300 regions of 4 GiB.
package main

import (
	"fmt"
	"unsafe"

	"tribunal/guests/sys"
)

const (
	regions = 300
	region  = 1 << 32
	// slots is the number of words that are used of each region, on two pages.
	slots = 1024
	// rounds make the program long enough to be measured.
	rounds = 30
)

// heap is memory of the size of all regions.
type heap uintptr

// word is word number slot of a region. Its offset in the region depends on the region.
func (h heap) word(number, slot uint64) *uint64 {
	offset := number*region + number*0x0123_4000%(region/2) + slot*8
	return (*uint64)(unsafe.Pointer(uintptr(h) + uintptr(offset)))
}

// fill stores a word to every slot.
func (h heap) fill(seed uint64) {
	for number := range uint64(regions) {
		for slot := range uint64(slots) {
			seed = seed*6364136223846793005 + 1442695040888963407
			*h.word(number, slot) = seed
		}
	}
}

// chase goes from slot to slot, each of which names the next, and counts its visits.
func (h heap) chase(steps int) uint64 {
	at, sum := uint64(0), uint64(0)
	for range steps {
		word := h.word(at%regions, at>>32%slots)
		sum ^= *word
		*word += at | 1
		at = *word
	}
	return sum
}

// mix adds the bytes and halves of neighbours in memory, region by region.
func (h heap) mix(round uint64) uint64 {
	sum := round
	for number := range uint64(regions) {
		words := unsafe.Slice(h.word(number, 0), slots)
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(h.word(number, 0))), 8*slots)
		halves := unsafe.Slice((*uint32)(unsafe.Pointer(h.word(number, 0))), 2*slots)
		for slot := round % 64; slot+9 < slots; slot += 64 {
			words[slot] += words[slot+8]>>1 ^ uint64(halves[2*slot+5])
			bytes[8*slot+3] ^= byte(sum)
			sum += words[slot] + uint64(bytes[8*slot+9])
		}
	}
	return sum
}

func main() {
	reserved := sys.Call(sys.Mmap, 0, regions*region, 3, 0x22, ^uintptr(0), 0)
	if reserved.Err != 0 {
		panic(reserved.Err)
	}
	h := heap(reserved.Value)
	d := sys.NewDigest()
	h.fill(1)
	for round := range uint64(rounds) {
		d.Word(h.chase(20_000))
		d.Word(h.mix(round))
	}
	fmt.Printf("regions %016x\n", uint64(d))
}
