// Command exitcode exits with a code that does not fit a byte: 0x1c8 is seen as 0xc8.
package main

import "os"

func main() {
	os.Exit(0x1c8)
}
