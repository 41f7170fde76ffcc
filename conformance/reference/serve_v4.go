//go:build v4

package reference

import "github.com/ethereum-optimism/optimism/cannon/cmd"

// Serve starts a pre-image server as Cannon's program does. Without a command there are no pre-images.
func Serve(command []string) (Oracle, error) {
	if len(command) == 0 {
		command = []string{""}
	}
	oracle, err := cmd.NewProcessPreimageOracle(command[0], command[1:], quiet, quiet)
	if err != nil {
		return nil, err
	}
	return oracle, oracle.Start()
}
