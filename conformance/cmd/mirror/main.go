// Command mirror is real Cannon with the command line of `tribunal vm`, --witness-at included. The reference compared
// with itself must show no difference, and with --plant STEP, one that the comparison must find.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/ethereum-optimism/optimism/cannon/cmd"
	"github.com/urfave/cli/v2"

	"tribunal/conformance/reference"
)

var (
	witnessAt   = &cli.GenericFlag{Name: "witness-at", Value: new(cmd.StepMatcherFlag)}
	witnessOut  = &cli.PathFlag{Name: "witness-out"}
	interpreter = &cli.BoolFlag{Name: "interpreter"}
	plant       = &cli.Uint64Flag{Name: "plant", EnvVars: []string{"MIRROR_PLANT"}, Usage: "step before which a register is spoiled"}
)

func run(ctx *cli.Context) (err error) {
	if !ctx.IsSet(witnessAt.Name) && !ctx.IsSet(plant.Name) {
		return cmd.Run(ctx)
	}
	arguments := ctx.Args().Slice()
	if i := slices.Index(arguments, "--"); i >= 0 {
		arguments = arguments[i+1:]
	}
	oracle, err := reference.Serve(arguments)
	if err != nil {
		return err
	}
	machine, err := reference.OpenSmall(ctx.Path("input"), oracle)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, machine.Close()) }()

	out := bufio.NewWriter(os.Stdout)
	if path := ctx.Path(witnessOut.Name); path != "" && path != "-" {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		out = bufio.NewWriter(file)
	}
	defer out.Flush()

	matcher := func(name string) cmd.StepMatcher { return ctx.Generic(name).(*cmd.StepMatcherFlag).Matcher() }
	stop, witness := matcher("stop-at"), matcher(witnessAt.Name)
	planted, spoiled := ctx.Uint64(plant.Name), ctx.IsSet(plant.Name)
	err = machine.Run(func() bool {
		if stop(machine.State) {
			return false
		}
		if spoiled && machine.State.Step == planted {
			machine.State.GetRegistersRef()[27] ^= 1
		}
		if witness(machine.State) {
			fmt.Fprintln(out, machine.Line())
		}
		return true
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, machine.Line())
	if path := ctx.Path("output"); path != "" {
		return machine.Save(path)
	}
	return nil
}

func main() {
	runCommand := cmd.CreateRunCommand(run)
	runCommand.Flags = append(runCommand.Flags, witnessAt, witnessOut, interpreter, plant)
	app := &cli.App{Commands: []*cli.Command{{
		Name:        "vm",
		Subcommands: []*cli.Command{cmd.LoadELFCommand, cmd.WitnessCommand, runCommand},
	}}}
	err := app.RunContext(context.Background(), os.Args)
	var panicked *reference.Panic
	if errors.As(err, &panicked) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
