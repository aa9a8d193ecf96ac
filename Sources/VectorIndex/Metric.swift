import Machine

/// How near two vectors are.
///
/// A ``Neighbor``'s score is greater the nearer it is, whatever the metric.
public enum Metric: String, Sendable, CaseIterable {
  /// The cosine of the angle between the vectors, −1 to 1.
  ///
  /// Vectors are scaled to length 1 when they are indexed, and queries when they are searched.
  case cosine
  /// The inner product.
  case innerProduct = "ip"
  /// The Euclidean distance. Scores are minus its square: 0 for equal vectors, less for others.
  case euclidean = "l2"

  /// What the kernels compute for it.
  var score: Kernels.Score {
    switch self {
    case .cosine, .innerProduct: .innerProduct
    case .euclidean: .euclidean
    }
  }

  /// Whether vectors and queries are scaled to length 1.
  var isNormalized: Bool { self == .cosine }
}

/// One result of a search.
public struct Neighbor: Sendable, Hashable {
  /// The key that the vector was indexed under.
  public var key: Int64
  /// How near the vector is; greater is nearer. For ``Metric/euclidean`` it is minus the squared
  /// distance.
  public var score: Float

  /// Makes a result.
  public init(key: Int64, score: Float) {
    self.key = key
    self.score = score
  }
}
