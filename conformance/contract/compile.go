// Package contract checks proofs of single steps with MIPS64, the contract that settles disputes on chain.
package contract

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"tribunal/conformance/build"
)

// ErrNoCompiler means that the contract's compiler is not available.
var ErrNoCompiler = errors.New("the contract's compiler needs Node")

// compiler is the version that the contract requires, as published for Node.
const compiler = "solc@0.8.15"

// entry is the contract's file, in the module's folder of contracts.
const entry = "src/cannon/MIPS64.sol"

// missing are files that the module lacks. The contract needs their types to compile, and does not use them.
var missing = map[string]string{
	"@lib-keccak/LibKeccak.sol": "pragma solidity ^0.8.0; library LibKeccak { struct StateMatrix { uint64[25] state; } }",
}

var imported = regexp.MustCompile(`(?s)import\s[^;]*"([^"]+)"\s*;`)

type source struct {
	Content string `json:"content"`
}

// creationCode compiles the contract of the reference's version once, and returns its creation code.
func creationCode(ctx context.Context) ([]byte, error) {
	kept := filepath.Join(build.Folder(), build.Variant, "MIPS64.hex")
	if text, err := os.ReadFile(kept); err == nil {
		return hex.DecodeString(string(text))
	}
	npx, err := exec.LookPath("npx")
	if err != nil {
		return nil, ErrNoCompiler
	}
	module, err := build.Optimism(ctx)
	if err != nil {
		return nil, err
	}
	sources := map[string]source{}
	if err := collect(filepath.Join(module, "packages", "contracts-bedrock"), entry, sources); err != nil {
		return nil, err
	}
	input, err := json.Marshal(map[string]any{
		"language": "Solidity",
		"sources":  sources,
		"settings": map[string]any{
			"optimizer":       map[string]any{"enabled": true, "runs": 999999},
			"metadata":        map[string]any{"bytecodeHash": "none"},
			"outputSelection": map[string]any{entry: map[string]any{"MIPS64": []string{"evm.bytecode.object"}}},
		},
	})
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, npx, "--yes", "--package", compiler, "solcjs", "--standard-json")
	// From a file: this compiler fails on a pipe that is still empty.
	file, err := os.CreateTemp("", "MIPS64")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if _, err := file.WriteAt(input, 0); err != nil {
		return nil, err
	}
	command.Stdin = file
	var messages strings.Builder
	command.Stderr = &messages
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w and its registry: %w\n%s", ErrNoCompiler, err, messages.String())
	}
	text, err := object(output)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(kept, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return hex.DecodeString(text)
}

// collect reads a file and all that it imports.
func collect(folder, name string, into map[string]source) error {
	if _, known := into[name]; known {
		return nil
	}
	content, absent := missing[name]
	if !absent {
		bytes, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		content = string(bytes)
	}
	into[name] = source{content}
	for _, match := range imported.FindAllStringSubmatch(content, -1) {
		if err := collect(folder, match[1], into); err != nil {
			return err
		}
	}
	return nil
}

// object is the bytecode in the compiler's output, which may begin with a message.
func object(output []byte) (string, error) {
	start := bytes.IndexByte(output, '{')
	if start < 0 {
		return "", fmt.Errorf("the compiler says %q", output)
	}
	var compiled struct {
		Errors []struct {
			Severity, FormattedMessage string
		}
		Contracts map[string]map[string]struct {
			EVM struct{ Bytecode struct{ Object string } }
		}
	}
	if err := json.Unmarshal(output[start:], &compiled); err != nil {
		return "", err
	}
	for _, message := range compiled.Errors {
		if message.Severity == "error" {
			return "", errors.New(message.FormattedMessage)
		}
	}
	text := compiled.Contracts[entry]["MIPS64"].EVM.Bytecode.Object
	if text == "" {
		return "", errors.New("the compiler made no bytecode")
	}
	return text, nil
}
