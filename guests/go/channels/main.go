// Command channels passes numbers through goroutines that share one thread.
package main

import (
	"context"
	"fmt"
	"sync"
)

func sieve(limit int) (sum int) {
	source := make(chan int)
	go func() {
		for i := 2; ; i++ {
			source <- i
		}
	}()
	for {
		prime := <-source
		if prime > limit {
			return sum
		}
		sum += prime
		filtered := make(chan int)
		go func(in <-chan int, out chan<- int) {
			for i := range in {
				if i%prime != 0 {
					out <- i
				}
			}
		}(source, filtered)
		source = filtered
	}
}

func workers(count, jobs int) (sum int) {
	queue, results := make(chan int, 4), make(chan int)
	var group sync.WaitGroup
	for range count {
		group.Go(func() {
			for job := range queue {
				results <- job * job
			}
		})
	}
	go func() {
		for job := range jobs {
			queue <- job
		}
		close(queue)
		group.Wait()
		close(results)
	}()
	for result := range results {
		sum += result
	}
	return sum
}

func selects() (left, right int) {
	ctx, cancel := context.WithCancel(context.Background())
	a, b := make(chan int), make(chan int)
	for _, out := range []chan int{a, b} {
		go func() {
			for i := 0; ; i++ {
				select {
				case out <- i:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	for range 500 {
		select {
		case x := <-a:
			left += x
		case x := <-b:
			right += x
		}
	}
	cancel()
	return left, right
}

func main() {
	left, right := selects()
	fmt.Println("channels", sieve(200), workers(7, 500), left, right)
}
