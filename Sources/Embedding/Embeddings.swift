/// The vectors of several texts.
package struct Embeddings: Sendable, Equatable {
  /// The number of vectors.
  package let count: Int
  /// The number of components of each vector.
  package let dimension: Int
  /// All components, vector after vector: `count` × `dimension` numbers.
  package let values: [Float]

  init(count: Int, dimension: Int, values: [Float]) {
    self.count = count
    self.dimension = dimension
    self.values = values
  }

  /// The vector of the text at `index`; its length is one.
  package subscript(index: Int) -> ArraySlice<Float> {
    values[(index * dimension)..<((index + 1) * dimension)]
  }
}
