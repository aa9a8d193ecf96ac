import Foundation
import Hark
import Machine
import TestKit
import Testing

/// `hark embed`, `hark eval`, `hark bench embed` and `hark bench search`.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: HarkProcess.canEmbed))
struct MeasureProcessTests {
  @Test func embeddedFilesHoldTheVectorsOfTheLibrary() async throws {
    let folder = try TemporaryFolder()
    let texts = ["Who approves a business trip?", "", "출장비는 언제 지급되나요?", "a \"quoted\"\ttext"]
    let plain = try folder.write("in.txt", texts.joined(separator: "\r\n"))
    let lines = try texts.enumerated().map { index, text in
      let string = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
      return index % 2 == 0 ? string : "{\"id\": \(index), \"text\": \(string)}"
    }
    let json = try folder.write("in.jsonl", lines.joined(separator: "\n") + "\n")
    let model = try #require(TestData.model).path
    let expected = try await Embedder(model: model).embed(texts)
    for input in [plain, json] {
      let output = folder.file("out.npy")
      let outcome = try await HarkProcess.run(
        "embed", "--input", input, "--output", output, "--json")
      #expect(outcome.status == 0, "\(outcome)")
      let account = try outcome.json()
      #expect(Set(account.keys) == ["count", "dimension", "output", "seconds"])
      #expect(account["count"] as? Int == 4)
      let file = try NumPyFile(output)
      #expect(file.shape == [4, 384])
      #expect(try file.floats() == expected.values)
    }
    let outcome = try await HarkProcess.run(
      "embed", "--input", plain, "--output", folder.file("out.npy"))
    #expect(
      outcome.output.wholeMatch(
        of: /4 texts embedded in [0-9.]+ s: .*out\.npy, 4 × 384 float32\.\n/)
        != nil)
  }

  @Test func anEmptyFileMakesAnArrayWithoutRows() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await HarkProcess.run(
      "embed", "--input", try folder.write("in.txt", ""), "--output", folder.file("out.npy"))
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try NumPyFile(folder.file("out.npy")).shape == [0, 384])
  }

  @Test func aMissingInputIsAnError() async throws {
    let outcome = try await HarkProcess.run(
      "embed", "--input", "none.txt", "--output", "out.npy", "--json")
    #expect(try outcome.errorCode() == "input-unreadable")
    #expect(outcome.status == 1)
  }

  @Test func aMissingModelIsAnError() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await HarkProcess.run(
      "embed", "--input", try folder.write("in.txt", "x"), "--output", folder.file("out.npy"),
      "--model", folder.file("none"), "--json")
    #expect(try outcome.errorCode() == "model-missing")
    #expect(outcome.status == 1)
  }

  @Test func evaluationReportsItsMeasures() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "set/corpus.jsonl",
      """
      {"_id": "a", "title": "Trips", "text": "The head of department approves a business trip."}
      {"_id": "b", "title": "Meals", "text": "A meal is refunded up to 28 euros a day."}
      {"_id": "c", "title": "Doors", "text": "The last person to leave locks the door."}

      """)
    try folder.write(
      "set/queries.jsonl",
      """
      {"_id": "1", "text": "Who approves a business trip?"}
      {"_id": "2", "text": "Who locks the door?"}

      """)
    try folder.write("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tc\t1\n")
    let outcome = try await HarkProcess.run("eval", folder.file("set"), "--json")
    #expect(outcome.status == 0, "\(outcome)")
    let report = try outcome.json()
    #expect(
      Set(report.keys) == [
        "dataset", "split", "mode", "queries", "queries_without_relevant", "documents",
        "ndcg_at_10", "recall_at_10", "recall_at_100", "mrr_at_10", "map", "success_at_1",
        "success_at_3", "intervals", "ms_per_query", "per_query", "failures", "warnings",
      ])
    #expect(report["ndcg_at_10"] as? Double == 1)
    #expect(report["queries"] as? Int == 2)
    let queries = try #require(report["per_query"] as? [[String: Any]])
    #expect(queries.map { $0["id"] as? String } == ["1", "2"])
    #expect(
      Set(queries[0].keys) == [
        "id", "text", "relevant", "first_relevant", "ndcg_at_10", "recall_at_10",
        "recall_at_100", "mrr_at_10", "map", "success_at_1", "success_at_3", "top", "took_ms",
      ])
    #expect((queries[1]["top"] as? [String])?.first == "c")
    let text = try await HarkProcess.run("eval", folder.file("set"), "--mode", "text")
    #expect(
      text.output.replacing(/[0-9.]+ ms/, with: "N ms") == """
        set: 2 queries, 3 documents, text, N ms a query

                    mean    95 % interval
        nDCG@10     1.0000  1.0000 to 1.0000
        recall@10   1.0000  1.0000 to 1.0000
        recall@100  1.0000  1.0000 to 1.0000
        MRR@10      1.0000  1.0000 to 1.0000
        MAP         1.0000  1.0000 to 1.0000
        success@1   1.0000  1.0000 to 1.0000
        success@3   1.0000  1.0000 to 1.0000

        """)
    #expect(text.errors.contains("warning") == false)
    let missing = try await HarkProcess.run("eval", folder.file("none"), "--json")
    #expect(try missing.errorCode() == "evaluation-invalid")
    #expect(missing.status == 1)
  }

  /// One question is answered by the second document, and one by none of the corpus.
  @Test func evaluationsAreComparedAndHeldAgainstBounds() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "set/corpus.jsonl",
      """
      {"_id": 1, "text": "The head of department approves a business trip."}
      {"_id": 2, "text": "A business trip is approved by whom the head of department names."}
      {"_id": 3, "text": " "}

      """)
    try folder.write(
      "set/queries.jsonl",
      """
      {"_id": "a", "text": "Who is the head of department that approves a business trip?"}
      {"_id": "b", "text": "Who locks the door?"}

      """)
    try folder.write("set/qrels/test.tsv", "a 0 1 1\nb 0 9 1\n")
    let set = folder.file("set")
    let store = folder.file("store")
    let first = try await HarkProcess.run("eval", set, "--store", store, "--json")
    #expect(first.status == 0, "\(first)")
    #expect(try (first.json()["warnings"] as? [String])?.count == 2)
    let run = try folder.write("run.json", first.output)
    let gated = try await HarkProcess.run(
      "eval", set, "--store", store, "--against", run, "--json", "--fail-below", "map=0.5",
      "--fail-below", "recall_at_10=0.51")
    #expect(gated.status == 5, "\(gated)")
    let checks = try #require(try gated.json()["checks"] as? [[String: Any]])
    #expect(checks.map { $0["measure"] as? String } == ["map", "recall_at_10"])
    #expect(checks.map { $0["passed"] as? Bool } == [true, false])
    let against = try #require(try gated.json()["against"] as? [String: Any])
    #expect(Set(against.keys) == ["run", "mode", "differences"])
    let difference = try #require(
      (against["differences"] as? [String: [String: Any]])?["ndcg_at_10"])
    #expect(
      Set(difference.keys) == [
        "earlier", "difference", "interval", "p", "better", "worse",
      ])
    #expect(difference["p"] as? Double == 1)
    let text = try await HarkProcess.run(
      "eval", set, "--store", store, "--fail-below", "recall_at_10=0.75", "--per-query")
    #expect(text.status == 5)
    #expect(
      text.errors.hasSuffix(
        """
        hark: warning: documents without text, which cannot be found: 3
        hark: warning: queries whose relevant documents are not in the corpus, so that none can be \
        found: b
        hark: recall_at_10 is 0.500000, below 0.75 [measure-below]

        """), "\(text.errors)")
    #expect(text.output.contains("\nID  nDCG@10 "))
    let other = try await HarkProcess.run(
      "eval", set, "--against", try folder.write("no.json", "{}"), "--json")
    #expect(other.status == 1)
    #expect(try other.errorCode() == "evaluation-invalid")
  }

  /// Questions that words and meaning answer alike, in eight subjects that have nothing in common.
  private static let subjects = [
    ("The head of department approves a business trip.", "Who approves a business trip?"),
    ("A meal is refunded up to 28 euros.", "How many euros of a meal are refunded?"),
    ("The last person to leave locks the door.", "Which person locks the door?"),
    ("Tomatoes are watered every morning.", "When are tomatoes watered?"),
    ("The printer stands beside the kitchen.", "Where does the printer stand?"),
    ("Passwords have at least twelve letters.", "How many letters do passwords have?"),
    ("Whales breathe air through a blowhole.", "How do whales breathe air?"),
    ("The orchestra rehearses on Thursdays.", "When does the orchestra rehearse?"),
  ]

  /// Writes a set whose question N is answered by document N.
  private static func write(
    _ subjects: [(text: String, question: String)], distractors: [String] = [],
    to folder: TemporaryFolder
  ) throws -> String {
    func lines(_ texts: [String]) -> String {
      texts.enumerated().map { "{\"_id\": \"\($0)\", \"text\": \"\($1)\"}\n" }.joined()
    }
    try folder.write("set/corpus.jsonl", lines(subjects.map(\.text) + distractors))
    try folder.write("set/queries.jsonl", lines(subjects.map(\.question)))
    try folder.write(
      "set/qrels/test.tsv", subjects.indices.map { "\($0)\t\($0)\t1\n" }.joined())
    return folder.file("set")
  }

  @Test func theWeightOfMeaningIsTuned() async throws {
    let folder = try TemporaryFolder()
    let set = try Self.write(Self.subjects, to: folder)
    let outcome = try await HarkProcess.run(
      "eval", set, "--tune", "--quiet", "--fail-below", "map=1")
    #expect(outcome.status == 0, "\(outcome)")
    let weights = (0...10).map { "   \(Double($0) / 10)   1.0000\n" }.joined()
    #expect(
      outcome.output.replacing(/[0-9.]+ ms/, with: "N ms") == """
        set: 8 queries, 8 documents, hybrid, N ms a query

                    mean    95 % interval
        nDCG@10     1.0000  1.0000 to 1.0000
        recall@10   1.0000  1.0000 to 1.0000
        recall@100  1.0000  1.0000 to 1.0000
        MRR@10      1.0000  1.0000 to 1.0000
        MAP         1.0000  1.0000 to 1.0000
        success@1   1.0000  1.0000 to 1.0000
        success@3   1.0000  1.0000 to 1.0000

        Weights of meaning on a random half, 4 queries:

        weight  nDCG@10
        \(weights)
        No weight is better than the default, 0.5: leave it.

        """)
    let few = try Self.write(Array(Self.subjects.dropLast()), to: folder)
    let refused = try await HarkProcess.run("eval", few, "--tune", "--json")
    #expect(refused.status == 1)
    #expect(try refused.errorCode() == "evaluation-invalid")
    #expect(refused.output.contains("7 of at least 8"))
  }

  /// No answer has a word of its question; one document has a word of each, and answers none.
  @Test func theWeightsThatAreTriedRankOtherwise() async throws {
    let folder = try TemporaryFolder()
    let subjects = Self.subjects.map(\.0)
    let set = try Self.write(
      Array(
        zip(
          subjects,
          [
            "permission for travelling", "lunch costs", "closing up at night", "gardening",
            "copying machine", "secure logins", "ocean animals", "classical music",
          ])),
      distractors: ["Permission, lunch, closing, gardening, copying, logins, ocean, music."],
      to: folder)
    let outcome = try await HarkProcess.run("eval", set, "--tune", "--json")
    #expect(outcome.status == 0, "\(outcome)")
    let tuning = try #require(try outcome.json()["tuning"] as? [String: Any])
    #expect(
      Set(tuning.keys) == [
        "default_weight", "fitted_weight", "recommended_weight", "trials", "fitted_on", "tried_on",
        "means", "differences",
      ])
    let trials = try #require(tuning["trials"] as? [[String: Double]])
    #expect(trials.map { $0["vector_weight"] } == (0...10).map { Double($0) / 10 })
    let words = try #require(trials.first?["ndcg_at_10"])
    let meaning = try #require(trials.last?["ndcg_at_10"])
    #expect(words < meaning)
    #expect(tuning["fitted_on"] as? [String] == ["0", "3", "7", "1"])
    #expect(tuning["tried_on"] as? [String] == ["2", "6", "5", "4"])
    #expect(tuning["recommended_weight"] as? Double == 0.5)
  }

  @Test func theModelIsMeasured() async throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(
      "in.jsonl", "\"Who approves a business trip?\"\n{\"text\": \"출장비는 언제 지급되나요?\"}\n")
    let outcome = try await HarkProcess.run(
      "bench", "embed", "--texts", input, "--threads", "1", "--rounds", "2", "--json")
    #expect(outcome.status == 0, "\(outcome)")
    let figures = try outcome.json()
    #expect(
      Set(figures.keys) == [
        "model", "precision", "threads", "kernels", "blas", "machine", "chunks", "tokens",
        "tokenize_s", "embed_s", "tokens_per_s", "chunks_per_s", "p50_ms", "p99_ms", "load_ms",
      ])
    #expect(figures["model"] as? String == "all-MiniLM-L6-v2")
    let precision = try #require(figures["precision"] as? String)
    #expect(EmbeddingBenchmark.Precision(rawValue: precision) != nil)
    #expect(figures["threads"] as? Int == 1)
    #expect(figures["chunks"] as? Int == 2)
    let tokens = try #require(figures["tokens"] as? Int)
    #expect((15...60).contains(tokens))
    func number(_ key: String) throws -> Double { try #require(figures[key] as? Double) }
    for key in ["tokenize_s", "embed_s", "load_ms"] { #expect(try number(key) > 0) }
    let seconds = try number("embed_s")
    #expect(abs(try number("tokens_per_s") * seconds / Double(tokens) - 1) < 1e-6)
    #expect(abs(try number("chunks_per_s") * seconds / 2 - 1) < 1e-6)
    #expect(try number("p50_ms") > 0)
    #expect(try number("p99_ms") >= number("p50_ms"))
  }

  @Test func theModelIsMeasuredOnTextsOfItsOwn() async throws {
    let outcome = try await HarkProcess.run("bench", "embed", "--rounds", "1")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains(/texts +64, [0-9,]+ tokens\n/))
    #expect(outcome.output.contains(/rate +[0-9,]+ tokens\/s, [0-9.]+ chunks\/s\n/))
    #expect(outcome.output.contains(/query +p50 [0-9.]+ ms, p99 [0-9.]+ ms, 1 thread\n/))
  }

  @Test func textsThatCannotBeMeasuredOnAreAnError() async throws {
    let folder = try TemporaryFolder()
    func error(_ arguments: String...) async throws -> String? {
      let outcome = try await HarkProcess(["bench", "embed", "--json"] + arguments).outcome()
      #expect(outcome.status == 1, "\(outcome)")
      return try outcome.errorCode()
    }
    let bad = try folder.write("bad.jsonl", "\"a\"\n{\"title\": \"b\"}\n")
    #expect(try await error("--texts", bad) == "input-invalid")
    #expect(try await error("--texts", folder.file("none.jsonl")) == "input-unreadable")
    let empty = try folder.write("empty.jsonl", "")
    #expect(try await error("--texts", empty) == "invalid-argument")
    #expect(try await error("--threads", "0") == "invalid-argument")
    #expect(try await error("--rounds", "0") == "invalid-argument")
    #expect(try await error("--model", folder.file("none")) == "model-missing")
  }

  @Test func searchesAreMeasured() async throws {
    let sample = try await SampleStore.shared()
    let folder = try TemporaryFolder()
    let queries = try folder.write(
      "queries.jsonl",
      """
      {"_id": "1", "text": "Who approves a business trip?"}
      {"_id": "2", "text": "출장비는 언제 지급되나요?"}

      """)
    let outcome = try await HarkProcess.run(
      "bench", "search", "--store", sample.store, "--queries", queries, "--mode", "text", "--mode",
      "hybrid", "--limit", "2", "--rounds", "2", "--json")
    #expect(outcome.status == 0, "\(outcome)")
    let figures = try outcome.json()
    #expect(
      Set(figures.keys).subtracting(["commit", "blas"]) == [
        "chunks", "documents", "segments", "tail", "model", "dimension", "stub", "synthetic",
        "queries", "sample", "limit", "rounds", "warm_up", "machine", "kernels", "modes",
      ])
    #expect(figures["queries"] as? Int == 2)
    #expect(figures["stub"] as? Bool == false)
    #expect(figures["sample"] as? Bool == false)
    let modes = try #require(figures["modes"] as? [[String: Any]])
    #expect(modes.map { $0["mode"] as? String } == ["text", "hybrid"])
    #expect(modes.map { $0["searches"] as? Int } == [4, 4])
    let expected: [Set<String>] = [
      ["words", "fusion", "fetching"], ["embed", "words", "vectors", "fusion", "fetching"],
    ]
    for (mode, names) in zip(modes, expected) {
      let stages = try #require(mode["stages"] as? [String: [String: Double]])
      #expect(Set(stages.keys) == names)
      let total = try #require(mode["total"] as? [String: Double])
      #expect(Set(total.keys) == ["mean_ms", "p50_ms", "p95_ms", "p99_ms"])
      for (_, times) in stages { #expect(try #require(times["mean_ms"]) > 0) }
    }
    let text = try await HarkProcess.run(
      "bench", "search", "--store", sample.store, "--mode", "vector", "--rounds", "1")
    #expect(text.output.contains(/\nmodel    all-MiniLM-L6-v2, 384 dimensions\n/))
    #expect(text.output.contains(" from the store, 10 hits at most, 1 round in turns after 1\n"))
    #expect(text.output.contains(/\nvector  total( +[0-9.]+){4} +[0-9.]+\n$/))
  }

  @Test func aGeneratedStoreIsMeasuredAndRemoved() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await HarkProcess.run(
      "bench", "search", "--synthetic", "40", "--scratch", folder.path, "--rounds", "1", "--json")
    #expect(outcome.status == 0, "\(outcome)")
    let figures = try outcome.json()
    #expect(figures["chunks"] as? Int == 40)
    #expect(figures["stub"] as? Bool == true)
    #expect(figures["synthetic"] as? Bool == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func searchesThatCannotBeMeasuredAreAnError() async throws {
    let folder = try TemporaryFolder()
    let store = try await SampleStore.shared().store
    func error(_ arguments: String...) async throws -> String? {
      let outcome = try await HarkProcess(["bench", "search", "--json"] + arguments).outcome()
      #expect(outcome.status == 1, "\(outcome)")
      return try outcome.errorCode()
    }
    #expect(try await error("--store", folder.file("none")) == "store-missing")
    #expect(try await error("--store", store, "--queries", "none.txt") == "input-unreadable")
    let blank = try folder.write("blank.txt", "\n \n")
    #expect(try await error("--store", store, "--queries", blank) == "invalid-argument")
    #expect(try await error("--store", store, "--limit", "1001") == "invalid-argument")
    #expect(try await error("--store", store, "-c", "none") == "collection-missing")
    #expect(try await error("--store", store, "--synthetic", "9") == "invalid-argument")
  }
}
