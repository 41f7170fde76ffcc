// Package chain makes the two chains of a devnet: their genesis, the nodes that hold them, and what their users do.
package chain
