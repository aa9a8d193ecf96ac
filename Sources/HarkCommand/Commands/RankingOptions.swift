import ArgumentParser
import Hark

/// The options that say how hits are ranked.
struct RankingOptions: ParsableArguments {
  @Option(help: "How hits are ranked: by meaning and words, by meaning, or by words.")
  var mode = SearchMode.hybrid

  @Option(
    help: ArgumentHelp("Leave out hits with a lower score, 0 to 1.", valueName: "score"))
  var minScore: Double?

  @Option(
    help: ArgumentHelp(
      "The weight of meaning beside words in a hybrid search, 0 to 1 (default: 0.5).",
      valueName: "share"))
  var vectorWeight: Double?

  @Option(
    help: ArgumentHelp(
      "How much hits are to differ from each other, 0 (not at all) to 1.", valueName: "share"))
  var diversity = 0.0

  func validate() throws {
    guard (0...1).contains(minScore ?? 0) else {
      throw ValidationError("The least score has to be from 0 to 1, and is \(minScore ?? 0).")
    }
    guard (0...1).contains(vectorWeight ?? 0) else {
      throw ValidationError(
        "The weight of meaning has to be from 0 to 1, and is \(vectorWeight ?? 0).")
    }
    guard (0...1).contains(diversity) else {
      throw ValidationError("The diversity has to be from 0 to 1, and is \(diversity).")
    }
  }
}
