package randprog

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// SymbolELF is an ELF file of no code and a symbol at each address, in this order. Each has a name of its own.
func SymbolELF(addresses []uint64) []byte {
	const headerSize, sectionSize = 64, 64
	names := []byte{0}
	symbols := []elf.Sym64{{}}
	for i, address := range addresses {
		symbols = append(symbols, elf.Sym64{Name: uint32(len(names)), Value: address, Size: uint64(i % 5)})
		names = append(fmt.Appendf(names, "symbol%d", i), 0)
	}
	symbolBytes := uint64(len(symbols) * elf.Sym64Size)
	sections := []elf.Section64{
		{},
		{Type: uint32(elf.SHT_SYMTAB), Off: headerSize, Size: symbolBytes, Link: 2, Info: 1, Entsize: elf.Sym64Size},
		{Type: uint32(elf.SHT_STRTAB), Off: headerSize + symbolBytes, Size: uint64(len(names))},
	}
	header := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2MSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_MIPS), Version: uint32(elf.EV_CURRENT),
		Shoff: headerSize + symbolBytes + uint64(len(names)), Ehsize: headerSize, Phentsize: 56,
		Shentsize: sectionSize, Shnum: uint16(len(sections)), Shstrndx: 2,
	}
	var out bytes.Buffer
	for _, part := range []any{header, symbols, names, sections} {
		// A buffer takes everything, and all parts have fixed sizes.
		_ = binary.Write(&out, binary.BigEndian, part)
	}
	return out.Bytes()
}

// Addresses are tables of addresses in many shapes, each with equal ones, which Go's unstable sort takes different ways
// for: by insertion, by partition, by heap.
func Addresses(seed uint64) map[string][]uint64 {
	r := rand.New(rand.NewPCG(seed, 0x73796d626f6c))
	out := map[string][]uint64{}
	for _, n := range []int{1, 12, 13, 49, 50, 51, 300, 4000} {
		for name, address := range map[string]func(i int) int{
			"few":       func(int) int { return r.IntN(5) },
			"many":      func(int) int { return r.IntN(n) },
			"ascending": func(i int) int { return i / 3 },
			"nearly": func(i int) int {
				if r.IntN(60) == 0 {
					return r.IntN(n)
				}
				return i / 2
			},
			"descending": func(i int) int {
				if (n-i)%10 == 0 {
					return n - i + 1
				}
				return n - i
			},
			"pipe": func(i int) int { return min(i, n-i) / 2 },
			"saw":  func(i int) int { return i % 17 },
			"one":  func(int) int { return 7 },
		} {
			table := make([]uint64, n)
			for i := range table {
				table[i] = uint64(address(i)) * 4
			}
			out[fmt.Sprintf("%s-%d", name, n)] = table
		}
		out[fmt.Sprintf("worst-%d", n)] = worst(n)
	}
	return out
}

// worst is a table that makes quicksort choose bad pivots, until it gives up and sorts as a heap: the addresses are
// decided while a sort compares them (M. D. McIlroy, "A Killer Adversary for Quicksort"). Two symbols share each address.
func worst(n int) []uint64 {
	const undecided = math.MaxUint64
	table, order := make([]uint64, n), make([]int, n)
	for i := range table {
		table[i], order[i] = undecided, i
	}
	next, candidate := uint64(0), 0
	decide := func(i int) { table[i] = next / 2 * 4; next++ }
	sort.Slice(order, func(i, j int) bool {
		a, b := order[i], order[j]
		if table[a] == undecided && table[b] == undecided {
			if a == candidate {
				decide(a)
			} else {
				decide(b)
			}
		}
		if table[a] == undecided {
			candidate = a
		} else if table[b] == undecided {
			candidate = b
		}
		return table[a] < table[b]
	})
	for i := range table {
		table[i] = min(table[i], 4*next)
	}
	return table
}
