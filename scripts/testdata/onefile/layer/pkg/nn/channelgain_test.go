package nn

var (
	_ = conforms(conformance{ChannelGain{}, CHW(3, 4, 2), CHW(3, 4, 2), []string{"g[3]"}, nil})
	_ = conforms(conformance{ChannelGain{}, Vec(5), Vec(5), []string{"g[5]"}, nil})
)
