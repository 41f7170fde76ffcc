// Command panics recovers from the panics of the Go runtime and dies of the last: exit code 2.
package main

import (
	"errors"
	"fmt"
)

var zero, index = 0, 9

func recovered(what string, f func()) {
	defer func() { fmt.Println(what+":", recover()) }()
	f()
}

func main() {
	recovered("division", func() { fmt.Println(1 / zero) })
	recovered("index", func() { fmt.Println([]int{1, 2, 3}[index]) })
	recovered("map", func() { var m map[string]int; m["a"] = 1 })
	recovered("type", func() { var v any = 1; fmt.Println(v.(string)) })
	recovered("closed channel", func() { c := make(chan int); close(c); close(c) })
	recovered("error", func() { panic(fmt.Errorf("wrapped: %w", errors.New("cause"))) })
	panic("the last one is not recovered")
}
