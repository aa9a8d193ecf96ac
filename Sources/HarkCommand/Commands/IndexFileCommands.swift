import ArgumentParser
import Foundation
import Hark
import VectorIndex

/// `hark index create`.
struct IndexCreateCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make an index file of vectors, without a store.",
    discussion: """
      The vectors are a NumPy array (.npy) of float32 or float16, or .fvecs; a vector's key is its \
      row number. The file appears whole or not at all, and can be larger than the memory. It \
      may replace another index file, but nothing else.

      EXAMPLES
        hark index create vectors.hark --base vectors.npy
        hark index create vectors.hark --base base.fvecs --metric l2 --profile compact
      """)

  @Argument(help: "The index file to make.", completion: .file())
  var path: String

  @OptionGroup var vectors: VectorOptions

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    try checkPlace()
    let info: SegmentInfo
    do throws(IndexError) {
      let base = try VectorFile(vectors.base, metric: vectors.metric)
      info = try Segment.build(
        base, options: vectors.options, identity: SegmentIdentity(), to: path)
    } catch { throw HarkError(wrapping: error) }
    let file = IndexFile(info)
    if shared.json { return try Answer(json: file) }
    return Answer(
      shared.quiet
        ? ""
        : "\(DisplayText.line(path)): \(Quantity.count(file.count, "vector")) of dimension "
          + "\(file.dimension) in \(info.kind == .cells ? "cells" : "a graph"), "
          + "\(Quantity.bytes(Int64(file.bytes))).\n")
  }

  /// Refuses to replace what is no index file: it might be the vectors themselves.
  ///
  /// - Throws: `invalid-argument`.
  private func checkPlace() throws(HarkError) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
    let isFile = attributes[.type] as? FileAttributeType == .typeRegular
    if isFile, attributes[.size] as? Int == 0 { return }
    do throws(IndexError) { _ = try Segment(opening: path) } catch {
      // One that is damaged or too new is an index file all the same.
      guard [.segmentUnrecognized, .segmentUnavailable].contains(error.code) else { return }
      throw HarkError(
        .invalidArgument,
        "\(path) is no index file, and would be replaced. Name another place for the index.")
    }
  }
}

/// An index file as `--json` shows it.
struct IndexFile: Encodable {
  let path: String
  let count, dimension, bytes: Int
  let metric, kind, profile: String

  init(_ info: SegmentInfo) {
    path = info.path
    count = info.count
    dimension = info.dimension
    bytes = info.byteCount
    metric = info.metric.rawValue
    kind = info.kind.rawValue
    profile = info.profile.rawValue
  }
}

/// `hark index search`.
struct IndexSearchCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find the nearest vectors in an index file.",
    discussion: """
      Prints a line for each query: the keys of the nearest vectors, nearest first, each with its \
      score (greater is nearer; minus the squared distance for l2).

      EXAMPLES
        hark index search vectors.hark --queries queries.npy
        hark index search vectors.hark --queries queries.npy --k 100 --effort 200 --json
      """)

  @Argument(help: "The index file.", completion: .file())
  var path: String

  @Option(
    help: ArgumentHelp("The vectors to search for.", valueName: "file"), completion: .file())
  var queries: String

  @Option(
    name: [.customShort("k"), .long], help: "How many nearest vectors are searched for.")
  var k = 10

  @Option(help: "How many near vectors a search keeps: more find the true nearest more surely.")
  var effort = Segment.defaultEffort

  @Flag(help: "Look at every vector, and so find the true nearest.")
  var exact = false

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    var answers: [[Found]] = []
    do throws(IndexError) {
      let segment = try Segment(opening: path)
      let file = try VectorFile(queries, metric: segment.info.metric)
      for row in file.keys.indices {
        let query = try file.vector(at: row)
        let found =
          exact
          ? try ExactSearch.search(query, in: segment, k: k)
          : try segment.search(query, k: k, effort: effort)
        answers.append(found.map { Found(key: $0.key, score: $0.score) })
      }
    } catch { throw HarkError(wrapping: error) }
    if shared.json { return try Answer(json: ["queries": answers]) }
    return Answer(
      answers.map { found in
        found.map { "\($0.key) \(Quantity.decimal(Double($0.score), places: 4))" }
          .joined(separator: "  ") + "\n"
      }.joined())
  }

  private struct Found: Encodable {
    let key: Int64
    let score: Float
  }
}
