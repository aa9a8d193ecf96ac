import Hark

/// How a query was understood, in words, above the hits; and what a hit's score is made of, below
/// it.
struct ExplanationRendering: Sendable {
  /// What is rendered.
  let explanation: SearchExplanation

  /// The lines above the hits, and an empty one.
  var text: String {
    var rows: [[String]] = []
    let terms = explanation.terms.map {
      "\(DisplayText.line($0.text)) \(Quantity.decimal($0.weight * $0.rarity, places: 2))"
    }
    if !terms.isEmpty { rows.append(["terms", terms.joined(separator: ", ")]) }
    if !explanation.phrases.isEmpty {
      let phrases = explanation.phrases.map { "“\(DisplayText.line($0))”" }.joined(separator: ", ")
      rows.append([
        "required",
        phrases
          + (explanation.phrasesMissing > 0
            ? " (\(explanation.phrasesMissing) nowhere: the words count)" : ""),
      ])
    }
    if !explanation.excluded.isEmpty {
      rows.append([
        "excluded", explanation.excluded.map { DisplayText.line($0) }.joined(separator: ", "),
      ])
    }
    rows.append([
      "vectors",
      "weight \(Quantity.decimal(explanation.vectorWeight, places: 2)), trust "
        + "\(Quantity.decimal(explanation.trust, places: 2)) (\(explanation.tokens) tokens)",
    ])
    rows.append([
      "coverage",
      "\(Quantity.decimal(explanation.coverage, places: 2)) of the terms in the best hit",
    ])
    return Columns.text(of: rows) + "\n"
  }

  /// The lines below a hit.
  static func lines(of explanation: HitExplanation) -> [String] {
    var parts: [String] = []
    if let cosine = explanation.cosine {
      let refined = explanation.refinedCosine.map {
        " (\(Quantity.decimal($0, places: 3)) after feedback)"
      }
      parts.append("cosine \(Quantity.decimal(cosine, places: 3))\(refined ?? "")")
    }
    if let words = explanation.words {
      let terms = explanation.terms.map {
        "\(DisplayText.line($0.text)) \(Quantity.decimal($0.score, places: 3))"
      }
      let list = terms.isEmpty ? "" : ": " + terms.joined(separator: ", ")
      parts.append("words \(Quantity.decimal(words, places: 3))\(list)")
    }
    return parts
  }
}
