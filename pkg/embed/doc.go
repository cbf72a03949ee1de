// Package embed gives each row of a matrix its point: it places vectors in the
// plane, or tells who stands near whom.
//
// The way of the data: what a layer of a network makes of images, as rows of
// float32 values → PCA, t-SNE or nearest neighbours → points that viz.Embedding
// draws, or a share of rows whose neighbours tell their label. Nothing here
// knows of networks, images or figures, and nothing is random: equal rows give
// equal points on any number of cores.
//
// Files: pca.go and tsne.go are what one calls; affinity.go and barneshut.go are
// the two sums of t-SNE, neighbors.go and nearest.go find the nearest rows.
package embed
