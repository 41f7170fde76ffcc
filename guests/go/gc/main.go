// Command gc allocates, keeps little, and collects the rest.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

type node struct {
	left, right *node
	payload     []byte
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{payload: make([]byte, 100)}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1), payload: make([]byte, depth*10)}
}

func (n *node) count() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count() + len(n.payload)%7
}

func main() {
	debug.SetGCPercent(20)
	kept := map[string]*node{}
	sum := 0
	for round := range 12 {
		t := tree(8)
		sum += t.count()
		if round%3 == 0 {
			kept[strings.Repeat("k", round+1)] = t
		}
		big := make([]byte, 300_000+round*4096)
		big[round] = 1
		sum += int(big[round])
	}
	finalized := make(chan bool, 1)
	func() {
		lost := &node{payload: make([]byte, 64)}
		runtime.SetFinalizer(lost, func(*node) { finalized <- true })
	}()
	runtime.GC()
	runtime.Gosched()
	runtime.GC()
	<-finalized
	debug.FreeOSMemory()
	for key, t := range kept {
		sum += len(key) * t.count()
	}
	fmt.Println("gc", sum)
}
