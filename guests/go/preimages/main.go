// Command preimages reads pre-images at every offset and length, to every alignment.
//
// Local pre-image 1 lists what there is: for each, its key and its length as a big-endian u64.
package main

import (
	"encoding/binary"
	"fmt"
	"os"

	"tribunal/guests/sys"
)

// request sends a key in pieces; the VM takes no more of a piece than is left of its word.
func request(key [32]byte, piece, alignment int) {
	buffer := sys.Aligned(64)
	copy(buffer[alignment:], key[:])
	for sent := 0; sent < len(key); {
		n := min(piece, len(key)-sent)
		r := sys.Call(sys.Write, sys.PreimageWrite, sys.Address(buffer)+uintptr(alignment+sent), uintptr(n))
		if r.Err != 0 || r.Value == 0 {
			fail("request", r)
		}
		sent += int(r.Value)
	}
}

// read reads up to length bytes to the given alignment and returns what came.
func read(buffer []byte, alignment, length int) []byte {
	r := sys.Call(sys.Read, sys.PreimageRead, sys.Address(buffer)+uintptr(alignment), uintptr(length))
	if r.Err != 0 || int(r.Value) > length {
		fail("read", r)
	}
	return buffer[alignment : alignment+int(r.Value)]
}

// whole reads a pre-image of a known length, with its length before it.
func whole(key [32]byte, length, piece, alignment int) []byte {
	request(key, piece, alignment)
	buffer := sys.Aligned(16)
	var out []byte
	for len(out) < 8+length {
		out = append(out, read(buffer, alignment, piece)...)
	}
	if got := binary.BigEndian.Uint64(out); got != uint64(length) {
		fail("length", sys.Result{Value: uintptr(got)})
	}
	return out[8:]
}

func fail(what string, r sys.Result) {
	fmt.Println("preimages:", what, "unexpected:", r)
	os.Exit(1)
}

func main() {
	d := sys.NewDigest()
	list := whole([32]byte{0: 1, 31: 1}, int(listLength()), 32, 0)
	for i := 0; len(list) > 0; i++ {
		key, length := [32]byte(list[:32]), int(binary.BigEndian.Uint64(list[32:]))
		list = list[40:]
		for alignment := i % 3; alignment < 8; alignment += 3 {
			d.Bytes(whole(key, length, 1+alignment*5, alignment))
		}
		// From the beginning, every length at every alignment, 0 too; what is around must stay.
		buffer := sys.Aligned(64)
		for alignment := range 8 {
			for wanted := 0; wanted < 41; wanted += 1 + i/8*3 {
				request(key, 32, 0)
				// A read at the end, even of nothing, is the end of the VM.
				for left, reads := 8+length, 0; left > 0 && reads < 2; reads++ {
					got := read(buffer, alignment, wanted)
					left -= len(got)
					d.Bytes(got)
					d.Bytes(buffer)
				}
			}
		}
	}
	fmt.Printf("preimages %016x\n", uint64(d))
}

// listLength reads only the length of the list.
func listLength() uint64 {
	request([32]byte{0: 1, 31: 1}, 3, 5)
	buffer := sys.Aligned(16)
	read(buffer, 0, 8)
	return binary.BigEndian.Uint64(buffer)
}
