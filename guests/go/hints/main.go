// Command hints sends hints whole, in pieces, several at once, empty and long.
package main

import (
	"encoding/binary"
	"fmt"
	"strings"

	"tribunal/guests/sys"
)

func encode(hints ...string) (out []byte) {
	for _, hint := range hints {
		out = binary.BigEndian.AppendUint32(out, uint32(len(hint)))
		out = append(out, hint...)
	}
	return out
}

// send writes in pieces, reading an acknowledgement after each, which the VM grants without one.
func send(d *sys.Digest, data []byte, piece int) {
	acknowledgement := sys.Aligned(8)
	for len(data) > 0 {
		n := min(piece, len(data))
		d.Result(sys.Call(sys.Write, sys.HintWrite, sys.Address(data), uintptr(n)))
		d.Result(sys.Call(sys.Read, sys.HintRead, sys.Address(acknowledgement), 1))
		data = data[n:]
	}
}

func main() {
	d := sys.NewDigest()
	long := "long " + strings.Repeat("0123456789abcdef", 600)
	for _, hint := range []string{"hint 0x01", "", "x", long} {
		for _, piece := range []int{1 << 20, 4, 5, 100, 4095, 4097} {
			send(&d, encode(hint), piece)
		}
	}
	for _, piece := range []int{1, 2, 3, 7, 11} {
		send(&d, encode("a 0x", "", "bb 0x0102", strings.Repeat("c", 50)), piece)
	}
	send(&d, encode("one", "two", long, "four"), 1<<20)
	// An unfinished hint stays in the state.
	send(&d, encode("never finished")[:9], 1<<20)
	fmt.Printf("hints %016x\n", uint64(d))
}
