// Command descriptors uses every file descriptor in every way but the oracle's, and the calls that have no effect.
package main

import (
	"fmt"
	"os"

	"tribunal/guests/sys"
)

// quiet are calls that return 0 for any arguments.
var quiet = []uintptr{
	5003, 5004, 5005, 5008, 5010, 5011, 5013, 5014, 5015, 5016, 5026, 5027, 5036, 5038, 5061, 5087, 5095, 5100, 5102,
	5129, 5196, 5208, 5216, 5217, 5220, 5225, 5247, 5257, 5272, 5285, 5287, 5297,
}

func main() {
	d := sys.NewDigest()
	buffer := sys.Aligned(32)
	copy(buffer, "some text for a descriptor")
	for _, fd := range []uintptr{0, 3, 7, 8, 99, 100, 101, 1 << 32, ^uintptr(0)} {
		for _, length := range []uintptr{0, 1, 7, 8, 9, 1000} {
			d.Result(sys.Call(sys.Read, fd, sys.Address(buffer)+length%8, length))
			d.Result(sys.Call(sys.Write, fd, sys.Address(buffer)+length%8, length))
			d.Bytes(buffer)
		}
	}
	for fd := range uintptr(9) {
		for command := range uintptr(6) {
			d.Result(sys.Call(sys.Fcntl, fd, command, 0))
		}
	}
	d.Result(sys.Call(sys.Fcntl, 100, 1))
	d.Result(sys.Call(sys.Fcntl, 100, 3))
	for _, flags := range []uintptr{0, 1, 0x80, 0x81, 0x7f, 0x800, 0x80080} {
		d.Result(sys.Call(sys.Eventfd2, 3, flags))
	}
	d.Result(sys.Call(sys.Open, sys.Address(buffer), 0, 0))
	for _, number := range quiet {
		d.Result(sys.Call(number, 0, 1, 2, 3, 4, 5))
	}
	for _, length := range []uintptr{0, 1, 5, 26} {
		d.Result(sys.Call(sys.Write, 1, sys.Address(buffer), length))
		d.Result(sys.Call(sys.Write, 2, sys.Address(buffer)+1, length))
	}
	if _, err := os.Open("/etc/hostname"); err == nil {
		fmt.Println("a file was opened")
	}
	n, err := os.Stdin.Read(buffer)
	fmt.Printf("\ndescriptors %016x %d %v\n", uint64(d), n, err)
}
