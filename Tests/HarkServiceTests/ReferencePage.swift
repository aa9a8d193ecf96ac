import Foundation

@testable import HarkServer
@testable import HarkService

/// The part of docs/api.md that is made from the description of the interface.
enum ReferencePage {
  /// An example as it went.
  struct Exchange: Sendable {
    let method: String
    let params: String
    /// `result` or `error`, and the JSON.
    let outcome: String
    let answer: String
  }

  /// The methods with their examples, and the forms of their results.
  static func markdown(_ exchanges: [Exchange]) -> String {
    let methods = HarkService.interface.map { method in
      section(method, exchanges.first { $0.method == method.name })
    }
    let records = Schema.records.map { record in
      "### \(record.name)\n\n\(record.summary)\n\n" + table(record.fields, of: "member")
    }
    return "## Methods\n\n" + methods.joined(separator: "\n") + "\n## Forms\n\n"
      + records.joined(separator: "\n")
  }

  private static func section(_ method: Method, _ exchange: Exchange?) -> String {
    let description = method.description
    var text = "### `\(method.name)`\n\n\(description.summary)\n\n"
    var facts: [String] = []
    if let right = description.right { facts.append("Needs the right `\(right.rawValue)`.") }
    if !description.errors.isEmpty {
      let codes = description.errors.map { "`\($0)`" }.joined(separator: ", ")
      facts.append("Errors of its own: \(codes).")
    }
    if !facts.isEmpty { text += facts.joined(separator: " ") + "\n\n" }
    if !method.parameters.isEmpty { text += table(method.parameters, of: "parameter") + "\n" }
    if case .object(let fields) = description.result {
      text += table(fields, of: "result") + "\n"
    } else {
      text += "The result: \(description.result.name).\n\n"
    }
    guard let exchange else { return text }
    return text + """
      ```
      → {"jsonrpc": "2.0", "id": 1, "method": "\(method.name)", "params": \(exchange.params)}
      ← {"jsonrpc": "2.0", "id": 1, "\(exchange.outcome)": \(exchange.answer)}
      ```

      """
  }

  private static func table(_ fields: [Field], of what: String) -> String {
    let rows = fields.map { field in
      let name = what == "parameter" && field.isRequired ? "**`\(field.name)`**" : "`\(field.name)`"
      var type = field.schema.name
      if let fallback = field.fallback { type += " (\(fallback.text(indent: "")))" }
      return "| \(name) | \(type) | \(field.summary)\(members(of: field.schema)) |\n"
    }
    return "| \(what) | type | |\n|---|---|---|\n" + rows.joined()
  }

  /// What the members of objects in a field are, where they have no name of their own.
  private static func members(of schema: Schema) -> String {
    switch schema {
    case .object(let fields):
      " "
        + fields.map { field in
          "`\(field.name)`\(field.isRequired ? "" : " (may be left out)"): \(field.summary)"
        }.joined(separator: " ")
    case .list(let element), .optional(let element): members(of: element)
    default: ""
    }
  }
}

extension JSON {
  /// What differs from run to run or from machine to machine, replaced by what it may look like.
  func masked(store: String) -> JSON {
    switch self {
    case .string(let text): .string(text.replacing(store, with: "/srv/hark"))
    case .array(let elements): .array(elements.map { $0.masked(store: store) })
    case .object(let members):
      .object(
        Dictionary(
          uniqueKeysWithValues: members.map { name, value in
            (name, Self.sample(of: name, value) ?? value.masked(store: store))
          }))
    default: self
    }
  }

  private static func sample(of name: String, _ value: JSON) -> JSON? {
    switch (name, value) {
    case (_, .null): nil
    case ("took_ms", _): .number(3.2)
    case ("score", _): .number(0.9)
    case ("uptime_s", _): .number(61.5)
    case ("seconds", _): .number(0.04)
    case ("chunks_per_second", _): .number(50)
    case ("peak_memory_bytes", _): 162_529_280
    case ("catalog_bytes", _), ("segment_bytes", _), ("free_bytes", _): 126_976
    case ("assigned_agent_id", _): "web-1:4242"
    case ("model_path", _): "/srv/models/all-MiniLM-L6-v2"
    case ("text", .string(let text)) where text.hasPrefix("# HELP") || text.hasPrefix("id,"):
      .string(text.prefix { !$0.isNewline } + "\n…")
    case ("vectors", .array(let vectors)): .array(vectors.map { _ in "…" })
    case (_, .string) where name.hasSuffix("_at"): "2026-11-21T09:30:00.000Z"
    default: nil
    }
  }

  /// The value over as many lines as it needs to stay within 96 columns.
  func text(indent: String) -> String {
    let line = (try? JSONText.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard line.count + indent.count > 96 else { return line }
    let inner = indent + "  "
    switch self {
    case .array(let elements):
      return "[\n" + elements.map { inner + $0.text(indent: inner) }.joined(separator: ",\n")
        + "\n\(indent)]"
    case .object(let members):
      return "{\n"
        + members.sorted { $0.key < $1.key }.map { name, value in
          "\(inner)\"\(name)\": \(value.text(indent: inner))"
        }.joined(separator: ",\n") + "\n\(indent)}"
    default: return line
    }
  }
}
