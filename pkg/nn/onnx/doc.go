// Package onnx writes a network as an ONNX file, and reads one.
//
// [Save] writes what every runtime of the last years takes: operator set 13, IR
// version 7, the size of the batch left free, the weights in the file. Layers say
// themselves in operators ([nn.Symbolic]); dropout is gone, the rest computes what
// the model computes at evaluation.
//
// [Load] reads feed-forward networks as the exporters of PyTorch, Keras and
// scikit-learn write them. It walks through the nodes once, follows where each
// value of an activation lies in memory (so that a transposition costs nothing and
// a Linear behind one gets its weights in our order), and makes layers of what is
// left. What it cannot make is an error that names the node.
//
// The format is a protobuf message (onnx.proto of the ONNX project, whose field
// numbers are in wire.go); its bytes are written and read with protowire, without
// generated code.
package onnx
