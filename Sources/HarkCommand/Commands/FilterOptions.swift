import ArgumentParser
import Foundation
import Hark

/// The options that say which chunks a search may find.
struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Find only what passes a filter: JSON in the form of Qdrant's, see docs/retrieval.md.",
      valueName: "json"))
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "Find only what lies at or below this path. May be given several times.",
      valueName: "path"))
  var path: [String] = []

  @Option(
    help: ArgumentHelp(
      "Find only pdf, html, markdown or text. May be given several times.", valueName: "type"))
  var type: [String] = []

  @Option(
    name: .customLong("meta"),
    help: ArgumentHelp(
      """
      Find only documents with this in their metadata: one of the values of a key that is given \
      several times, and all of several keys. 'key=' finds documents without the key.
      """, valueName: "key=value"))
  var metadata: [String] = []

  /// The filter that the options make; nil without any.
  ///
  /// - Throws: `filter-invalid`; `invalid-argument` for what is no `key=value`.
  func searchFilter() throws(HarkError) -> SearchFilter? {
    var must: [SearchFilter.Condition] = []
    if let filter { must.append(.filter(try SearchFilter(json: filter))) }
    if !path.isEmpty {
      let folders = path.map { path in
        SearchFilter.Condition.folder(URL(filePath: path).resolvingSymlinksInPath().path)
      }
      must.append(.filter(SearchFilter(should: folders)))
    }
    if !type.isEmpty { must.append(.match("file_type", any: type.map(MetadataValue.text))) }
    must += try DocumentMetadata(assignments: metadata).conditions
    return must.isEmpty ? nil : try SearchFilter(must: must).checked()
  }
}

extension DocumentMetadata {
  /// What documents have to fulfil whose metadata say the same.
  fileprivate var conditions: [SearchFilter.Condition] {
    var values: [(key: String, value: MetadataValue)] = fields.map { ($0.key, $0.value) }
    let texts = [
      ("title", title), ("author", author), ("language", language), ("created", created),
      ("modified", modified), ("source_url", sourceURL),
    ]
    for (key, text) in texts { if let text { values.append((key, MetadataValue(text))) } }
    if !tags.isEmpty { values.append(("tags", .list(tags.map(MetadataValue.text)))) }
    let stated = values.sorted { $0.key < $1.key }.map { key, value in
      if case .list(let elements) = value {
        SearchFilter.Condition.match("metadata.\(key)", any: elements)
      } else {
        SearchFilter.Condition.match("metadata.\(key)", value)
      }
    }
    return stated + removed.sorted().map { .isEmpty("metadata.\($0)") }
  }
}
