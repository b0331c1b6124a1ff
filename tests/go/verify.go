// Checks two exports of one log with golang.org/x/mod/sumdb, which knows nothing of the program that wrote them:
// both signatures, the newer tree's root from its entries and from its tiles, that the newer log begins with the
// older one, and that an entry stands at its place.
//
//	go run verify.go OLDER_DIR NEWER_DIR INDEX
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type export string

func (dir export) read(path string) []byte { return must(os.ReadFile(filepath.Join(string(dir), path))) }

// tree is what the signed checkpoint says.
func (dir export) tree() tlog.Tree {
	verifier := must(note.NewVerifier(strings.TrimSpace(string(dir.read("key")))))
	signed := must(note.Open(dir.read("checkpoint"), note.VerifierList(verifier)))
	lines := strings.Split(signed.Text, "\n")
	check(lines[0] == verifier.Name(), "the origin is not the key's name")
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
}

func (dir export) Height() int { return 8 }

// ReadTiles reads tiles where C2SP has them: Go puts the height into the path.
func (dir export) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		data = append(data, dir.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return data, nil
}

func (dir export) SaveTiles([]tlog.Tile, [][]byte) {}

// entries are the leaves, each behind its length in two bytes.
func (dir export) entries(size int64) (entries [][]byte) {
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: 8, L: 0, N: n, W: int(min(256, size-n*256))}
		bundle := dir.read(strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1))
		for len(bundle) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			entries, bundle = append(entries, bundle[2:end]), bundle[end:]
		}
	}
	return entries
}

func main() {
	older, newer, index := export(os.Args[1]), export(os.Args[2]), must(strconv.ParseInt(os.Args[3], 10, 64))
	before, now, entries := older.tree(), newer.tree(), newer.entries(newer.tree().N)
	check(int64(len(entries)) == now.N, "not as many entries as the checkpoint counts")
	var stored []tlog.Hash
	fromEntries := tlog.HashReaderFunc(func(places []int64) (hashes []tlog.Hash, err error) {
		for _, place := range places {
			hashes = append(hashes, stored[place])
		}
		return hashes, nil
	})
	for n, entry := range entries {
		stored = append(stored, must(tlog.StoredHashes(int64(n), entry, fromEntries))...)
	}
	check(must(tlog.TreeHash(now.N, fromEntries)) == now.Hash, "the entries have another root")
	fromTiles := tlog.TileHashReader(now, newer)
	check(must(tlog.TreeHash(now.N, fromTiles)) == now.Hash, "the tiles have another root")
	grown := must(tlog.ProveTree(now.N, before.N, fromTiles))
	none(tlog.CheckTree(grown, now.N, now.Hash, before.N, before.Hash))
	proof := must(tlog.ProveRecord(now.N, index, fromTiles))
	none(tlog.CheckRecord(proof, now.N, now.Hash, index, tlog.RecordHash(entries[index])))
	fmt.Printf("go agrees: %d entries, grown from %d, entry %d included, root %v\n", now.N, before.N, index, now.Hash)
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func must[T any](value T, err error) T {
	none(err)
	return value
}

func none(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func check(holds bool, what string) {
	if !holds {
		log.Fatal(what)
	}
}
