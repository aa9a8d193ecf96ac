package import Foundation
import Hark
import HarkServer

/// The description of the interface in the words of OpenRPC, for programs.
package enum InterfaceDescription {
  /// The interface as an OpenRPC document (specification 1.3) with JSON Schema (draft 2020-12).
  ///
  /// - Parameter isPretty: whether it is indented.
  package static func openRPC(isPretty: Bool) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return try encoder.encode(openRPC)
  }

  /// The interface as an OpenRPC document.
  static var openRPC: JSON {
    let records = Schema.records.map { record in
      (
        record.name,
        Schema.object(record.fields).json.adding("description", .string(record.summary))
      )
    }
    return [
      "openrpc": "1.3.2",
      "info": [
        "title": "Hark", "version": .string(HarkService.version),
        "description": "Searches documents, and logs chats with their sources.",
      ],
      "methods": .array(HarkService.interface.map(method)),
      "components": ["schemas": .object(Dictionary(records) { first, _ in first })],
    ]
  }

  private static func method(_ method: Method) -> JSON {
    let description = method.description
    let example = JSON(text: description.example) ?? [:]
    let given = (method.parameters + [RequestParameters.common]).compactMap { field in
      example[field.name].map { value -> JSON in ["name": .string(field.name), "value": value] }
    }
    var json: JSON = [
      "name": .string(method.name), "summary": .string(description.summary),
      "paramStructure": "by-name",
      "params": .array((method.parameters + [RequestParameters.common]).map(parameter)),
      "result": ["name": "result", "schema": description.result.json],
      "errors": .array(
        description.errors.map { code in
          ["code": .integer(Int64(RPCError.number(of: code))), "message": .string(code)]
        }),
      "examples": [["name": .string(method.name), "params": .array(given)]],
      "x-writes": .boolean(description.writes),
    ]
    if let right = description.right { json = json.adding("x-right", .string(right.rawValue)) }
    return json
  }

  private static func parameter(_ field: Field) -> JSON {
    var schema = field.schema.json
    if let fallback = field.fallback { schema = schema.adding("default", fallback) }
    return [
      "name": .string(field.name), "description": .string(field.summary),
      "required": .boolean(field.isRequired), "schema": schema,
    ]
  }
}
