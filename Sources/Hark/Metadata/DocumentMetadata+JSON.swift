internal import Documents
public import Foundation

extension DocumentMetadata {
  /// The most bytes of JSON that are read.
  static let byteLimit = 1 << 20

  /// Reads a JSON object, such as a sidecar.
  ///
  /// These keys are known, in any letter case: `title`; `author` or `authors` (a text or a list);
  /// `language` or `lang`; `created` or `date`; `modified` or `updated`; `tags` or `keywords` (a
  /// list, or a text with commas); `source_url`, `url` or `source`. Null, an empty text and an empty
  /// list remove what other sources say of them. Every other key is a field of the user's own, which
  /// null removes.
  ///
  /// - Parameters:
  ///   - json: UTF-8, with or without a byte order mark; 1 MiB at most.
  ///   - source: The name of the file, for messages.
  /// - Throws: `metadata-invalid`, naming the file and the key: no JSON object, a key that stands
  ///   twice, a known key of a wrong kind, an object in an object, a list in a list, control characters, a
  ///   number beyond 2⁵³ − 1, more than 1,000 fields, a key over 200 bytes or a value over 64 KiB.
  public init(json: Data, source: String) throws(HarkError) {
    let values = try Self.values(json, source: source)
    var reader = MetadataReader()
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      do throws(MetadataProblem) {
        try reader.set(name, to: value)
      } catch {
        throw HarkError(.metadataInvalid, "\(source): \(error.sentence(about: name))")
      }
    }
    self = reader.metadata
  }

  /// Reads a JSON object from a text, as ``init(json:source:)-(Data,_)`` does.
  ///
  /// - Throws: `metadata-invalid`.
  public init(json: String, source: String) throws(HarkError) {
    try self.init(json: Data(json.utf8), source: source)
  }

  /// Reads what the catalog holds.
  ///
  /// - Throws: `catalog-damaged`.
  init(stored json: String) throws(HarkError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch {
      throw HarkError(
        .catalogDamaged, "the catalog holds metadata that cannot be read: \(error)", cause: error)
    }
  }

  /// The metadata as a JSON object with sorted keys, which equal metadata share byte for byte.
  ///
  /// - Throws: `metadata-invalid` for a number that is not finite, and for a field whose key is one
  ///   of the known ones.
  public func canonicalJSON() throws(HarkError) -> String {
    try Self.encode(self)
  }

  /// The same in its normal form: dates in UTC, language tags in their usual letter case, tags each
  /// once, strings that are dates as dates.
  ///
  /// Metadata that a program has put together from parts goes through here before it is kept.
  ///
  /// - Parameter source: What to call it in messages.
  /// - Throws: `metadata-invalid`, as ``init(json:source:)-(Data,_)`` does.
  public func checked(as source: String) throws(HarkError) -> DocumentMetadata {
    try Self(json: Self.encode(self), source: source)
  }

  private static func encode(_ metadata: Self) throws(HarkError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(metadata), as: UTF8.self)
    } catch EncodingError.invalidValue(_, let context) {
      let key = context.codingPath.first?.stringValue ?? ""
      throw HarkError(
        .metadataInvalid,
        "the value of “\(key)” is no finite number, or its key is one with a meaning of its own: "
          + "give another")
    } catch {
      throw HarkError(.metadataInvalid, "the metadata cannot be written: \(error)", cause: error)
    }
  }
}

extension DocumentMetadata {
  /// What a document says of itself, its front matter over the rest.
  ///
  /// What cannot be used is left out, with a warning in the document: nobody asked for it, and the
  /// text can be read all the same. Keys of front matter without a value say nothing, for templates
  /// leave them so.
  ///
  /// - Parameter document: The document; gets the warnings.
  init(own document: inout Document) {
    var own = MetadataReader()
    let texts: [(MetadataKey, String?)] = [
      (.title, document.title), (.author, document.author), (.language, document.language),
      (.created, document.created), (.modified, document.modified), (.sourceURL, document.source),
    ]
    var stated = texts.compactMap { key, text in
      text.map { (key.rawValue, JSONValue.string($0)) }
    }
    stated.append((MetadataKey.tags.rawValue, .array(document.keywords.map(JSONValue.string))))
    var warnings = own.take(stated, of: "the file’s metadata")
    var matter = MetadataReader()
    if let json = document.frontMatter {
      do throws(HarkError) {
        let values = try Self.values(Data(json.utf8), source: "the front matter")
        warnings += matter.take(
          values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, of: "the front matter")
      } catch {
        warnings.append("Left out: \(error.message).")
      }
    }
    self = own.metadata.settled.merging(matter.metadata.settled)
    document.warnings = Array((document.warnings + warnings).prefix(Document.warningLimit))
  }
}

extension MetadataReader {
  /// Takes what can be used of values, and gives a warning for each that cannot.
  fileprivate mutating func take(
    _ values: [(name: String, value: JSONValue)], of source: String
  ) -> [String] {
    var warnings: [String] = []
    for (name, value) in values {
      do throws(MetadataProblem) {
        if case .null = value { continue }
        try set(name, to: value)
      } catch {
        warnings.append("In \(source), \(error.sentence(about: name)).")
      }
    }
    return warnings
  }
}
