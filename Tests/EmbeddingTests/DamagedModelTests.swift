import Embedding
import Foundation
import TestKit
import Testing

@Suite struct DamagedModelTests {
  struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: EmbeddingError.Code
    /// What the message has to name.
    var words: [String]
    var change: @Sendable (inout MiniatureModel) -> Void
    var weights: @Sendable (inout Data) -> Void

    init(
      _ description: String, _ code: EmbeddingError.Code, _ words: String...,
      change: @escaping @Sendable (inout MiniatureModel) -> Void
    ) {
      (testDescription, self.code, self.words) = (description, code, words)
      (self.change, weights) = (change, { _ in })
    }

    /// Damage of the weights.
    init(
      weights description: String, _ code: EmbeddingError.Code, _ words: String...,
      change: @escaping @Sendable (inout Data) -> Void
    ) {
      (testDescription, self.code, self.words) = (description, code, words)
      (self.change, weights) = ({ _ in }, change)
    }
  }

  static let damages: [Damage] =
    ["modules.json", "config.json", "1_Pooling/config.json"].flatMap { file in
      [
        Damage("\(file) is missing", .fileMissing, file) { $0.files[file] = nil },
        Damage("\(file) is empty", .fileInvalid, file, "not valid JSON") { $0.files[file] = "" },
        Damage("\(file) is cut off", .fileInvalid, file, "not valid JSON") {
          $0.files[file] = $0.files[file].map { String($0.prefix($0.count / 2)) }
        },
      ]
    } + [
      Damage("no tokenizer", .fileMissing, "tokenizer.json") {
        $0.files["tokenizer.json"] = nil
        $0.files["vocab.txt"] = nil
      },
      Damage("a field is missing", .fileInvalid, "config.json", "hidden_size") {
        $0.edit("config.json", "hidden_size", "hidden_sizes")
      },
      Damage("a field has another kind", .fileInvalid, "config.json", "num_hidden_layers") {
        $0.edit("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": \"2\"")
      },
      Damage("a negative size", .fileInvalid, "config.json", "intermediate_size") {
        $0.edit("config.json", "16", "-16")
      },
      Damage("a huge size", .fileInvalid, "config.json", "vocab_size") {
        $0.edit("config.json", "18", "9223372036854775807")
      },
      Damage("heads that do not divide", .fileInvalid, "config.json", "num_attention_heads") {
        $0.edit("config.json", "heads\": 2", "heads\": 3")
      },
      Damage("another architecture", .unsupported, "config.json", "xlm-roberta") {
        $0.edit("config.json", "\"bert\"", "\"xlm-roberta\"")
      },
      Damage("another activation", .unsupported, "config.json", "silu") {
        $0.edit("config.json", "\"gelu\"", "\"silu\"")
      },
      Damage("relative positions", .unsupported, "config.json", "relative_key") {
        $0.edit(
          "config.json", "\"type_vocab",
          "\"position_embedding_type\": \"relative_key\", \"type_vocab")
      },
      Damage("another module", .unsupported, "modules.json", "Dense") {
        $0.edit("modules.json", "models.Normalize", "models.Dense")
      },
      Damage("no pooling", .fileInvalid, "modules.json", "Pooling") {
        $0.edit("modules.json", "models.Pooling", "models.Normalize")
      },
      Damage("a module outside", .fileInvalid, "modules.json", "../../etc") {
        $0.edit("modules.json", "1_Pooling", "../../etc")
      },
      Damage("two poolings", .unsupported, "1_Pooling/config.json", "mean with max") {
        $0.edit("1_Pooling/config.json", "max_tokens\": false", "max_tokens\": true")
      },
      Damage("another dimension", .fileInvalid, "1_Pooling/config.json", "word_embedding_dimension")
      {
        $0.edit("1_Pooling/config.json", "8", "9")
      },
      Damage("no room for tokens", .fileInvalid, "sentence_bert_config.json", "max_seq_length") {
        $0.edit("sentence_bert_config.json", "16", "2")
      },
      Damage("tokenizer.json is cut off", .fileInvalid, "tokenizer.json", "vocab") {
        $0.files["tokenizer.json"]?.removeLast(40)
      },
      Damage("tokenizer.json has no end", .fileInvalid, "tokenizer.json") {
        $0.files["tokenizer.json"]?.removeLast()
      },
      Damage("a token beyond the embeddings", .fileInvalid, "tokenizer.json", "18") {
        $0.edit("tokenizer.json", "\"hello\": 5", "\"hello\": 18")
      },
      Damage("a negative token", .fileInvalid, "tokenizer.json", "vocab") {
        $0.edit("tokenizer.json", "\"hello\": 5", "\"hello\": -5")
      },
      Damage("a token of 40 digits", .fileInvalid, "tokenizer.json", "vocab") {
        $0.edit("tokenizer.json", "\"hello\": 5", "\"hello\": \(String(repeating: "9", count: 40))")
      },
      Damage(
        "an unknown token that is unknown", .fileInvalid, "tokenizer.json", "unk_token", "<unk>"
      ) {
        $0.edit("tokenizer.json", "\"unk_token\": \"[UNK]\"", "\"unk_token\": \"<unk>\"")
      },
      Damage("another tokenizer", .unsupported, "tokenizer.json", "Unigram") {
        $0.edit("tokenizer.json", "\"WordPiece\"", "\"Unigram\"")
      },
      Damage("no tokens around a text", .unsupported, "tokenizer.json", "post_processor") {
        $0.edit("tokenizer.json", "\"post_processor\"", "\"post_processors\"")
      },
      Damage("a template of the text alone", .unsupported, "tokenizer.json", "post_processor") {
        $0.edit(
          "tokenizer.json", "\"type\": \"BertProcessing\"",
          #""type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}]"#)
      },
      Damage("vocab.txt without special tokens", .fileInvalid, "vocab.txt", "[CLS]") {
        $0.files["tokenizer.json"] = nil
        $0.edit("vocab.txt", "[CLS]", "[BOS]")
      },
      Damage("vocab.txt with a token too many", .fileInvalid, "vocab.txt", "18") {
        $0.files["tokenizer.json"] = nil
        $0.files["vocab.txt"]? += "more\n"
      },
      Damage("a tensor is missing", .tensorInvalid, "encoder.layer.1.output.dense.bias") {
        $0.shapes["encoder.layer.1.output.dense.bias"] = nil
      },
      Damage("a tensor is turned", .tensorInvalid, "layer.0.intermediate.dense.weight", "[8, 16]") {
        $0.shapes["encoder.layer.0.intermediate.dense.weight"] = [8, 16]
      },
      Damage("a tensor has a dimension more", .tensorInvalid, "LayerNorm.weight") {
        $0.shapes["embeddings.LayerNorm.weight"] = [8, 1]
      },
      Damage(weights: "the weights are empty", .weightsDamaged, "model.safetensors", "0 bytes") {
        $0 = Data()
      },
      Damage(weights: "the weights are cut off", .weightsDamaged, "model.safetensors") {
        $0.removeLast(64)
      },
      Damage(
        weights: "the weights end in the header", .weightsDamaged, "model.safetensors", "header"
      ) {
        $0 = $0.prefix(100)
      },
      Damage(
        weights: "a header longer than the file", .weightsDamaged, "model.safetensors", "header"
      ) {
        $0[3] = 1
      },
      Damage(weights: "a header of 2⁶⁴ − 1 bytes", .weightsDamaged, "model.safetensors", "header") {
        $0.replaceSubrange(0..<8, with: Data(repeating: 255, count: 8))
      },
      Damage(weights: "a header that is not JSON", .weightsDamaged, "model.safetensors", "JSON") {
        $0[8] = UInt8(ascii: "!")
      },
      Damage(weights: "an offset beyond the file", .weightsDamaged, "position_embeddings") {
        replace(
          &$0, "\"shape\": [32,8], \"data_offsets\": [", "\"shape\": [32,8], \"data_offsets\": [9")
      },
      Damage(weights: "a negative offset", .weightsDamaged, "embeddings.LayerNorm.bias") {
        replace(&$0, "\"data_offsets\": [0,", "\"data_offsets\":[-1,")
      },
      Damage(weights: "an offset beyond 64 bits", .weightsDamaged, "model.safetensors") {
        replace(&$0, "\"data_offsets\": [0,", "\"data_offsets\": [99999999999999999999,")
      },
      Damage(weights: "a shape that overflows", .weightsDamaged, "position_embeddings") {
        replace(&$0, "\"shape\": [32,8]", "\"shape\": [9223372036854775807,8]")
      },
      Damage(weights: "a type that is unknown", .weightsDamaged, "F99") {
        replace(&$0, "\"dtype\": \"F32\"", "\"dtype\": \"F99\"")
      },
      Damage(
        weights: "a type that is not implemented", .unsupported, "embeddings.LayerNorm.bias", "I32"
      ) {
        replace(&$0, "\"dtype\": \"F32\", \"shape\": [8]", "\"dtype\": \"I32\", \"shape\": [8]")
      },
    ]

  @Test(arguments: damages)
  func `A damaged model is named with file and field`(_ damage: Damage) throws {
    let folder = try TemporaryFolder()
    var model = MiniatureModel()
    damage.change(&model)
    try model.write(to: folder, weights: damage.weights)
    let error = try #require(throws: EmbeddingError.self) {
      _ = try SentenceEncoder(modelFolder: folder.path)
    }
    #expect(error.code == damage.code, "\(error)")
    for word in damage.words { #expect(error.message.contains(word), "\(error)") }
    #expect(error.message.contains("Fetch the model again") || error.message.contains("Use a"))
  }

  @Test(arguments: ["/nonexistent/model", "/etc/hostname", ""])
  func `A folder that is not there is named`(_ path: String) {
    let error = #expect(throws: EmbeddingError.self) { try SentenceEncoder(modelFolder: path) }
    #expect(error?.code == .fileMissing)
  }

  @Test func `Weights that are not finite give an error, and not a vector`() throws {
    var model = MiniatureModel()
    model.isBroken = true
    let folder = try TemporaryFolder()
    try model.write(to: folder)
    let encoder = try SentenceEncoder(modelFolder: folder.path)
    let error = #expect(throws: EmbeddingError.self) { try encoder.encode(["hello"]) }
    #expect(error?.code == .vectorInvalid)
    #expect(error?.message.contains("position 0") == true)
  }

  @Test func `Damage anywhere in the header never traps`() throws {
    let folder = try TemporaryFolder()
    let model = MiniatureModel()
    var generator = SplitMix(state: 1)
    for _ in 0..<40 {
      try model.write(to: folder) { data in
        for _ in 0..<3 {
          data[Int.random(in: 0..<3000, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
      }
      // Either is right: bytes of names may be changed without harm.
      _ = try? SentenceEncoder(modelFolder: folder.path, threads: 1).encode(["hello"])
    }
  }

  /// Replaces the first place of a text in the header, and mends the length before it.
  private static func replace(_ data: inout Data, _ old: String, _ new: String) {
    guard let range = data.range(of: Data(old.utf8)) else {
      Issue.record("The header has no \(old)")
      return
    }
    data.replaceSubrange(range, with: Data(new.utf8))
    let grown = new.utf8.count - old.utf8.count
    var length = (0..<8).reduce(0) { $0 | Int(data[$1]) << (8 * $1) } + grown
    for index in 0..<8 {
      data[index] = UInt8(length & 255)
      length >>= 8
    }
  }
}
