import Hark

/// A tuning of the weight of meaning in words, with what to do.
struct TuningRendering: Sendable {
  /// What is rendered.
  let tuning: WeightTuning

  /// The whole text.
  var text: String {
    let fitted = tuning.fittedOn.count
    let tried = tuning.triedOn.count
    var parts = [
      "Weights of meaning on a random half, \(Quantity.count(fitted, "query", plural: "queries")):\n",
      trials,
    ]
    if tuning.fittedWeight != tuning.defaultWeight {
      parts += [
        "Best is \(weight), the default is \(usual). "
          + "On the other half, \(Quantity.count(tried, "query", plural: "queries")):\n",
        EvaluationRendering.table(
          of: tuning.differences, means: tuning.means, names: (usual, weight)),
      ]
    }
    return (parts + [advice]).joined(separator: "\n")
  }

  private var trials: String {
    let rows = tuning.trials.map { trial in
      ["\(trial.vectorWeight)", EvaluationRendering.decimal(trial.ndcgAt10)]
    }
    return Columns.text(of: [["weight", RankingMeasure.ndcgAt10.label]] + rows, leading: [0, 1])
  }

  /// What follows from the other half.
  private var advice: String {
    guard tuning.fittedWeight != tuning.defaultWeight else {
      return "No weight is better than the default, \(usual): leave it.\n"
    }
    let gain = tuning.differences[.ndcgAt10]
    guard gain.difference > 0 else {
      return "On the other half \(weight) is no better: leave the default, \(usual).\n"
    }
    let size = "\(EvaluationRendering.decimal(gain.difference)) nDCG@10"
    let probability = "p \(EvaluationRendering.decimal(gain.probability))"
    return tuning.isGainSignificant
      ? "Search with --vector-weight \(weight): it gains \(size) on the other half (\(probability)).\n"
      : "The gain of \(size) on the other half may be chance (\(probability), not below "
        + "\(WeightTuning.significance)): leave the default, \(usual).\n"
  }

  private var weight: String { "\(tuning.fittedWeight)" }
  private var usual: String { "\(tuning.defaultWeight)" }
}
