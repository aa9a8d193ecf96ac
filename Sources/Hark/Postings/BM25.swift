import Foundation

/// The parameters of the ranking by words: BM25F, which counts a term in all fields of a chunk
/// together, each by its weight, and lets the sum saturate once (Robertson, Zaragoza and Taylor,
/// “Simple BM25 Extension to Multiple Weighted Fields”, 2004).
struct BM25: Sendable, Equatable {
  /// How slowly a term's count saturates.
  var k1 = 1.2
  /// How much a long text must hold a term more often than a short one.
  var b = 0.75
  /// The weights of the fields, by ``TextField``.
  var title = 1.0
  var heading = 1.0
  var body = 1.0

  /// The parameters that searches take.
  static let standard = BM25()

  /// The weight of a field.
  func weight(of field: TextField) -> Double {
    switch field {
    case .title: title
    case .heading: heading
    case .body: body
    }
  }

  /// How rare a term is: ln(1 + (N − n + ½) / (n + ½)), never negative.
  static func rarity(documents: Int, of total: Int) -> Double {
    log(1 + (Double(total - min(documents, total)) + 0.5) / (Double(documents) + 0.5))
  }

  /// The weighted count of a term, for each number of ``Posting/counts``.
  var weightedCounts: [Float] {
    (0..<Posting.countRange).map { counts in
      TextField.allCases.reduce(0) {
        $0 + Float(weight(of: $1)) * Float(Posting.count($1, in: counts))
      }
    }
  }

  /// k1 · (1 − b + b · length / average): what a weighted count is held against.
  func norm(length: Double, average: Double) -> Float {
    Float(k1 * (1 - b + b * (average > 0 ? length / average : 1)))
  }
}
