import Foundation
import TestKit

/// A whole sentence-transformers folder of a few kilobytes, for tests that change its files.
struct MiniatureModel {
  /// How the numbers are stored.
  enum Precision: String, CaseIterable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
  }

  static let hidden = 8
  static let wide = 16
  static let layers = 2
  static let vocabulary = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "un", "##believ", "##able", ".",
    "#", "a", "##a", "b", "##b", "\u{B7}", "\u{387}",
  ]

  /// The JSON files by name.
  var files: [String: String]
  /// The shapes of the tensors by name.
  var shapes: [String: [Int]]
  var precision = Precision.float32
  /// Spaces after the header, which shift the numbers.
  var padding = 0
  /// Whether one number of the model is not finite.
  var isBroken = false

  init() {
    files = [
      "modules.json": """
      [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
       {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
       {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
      """,
      "config.json": """
      {"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
       "intermediate_size": 16, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "vocab_size": 18,
       "max_position_embeddings": 32, "type_vocab_size": 2}
      """,
      "1_Pooling/config.json": """
      {"word_embedding_dimension": 8, "pooling_mode_cls_token": false,
       "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false}
      """,
      "sentence_bert_config.json": #"{"max_seq_length": 16, "do_lower_case": false}"#,
      "tokenizer.json": Self.tokenizer,
      "vocab.txt": Self.vocabulary.joined(separator: "\n") + "\n",
    ]
    shapes = Self.shapes
  }

  private static var tokenizer: String {
    let entries = vocabulary.enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
    let added = vocabulary.prefix(5).enumerated().map { index, token in
      """
      {"id": \(index), "content": "\(token)", "single_word": false, "lstrip": false,
       "rstrip": false, "normalized": false, "special": true}
      """
    }
    return """
      {"added_tokens": [\(added.joined(separator: ", "))],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                      "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                 "max_input_chars_per_word": 100, "vocab": {\(entries)}}}
      """
  }

  private static var shapes: [String: [Int]] {
    var shapes = [
      "embeddings.word_embeddings.weight": [vocabulary.count, hidden],
      "embeddings.position_embeddings.weight": [32, hidden],
      "embeddings.token_type_embeddings.weight": [2, hidden],
      "embeddings.LayerNorm.weight": [hidden],
      "embeddings.LayerNorm.bias": [hidden],
    ]
    for layer in 0..<layers {
      let prefix = "encoder.layer.\(layer)."
      let products = [
        ("attention.self.query", hidden, hidden), ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden), ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", wide, hidden), ("output.dense", hidden, wide),
      ]
      for (name, rows, columns) in products {
        shapes[prefix + name + ".weight"] = [rows, columns]
        shapes[prefix + name + ".bias"] = [rows]
      }
      for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
        shapes[prefix + name + ".weight"] = [hidden]
        shapes[prefix + name + ".bias"] = [hidden]
      }
    }
    return shapes
  }

  /// Replaces text in a file, which has to be there.
  mutating func edit(_ file: String, _ old: String, _ new: String) {
    files[file] = files[file]?.replacingOccurrences(of: old, with: new)
  }

  /// Puts a prefix before the name of every tensor.
  mutating func prefixTensors(_ prefix: String) {
    shapes = Dictionary(uniqueKeysWithValues: shapes.map { (prefix + $0.key, $0.value) })
  }

  /// Writes the folder; a file of no text is left out.
  func write(to folder: TemporaryFolder, weights: (inout Data) -> Void = { _ in }) throws {
    for (name, text) in files { try folder.write(name, text) }
    var data = safetensors()
    weights(&data)
    try folder.write("model.safetensors", data)
  }

  /// The weights: a header, and numbers that depend on the names of the tensors.
  private func safetensors() -> Data {
    var header: [String] = [#""__metadata__": {"format": "pt"}"#]
    var numbers = Data()
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      let begin = numbers.count
      let plain = name.replacingOccurrences(of: "bert.", with: "")
      var generator = SplitMix(state: plain.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
      for _ in 0..<shape.reduce(1, *) {
        // Multiples of 1/64 below 2 are the same number in every precision.
        var value = Float(Int.random(in: -64...64, using: &generator)) / 64
        if name.hasSuffix("LayerNorm.weight") { value = 1 }
        append(isBroken ? .nan : value, to: &numbers)
      }
      let extents = shape.map(String.init).joined(separator: ",")
      header.append(
        """
        "\(name)": {"dtype": "\(precision.rawValue)", "shape": [\(extents)], \
        "data_offsets": [\(begin), \(numbers.count)]}
        """)
    }
    let json = "{" + header.joined(separator: ", ") + "}"
    let spaces = (8 - json.utf8.count % 8) % 8 + padding
    let text = Data((json + String(repeating: " ", count: spaces)).utf8)
    return Self.littleEndian(UInt64(text.count)) + text + numbers
  }

  private func append(_ value: Float, to data: inout Data) {
    switch precision {
    case .float32: data += Self.littleEndian(value.bitPattern)
    case .float16: data += Self.littleEndian(Float16(value).bitPattern)
    case .bfloat16: data += Self.littleEndian(UInt16(value.bitPattern >> 16))
    }
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> Data {
    Data((0..<(value.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
  }
}
