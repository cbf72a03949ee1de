package nn

var _ = conforms(conformance{GELU{}, Vec(9), Vec(9), nil, nil})
