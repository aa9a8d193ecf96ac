import Foundation

/// An earlier run of an evaluation, read from what `hark eval --json` printed.
public struct EvaluationRun: Sendable {
  /// The file that holds it.
  public let path: String
  let dataset: String
  let split: String
  let mode: SearchMode
  let queries: [QueryEvaluation]

  private struct Contents: Decodable {
    let dataset: String
    let split: String
    let mode: SearchMode
    let per_query: [QueryEvaluation]
  }

  /// Reads a run.
  ///
  /// - Throws: `evaluation-invalid`.
  public init(contentsOf path: String) throws(HarkError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarkError(
        .evaluationInvalid,
        "\(path) cannot be read: name a file that holds what `hark eval --json` printed")
    }
    let contents: Contents
    do {
      contents = try JSONDecoder().decode(Contents.self, from: data)
    } catch {
      throw HarkError(
        .evaluationInvalid,
        "\(path) is not what `hark eval --json` prints, with per_query and all measures: make it "
          + "anew with this version", cause: error)
    }
    self.path = path
    dataset = contents.dataset
    split = contents.split
    mode = contents.mode
    queries = contents.per_query
  }

  /// Checks that the run is of the same queries and judgements.
  ///
  /// - Throws: `evaluation-invalid`, naming what differs.
  func check(isOf set: JudgedSet) throws(HarkError) {
    guard dataset == set.name, split == set.split else {
      throw differs("is of \(dataset), split \(split), not of \(set.name), split \(set.split)")
    }
    let earlier = Dictionary(
      queries.map { ($0.id, $0.relevant) }, uniquingKeysWith: { first, _ in first })
    let now = Set(set.queries.map(\.id))
    let missing = set.queries.map(\.id).filter { earlier[$0] == nil }
    guard missing.isEmpty else { throw differs("lacks \(JudgedSet.named(missing))") }
    let strange = earlier.keys.filter { !now.contains($0) }.sorted()
    guard strange.isEmpty, queries.count == now.count else {
      throw differs(
        "has queries that the set lacks or that stand twice: \(JudgedSet.named(strange))")
    }
    let judged = set.queries.filter { earlier[$0.id] != $0.gains.count }.map(\.id)
    guard judged.isEmpty else {
      throw differs("was judged otherwise: \(JudgedSet.named(judged)) had other relevant documents")
    }
  }

  private func differs(_ how: String) -> HarkError {
    HarkError(
      .evaluationInvalid,
      "\(path) \(how): compare runs of one set with the same queries and judgements")
  }
}
