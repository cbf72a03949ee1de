package onnx

// Field numbers of onnx.proto.
const (
	modelIR        = 1
	modelProducer  = 2
	modelVersion   = 3 // of the producer
	modelDoc       = 6
	modelGraph     = 7
	modelOpset     = 8
	modelMeta      = 14
	modelFunctions = 25

	opsetDomain  = 1
	opsetVersion = 2

	entryKey   = 1
	entryValue = 2

	graphNode        = 1
	graphName        = 2
	graphInitializer = 5
	graphInput       = 11
	graphOutput      = 12
	graphSparse      = 15

	nodeInput     = 1
	nodeOutput    = 2
	nodeName      = 3
	nodeOp        = 4
	nodeAttribute = 5
	nodeDomain    = 7

	attrName   = 1
	attrFloat  = 2
	attrInt    = 3
	attrString = 4
	attrTensor = 5
	attrFloats = 7
	attrInts   = 8
	attrType   = 20

	tensorDims     = 1
	tensorType     = 2
	tensorFloats   = 4
	tensorInt32s   = 5
	tensorInt64s   = 7
	tensorName     = 8
	tensorRaw      = 9
	tensorDoubles  = 10
	tensorExternal = 13
	tensorLocation = 14

	valueName = 1
	valueKind = 2

	typeTensor  = 1
	typeElement = 1
	typeShape   = 2

	shapeDim = 1
	dimValue = 1
	dimParam = 2
)

// Types of attributes.
const (
	isFloat  = 1
	isInt    = 2
	isString = 3
	isTensor = 4
	isFloats = 6
	isInts   = 7
)

// Types of elements.
const (
	float32s  = 1
	int32s    = 6
	int64s    = 7
	float16s  = 10
	float64s  = 11
	bfloat16s = 16
)
