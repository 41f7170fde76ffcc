// Command futex makes threads wait for each other, through the runtime and by raw calls, right and wrong.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"tribunal/guests/sys"
)

const (
	waitPrivate = 128
	wakePrivate = 129
)

func futex(word *uint32, offset, op, value uintptr) sys.Result {
	return sys.Call(sys.Futex, uintptr(unsafe.Pointer(word))+offset, op, value, 0)
}

// raw makes calls that never block.
func raw(d *sys.Digest) {
	words := [2]uint32{7, 9}
	for offset := range uintptr(4) {
		d.Result(futex(&words[0], offset, waitPrivate, 8)) // another value: EAGAIN
		d.Result(futex(&words[1], offset, waitPrivate, 7))
		d.Result(futex(&words[0], offset, wakePrivate, 1))
	}
	d.Result(futex(&words[0], 0, waitPrivate, 1<<32|8))
	for _, op := range []uintptr{0, 1, 2, 127, 130, 256 | waitPrivate} {
		d.Result(futex(&words[0], 0, op, 7)) // EINVAL
	}
}

// turns hands a word back and forth between two threads by raw futex calls.
func turns(rounds uint32) uint32 {
	var word uint32
	var group sync.WaitGroup
	for side := range uint32(2) {
		group.Go(func() {
			runtime.LockOSThread()
			for {
				now := atomic.LoadUint32(&word)
				if now >= rounds {
					return
				}
				if now%2 != side {
					futex(&word, 0, waitPrivate, uintptr(now))
					continue
				}
				atomic.AddUint32(&word, 1)
				futex(&word, 0, wakePrivate, 1)
			}
		})
	}
	group.Wait()
	return word
}

// queue is a bounded queue on condition variables.
type queue struct {
	sync.Mutex
	full, empty sync.Cond
	items       []int
}

func exchange(threads, items int) (sum int) {
	q := new(queue)
	q.full.L, q.empty.L = q, q
	var producers, consumers sync.WaitGroup
	var total atomic.Int64
	for range threads {
		producers.Go(func() {
			runtime.LockOSThread()
			for item := range items {
				q.Lock()
				for len(q.items) == 3 {
					q.full.Wait()
				}
				q.items = append(q.items, item)
				q.empty.Signal()
				q.Unlock()
			}
		})
		consumers.Go(func() {
			runtime.LockOSThread()
			for range items {
				q.Lock()
				for len(q.items) == 0 {
					q.empty.Wait()
				}
				total.Add(int64(q.items[0]))
				q.items = q.items[1:]
				q.full.Broadcast()
				q.Unlock()
			}
		})
	}
	producers.Wait()
	consumers.Wait()
	return int(total.Load())
}

func main() {
	runtime.GOMAXPROCS(3)
	d := sys.NewDigest()
	raw(&d)
	fmt.Println("futex", turns(400), exchange(3, 120), d)
}
