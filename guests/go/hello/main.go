// Command hello is the shortest run of the Go runtime.
package main

import "fmt"

func main() {
	fmt.Println("hello from a guest")
}
