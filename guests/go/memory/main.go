// Command memory asks for memory in all ways, reasonable and not, and uses pages far apart.
package main

import (
	"fmt"
	"unsafe"

	"tribunal/guests/sys"
)

const page = 4096

// touch writes to both ends of a range and reads what is between.
func touch(d *sys.Digest, address, size uintptr) {
	first := (*uint64)(unsafe.Pointer(address))
	last := (*byte)(unsafe.Pointer(address + size - 1))
	d.Word(*first)
	*first = uint64(address)
	*last ^= 0x5a
	d.Word(*first)
	d.Word(uint64(*last))
	d.Word(uint64(*(*uint32)(unsafe.Pointer(address + size/2&^3))))
}

func main() {
	d := sys.NewDigest()
	for _, size := range []uintptr{1, 8, page - 1, page, page + 1, 10 * page, 1 << 20, 1<<20 + 5} {
		r := sys.Call(sys.Mmap, 0, size, 3, 0x22, ^uintptr(0), 0)
		d.Result(r)
		touch(&d, r.Value, (size+7)&^7)
		d.Result(sys.Call(sys.Mprotect, r.Value, size, 1))
		d.Result(sys.Call(sys.Madvise, r.Value, size, 4))
		d.Result(sys.Call(sys.Munmap, r.Value, size))
		touch(&d, r.Value, (size+7)&^7)
	}
	// More than there is, and sizes that overflow.
	for _, size := range []uintptr{0, 1 << 46, 1 << 47, 1 << 63, ^uintptr(0), ^uintptr(0) - page, 0x500000000000} {
		d.Result(sys.Call(sys.Mmap, 0, size, 3, 0x22, ^uintptr(0), 0))
	}
	// Where the program says, anywhere.
	for _, address := range []uintptr{page, 12345, 1 << 44, 0x700000000000, 0xfffffffffffff000} {
		d.Result(sys.Call(sys.Mmap, address, 3*page+7, 3, 0x32, ^uintptr(0), 0))
	}
	for _, address := range []uintptr{0x123456789000, 0x7effffffe000, 0xffff000000000000, 0xffffffffffffe000} {
		touch(&d, address, page)
	}
	for _, address := range []uintptr{0, 1, 0x40000000, ^uintptr(0)} {
		d.Result(sys.Call(sys.Brk, address))
	}
	// Copies across page borders, at all alignments.
	r := sys.Call(sys.Mmap, 0, 4*page, 3, 0x22, ^uintptr(0), 0)
	area := unsafe.Slice((*byte)(unsafe.Pointer(r.Value)), 4*page)
	for i := range area {
		area[i] = byte(i * 7)
	}
	for offset := range 17 {
		copy(area[page-8+offset:], area[2*page-offset:2*page+40])
		d.Bytes(area[page-16 : page+64])
	}
	fmt.Printf("memory %016x\n", uint64(d))
}
