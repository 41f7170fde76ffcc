// Command random asks for random bytes at every offset and of every length; the VM makes them from the step number.
package main

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"

	"tribunal/guests/sys"
)

func main() {
	buffer := sys.Aligned(64)
	d := sys.NewDigest()
	for offset := range uintptr(16) {
		for length := range uintptr(20) {
			r := sys.Call(sys.Getrandom, sys.Address(buffer)+offset, length, offset%3)
			d.Result(r)
			d.Bytes(buffer)
		}
	}
	d.Result(sys.Call(sys.Getrandom, sys.Address(buffer), 1<<63))

	key := make([]byte, 137)
	if n, err := rand.Read(key); n != len(key) || err != nil {
		fmt.Println("crypto/rand failed:", n, err)
	}
	d.Bytes(key)
	d.Word(mathrand.Uint64())
	fmt.Printf("random %016x\n", uint64(d))
}
