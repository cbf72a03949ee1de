// Package onnx writes a network as an ONNX file, and reads one.
//
// [Save] writes what every runtime of the last years takes: operator set 13, IR
// version 7, the size of the batch left free, the weights in the file. Layers say
// themselves in operators ([nn.Symbolic]); dropout is gone, the rest computes what
// the model computes at evaluation.
//
// The format is a protobuf message (onnx.proto of the ONNX project, whose field
// numbers are in wire.go); its bytes are written and read with protowire, without
// generated code.
package onnx
