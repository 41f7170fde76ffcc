//go:build !v4

package build

// variant is where the programs of this Cannon go.
const variant = "bin"

// flags choose the version of Cannon.
var flags []string
