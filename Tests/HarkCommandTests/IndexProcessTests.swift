import Foundation
import TestKit
import Testing

/// Readers in processes of their own while another one publishes, deletes and compacts: each sees
/// what was before or what is after, and none fails.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: HarkProcess.canEmbed))
struct IndexProcessTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Vectors in the layout of .fvecs.
  private func writeVectors(_ name: String, count: Int, seed: UInt64) throws -> String {
    let dimension = 16
    var state = seed
    var bytes = Data()
    func append(_ word: UInt32) {
      for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(word >> shift & 0xFF)) }
    }
    for _ in 0..<count {
      append(UInt32(dimension))
      for _ in 0..<dimension {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let number = Float(state >> 40) * 0x1p-23 - 1
        append(number.bitPattern)
      }
    }
    let path = folder.file(name)
    try bytes.write(to: URL(filePath: path))
    return path
  }

  @Test func aReplacedFileIsTheOldOrTheNew() async throws {
    let bases = [
      try writeVectors("a.fvecs", count: 3_000, seed: 1),
      try writeVectors("b.fvecs", count: 4_000, seed: 2),
    ]
    let queries = try writeVectors("q.fvecs", count: 5, seed: 3)
    let index = folder.file("index.hark")
    func publish(_ base: String) async throws {
      let made = try await HarkProcess.run("index", "create", index, "--base", base, "--quiet")
      #expect(made.status == 0, "\(made)")
    }
    @Sendable func search() async throws -> HarkProcess.Outcome {
      try await HarkProcess.run("index", "search", index, "--queries", queries)
    }
    var answers: [String] = []
    for base in bases {
      try await publish(base)
      answers.append(try await search().output)
    }
    #expect(Set(answers).count == 2)
    let known = answers
    try await withThrowingTaskGroup(of: Set<String>.self) { group in
      for _ in 0..<2 {
        group.addTask {
          var seen: Set<String> = []
          for _ in 0..<40 {
            let outcome = try await search()
            #expect(outcome.status == 0, "\(outcome)")
            #expect(known.contains(outcome.output))
            seen.insert(outcome.output)
          }
          return seen
        }
      }
      for round in 0..<10 { try await publish(bases[round % 2]) }
      var seen: Set<String> = []
      for try await found in group { seen.formUnion(found) }
      #expect(seen == Set(known))
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left.filter { $0.contains("index.hark") } == ["index.hark"])
  }

  @Test func nothingButAnIndexFileIsReplaced() async throws {
    let base = try writeVectors("base.fvecs", count: 20, seed: 1)
    let before = try Data(contentsOf: URL(filePath: base))
    for place in [base, folder.path] {
      let refused = try await HarkProcess.run("index", "create", place, "--base", base, "--json")
      #expect(try refused.errorCode() == "invalid-argument")
      #expect(refused.status == 1)
    }
    #expect(try Data(contentsOf: URL(filePath: base)) == before)
    let empty = folder.file("empty.hark")
    #expect(FileManager.default.createFile(atPath: empty, contents: nil))
    for _ in 0..<2 {
      let made = try await HarkProcess.run("index", "create", empty, "--base", base)
      #expect(made.output.hasPrefix("\(empty): 20 vectors of dimension 16 in a graph, "))
    }
  }

  @Test func aFileIsCheckedByItself() async throws {
    let base = try writeVectors("base.fvecs", count: 2_000, seed: 1)
    for kind in ["graph", "cells"] {
      let index = folder.file("\(kind).hark")
      let made = try await HarkProcess.run(
        "index", "create", index, "--base", base, "--kind", kind, "--json")
      #expect(try made.json()["kind"] as? String == kind)
      let sound = try await HarkProcess.run("index", "verify", index)
      #expect(sound.output == "\(index): 2,000 vectors read whole: nothing is wrong.\n")
      #expect(sound.status == 0)

      let url = URL(filePath: index)
      var bytes = try Data(contentsOf: url)
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: url)
      let damaged = try await HarkProcess.run("index", "verify", index, "--json")
      #expect(try damaged.errorCode() == "segment-damaged")
      #expect(damaged.status == 1)
    }
  }

  @Test func searchesOutliveDeletionAndCompaction() async throws {
    func write(_ kind: String, _ numbers: Range<Int>) throws {
      for number in numbers {
        try folder.write(
          "in/\(kind)/\(number).txt", "\(number): what \(kind) tells of reeds and herons.")
      }
    }
    let store = folder.file("store")
    func run(_ arguments: String...) async throws {
      let outcome = try await HarkProcess(arguments + ["--store", store, "--quiet"]).outcome()
      #expect(outcome.status == 0, "\(arguments): \(outcome)")
    }
    try write("stays", 0..<30)
    try await run("ingest", folder.file("in"))
    let writing = Writing()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for mode in ["vector", "text", "hybrid"] {
        group.addTask {
          var searches = 0
          while await writing.goesOn {
            let outcome = try await HarkProcess.run(
              "search", "herons", "--mode", mode, "--limit", "1000", "--json", "--store", store)
            #expect(outcome.status == 0, "\(outcome)")
            let hits = try outcome.json()["hits"] as? [[String: Any]] ?? []
            let paths = hits.compactMap {
              ($0["document"] as? [String: Any])?["file_path"] as? String
            }
            #expect(paths.count == hits.count && Set(paths).count == hits.count)
            #expect(paths.count { $0.contains("/stays/") } == 30)
            searches += 1
          }
          return searches
        }
      }
      for _ in 0..<3 {
        try write("goes", 0..<20)
        try await run("ingest", folder.file("in"))
        try FileManager.default.removeItem(atPath: folder.file("in/goes"))
        try await run("ingest", folder.file("in"), "--max-delete", "100%")
        try await run("compact")
        try await run("index", "rebuild")
      }
      await writing.end()
      for try await searches in group { #expect(searches > 3) }
    }
    try await run("verify")
  }

  /// Whether the writer is still at work.
  private actor Writing {
    private(set) var goesOn = true
    func end() { goesOn = false }
  }
}
