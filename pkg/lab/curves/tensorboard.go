package curves

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"google.golang.org/protobuf/encoding/protowire"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// TensorBoard writes a folder for each run into folder, called as the run is, with
// its curves in a file that TensorBoard reads: loss/train, loss/dev, accuracy/train,
// accuracy/dev, objective/train, lr/train and gradnorm/train. Written again, a run
// replaces its file. It returns the files.
func TensorBoard(folder string, runs ...*lab.Result) (files []string, err error) {
	for i, name := range folderNames(runs) {
		r := runs[i]
		all, err := events(r)
		if err != nil {
			return files, err
		}
		dir := filepath.Join(folder, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return files, err
		}
		path := filepath.Join(dir, fmt.Sprintf("events.out.tfevents.%d.inkling-%s", r.Started.Unix(), r.ID()))
		if err := atomicfile.Write(path, func(w io.Writer) error { return eventFile(w, r, all) }); err != nil {
			return files, err
		}
		files = append(files, path)
	}
	return files, nil
}

// folderNames are names for runs that a file system takes, no two of them the same.
func folderNames(runs []*lab.Result) []string {
	names, seen := lab.Labels(runs), map[string]int{}
	for i, name := range names {
		name = strings.Map(func(c rune) rune {
			if strings.ContainsRune(`/\:*?"<>|`, c) || !unicode.IsPrint(c) {
				return '-'
			}
			return c
		}, strings.TrimSuffix(name, ", older code")) // which it may be from one day to the next
		if name = strings.Trim(name, " ."); len(name) > 120 || name == "" {
			name = runs[i].ID()
		}
		names[i] = name
		seen[strings.ToLower(name)]++
	}
	for i, name := range names {
		if seen[strings.ToLower(name)] > 1 {
			names[i] += " " + runs[i].ID()
		}
	}
	return names
}

// eventFile writes records: the length of an event (8 bytes, little-endian), its
// checksum, the event, its checksum. An event is a message of protobuf:
//
//	Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
//	Summary { repeated Value value = 1; }
//	Value   { string tag = 1; float simple_value = 2; }
//
// Source: tensorflow/core/util/event.proto, framework/summary.proto, lib/io/record_writer.h
func eventFile(w io.Writer, r *lab.Result, all lab.History) error {
	start := float64(r.Started.Unix())
	version := protowire.AppendTag(event(start, 0), 3, protowire.BytesType)
	if err := record(w, protowire.AppendString(version, "brain.Event:2")); err != nil {
		return err
	}
	for _, e := range all {
		var summary []byte
		for _, v := range scalars(e) {
			value := protowire.AppendTag(nil, 1, protowire.BytesType)
			value = protowire.AppendString(value, v.tag)
			value = protowire.AppendTag(value, 2, protowire.Fixed32Type)
			value = protowire.AppendFixed32(value, math.Float32bits(float32(v.value)))
			summary = protowire.AppendTag(summary, 1, protowire.BytesType)
			summary = protowire.AppendBytes(summary, value)
		}
		if summary == nil {
			continue
		}
		b := protowire.AppendTag(event(start+e.Seconds, e.Step), 5, protowire.BytesType)
		if err := record(w, protowire.AppendBytes(b, summary)); err != nil {
			return err
		}
	}
	return nil
}

type scalar struct {
	tag   string
	value float64
}

func scalars(e train.Event) []scalar {
	switch e.Kind {
	case train.Train:
		return []scalar{
			{"loss/train", e.Loss}, {"accuracy/train", e.Score}, {"objective/train", e.Objective}, {"lr/train", e.LR}, {"gradnorm/train", e.GradNorm},
		}
	case train.Dev:
		return []scalar{{"loss/dev", e.Loss}, {"accuracy/dev", e.Score}}
	}
	return nil
}

// event is the beginning of an event.
func event(seconds float64, step int) []byte {
	b := protowire.AppendTag(nil, 1, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(seconds))
	if step == 0 { // what is 0 is not written
		return b
	}
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(step))
}

func record(w io.Writer, data []byte) error {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, data...)
	_, err := w.Write(binary.LittleEndian.AppendUint32(b, masked(data)))
	return err
}

// masked is the checksum of b: its CRC-32C, turned and shifted, since what is
// checked may hold checksums.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}
