import Foundation
import TestKit
import Testing

@testable import Embedding

@Suite struct ModelFolderTests {
  static let texts = [
    "hello world", "Unbelievable. hello", "", "a·b", "aab bba #", "[MASK] x", "\u{200B}\u{FEFF}",
  ]

  /// The vectors of a miniature model.
  private func vectors(
    _ model: MiniatureModel, weights: (inout Data) -> Void = { _ in }
  ) throws -> Embeddings {
    let folder = try TemporaryFolder()
    try model.write(to: folder, weights: weights)
    return try SentenceEncoder(modelFolder: folder.path, threads: 1).encode(Self.texts)
  }

  // MARK: Models that work

  struct Variant: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout MiniatureModel) -> Void

    init(_ description: String, _ change: @escaping @Sendable (inout MiniatureModel) -> Void) {
      testDescription = description
      self.change = change
    }
  }

  static let sameVectors = [
    Variant("float16") { $0.precision = .float16 },
    Variant("bfloat16") { $0.precision = .bfloat16 },
    Variant("numbers that are not aligned") { $0.padding = 3 },
    Variant("tensors named bert.…") { $0.prefixTensors("bert.") },
    Variant("vocab.txt alone") { $0.files["tokenizer.json"] = nil },
    Variant("no module that normalises") {
      $0.edit("modules.json", "models.Normalize", "models.Pooling")
      $0.edit("modules.json", "2_Normalize", "1_Pooling")
    },
    Variant("pooling by the root of the length") {
      $0.edit(
        "1_Pooling/config.json", "pooling_mode_mean_tokens", "pooling_mode_mean_sqrt_len_tokens")
    },
    Variant("pooling by name") {
      $0.files["1_Pooling/config.json"] = #"{"pooling_mode": "mean"}"#
    },
    Variant("no sentence_bert_config.json") { $0.files["sentence_bert_config.json"] = nil },
    Variant("folder of the transformer") {
      $0.edit("modules.json", #""path": """#, #""path": ".""#)
    },
    Variant("a template instead of two tokens") {
      $0.edit(
        "tokenizer.json", #"{"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}"#,
        """
        {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
         "special_tokens": {"[CLS]": {"ids": [2]}, "[SEP]": {"ids": [3]}}}
        """)
    },
  ]

  @Test(arguments: sameVectors)
  func `Files of another form give the same vectors`(_ variant: Variant) throws {
    var changed = MiniatureModel()
    variant.change(&changed)
    #expect(try vectors(changed) == vectors(MiniatureModel()))
  }

  static let otherVectors = [
    Variant("cls") {
      $0.edit("1_Pooling/config.json", "cls_token\": false", "cls_token\": true")
      $0.edit("1_Pooling/config.json", "mean_tokens\": true", "mean_tokens\": false")
    },
    Variant("max") {
      $0.edit("1_Pooling/config.json", "max_tokens\": false", "max_tokens\": true")
      $0.edit("1_Pooling/config.json", "mean_tokens\": true", "mean_tokens\": false")
    },
    Variant("relu") { $0.edit("config.json", "\"gelu\"", "\"relu\"") },
    Variant("gelu_new") { $0.edit("config.json", "\"gelu\"", "\"gelu_new\"") },
  ]

  @Test(arguments: otherVectors)
  func `What the files ask for is done`(_ variant: Variant) throws {
    var changed = MiniatureModel()
    variant.change(&changed)
    let (found, plain) = (try vectors(changed), try vectors(MiniatureModel()))
    #expect(found != plain)
    #expect(found.values.allSatisfy { $0.isFinite })
    if variant.testDescription == "gelu_new" {
      // The approximation is a good one.
      #expect(Fixtures.cosine(found[0], plain[0]) > 0.999)
    }
  }

  @Test func `A sequence without tokens has no vector, and disturbs no other`() throws {
    let folder = try TemporaryFolder()
    try MiniatureModel().write(to: folder)
    let encoder = try SentenceEncoder(modelFolder: folder.path)
    var workspace = EncoderWorkspace()
    let alone = encoder.vectors(of: [[2, 5, 6, 3]], &workspace)
    #expect(encoder.vectors(of: [[], [2, 5, 6, 3], []], &workspace) == [nil, alone[0], nil])
    var unused = EncoderWorkspace()
    #expect(encoder.vectors(of: [[]], &unused) == [nil])
  }

  @Test func `Canonically equivalent tokens stay apart`() throws {
    let folder = try TemporaryFolder()
    var model = MiniatureModel()
    model.edit("tokenizer.json", "\"strip_accents\": null", "\"strip_accents\": false")
    try model.write(to: folder)
    let tokenizer = try SentenceEncoder(modelFolder: folder.path).tokenizer
    #expect(tokenizer.encode("\u{B7}\u{387}", maximumTokens: nil) == [2, 16, 17, 3])
  }

  @Test func `The fingerprint tells models apart, and stays`() throws {
    func fingerprint(
      _ change: (inout MiniatureModel) -> Void = { _ in }, weights: (inout Data) -> Void = { _ in }
    ) throws -> String {
      let folder = try TemporaryFolder()
      var model = MiniatureModel()
      change(&model)
      try model.write(to: folder, weights: weights)
      return try SentenceEncoder(modelFolder: folder.path).fingerprint
    }
    let prints = [
      try fingerprint(), try fingerprint { $0.precision = .float16 },
      try fingerprint { $0.edit("sentence_bert_config.json", "16", "12") },
      try fingerprint { $0.edit("tokenizer.json", "lowercase\": true", "lowercase\": false") },
      try fingerprint {
        $0.edit("1_Pooling/config.json", "word", "word"); $0.files["1_Pooling/config.json"]? += " "
      },
      try fingerprint(weights: { $0[$0.count - 1] ^= 1 }),
    ]
    #expect(Set(prints).count == prints.count)
    #expect(try fingerprint() == prints[0])
  }
}
