package upgrades

import (
	"bytes"
	"compress/zlib"
	"os"
	"path/filepath"
	"testing"
)

func TestRepositoryHasTheGeneratedTables(t *testing.T) {
	files, err := Generate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	differences, err := files.Differences(Pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range differences {
		t.Error(difference)
	}
	if t.Failed() {
		t.Log("to write the files again: cd conformance/generate && go run .")
	}
}

// An update of the compressor alone must not change the guest.
func TestAStreamThatHoldsTheTableIsKept(t *testing.T) {
	path, table := filepath.Join(t.TempDir(), "table.zz"), []byte("one table")
	var stored bytes.Buffer
	writer, err := zlib.NewWriterLevel(&stored, zlib.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	writer.Write(table)
	writer.Close()
	for _, existing := range []struct {
		content []byte
		kept    bool
	}{
		{stored.Bytes(), true},
		{append(bytes.Clone(stored.Bytes()), 0), false},
		{stored.Bytes()[1:], false},
	} {
		if err := os.WriteFile(path, existing.content, 0o644); err != nil {
			t.Fatal(err)
		}
		compressed, err := compress(path, table)
		if err != nil {
			t.Fatal(err)
		}
		if kept := bytes.Equal(compressed, existing.content); kept != existing.kept {
			t.Errorf("%x: kept is %t", existing.content, kept)
		}
		if content, err := inflate(compressed); err != nil || !bytes.Equal(content, table) {
			t.Errorf("%x: inflates to %q, %v", existing.content, content, err)
		}
	}
}
