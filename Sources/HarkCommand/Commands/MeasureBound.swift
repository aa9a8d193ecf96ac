import ArgumentParser
import Hark

/// The least mean that a measure may have, as `ndcg_at_10=0.37`.
struct MeasureBound: Sendable, Hashable {
  let measure: RankingMeasure
  let least: Double

  /// Reads a bound from the command line.
  ///
  /// - Throws: `ValidationError`, with the names of the measures.
  init(argument: String) throws {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard let name = parts.first, let measure = RankingMeasure(rawValue: name) else {
      let names = RankingMeasure.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("the measures are \(names)")
    }
    guard parts.count == 2, let least = Double(parts[1]), (0...1).contains(least) else {
      throw ValidationError("give a number from 0 to 1, as \(name)=0.37")
    }
    self.measure = measure
    self.least = least
  }
}

/// A measure held against its bound.
struct MeasureCheck: Sendable, Encodable {
  let measure: String
  let value: Double
  let least: Double
  /// Whether the value is at least the bound.
  let passed: Bool

  /// Holds the mean of a report against a bound.
  init(_ bound: MeasureBound, _ report: EvaluationReport) {
    measure = bound.measure.rawValue
    value = report.means[bound.measure]
    least = bound.least
    passed = value >= least
  }

  /// What is told of a check that failed.
  var message: String {
    "\(measure) is \(Quantity.decimal(value, places: 6)), below \(least) [measure-below]"
  }
}
