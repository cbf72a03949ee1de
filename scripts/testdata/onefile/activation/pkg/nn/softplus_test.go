package nn

var _ = conforms(conformance{Softplus{}, CHW(2, 3, 4), CHW(2, 3, 4), nil, nil})
