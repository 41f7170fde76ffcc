// Command oracle serves the pre-images of the guests on the descriptors 3 to 6 of a pre-image server:
// those of the Go guests, with the argument provable those of them that the zkVM proves, or with the argument sum those of
// preimage-sum.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	preimage "github.com/ethereum-optimism/optimism/op-preimage"

	"tribunal/conformance/oracle"
)

func main() {
	hints := preimage.NewHintReader(preimage.NewReadWritePair(os.NewFile(3, "hints"), os.NewFile(4, "acknowledgements")))
	requests := preimage.NewOracleServer(preimage.NewReadWritePair(os.NewFile(5, "keys"), os.NewFile(6, "preimages")))
	preimages := oracle.Preimages()
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "sum":
			preimages = oracle.Sum()
		case "provable":
			preimages = oracle.Provable()
		}
	}

	done := make(chan error, 2)
	go func() {
		done <- serve(func() error { return hints.NextHint(func(string) error { return nil }) })
	}()
	go func() {
		done <- serve(func() error {
			return requests.NextPreimageRequest(func(key [32]byte) ([]byte, error) {
				value, ok := preimages[key]
				if !ok {
					return nil, fmt.Errorf("there is no %x", key)
				}
				return value, nil
			})
		})
	}()
	// The client is gone when either channel ends.
	if err := <-done; err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(next func() error) error {
	for {
		if err := next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
