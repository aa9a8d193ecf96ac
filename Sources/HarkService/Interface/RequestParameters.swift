import Foundation
import Hark
import HarkServer

/// Takes the parameters of a request apart.
enum RequestParameters {
  /// The transport's own parameter, which every method takes.
  static let common = Field.optional(
    "deadline_ms", .integer(0...86_400_000),
    "After so many milliseconds the answer is of no use any more.")

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Parameters of which none has a name that the method does not know.
  private struct Checked<P: Parameters>: Decodable {
    let parameters: P

    init(from decoder: any Decoder) throws {
      try checkNames(.object(P.fields + [common]), decoder)
      parameters = try P(from: decoder)
    }
  }

  private struct Request<P: Parameters>: Decodable {
    let params: Checked<P>?
  }

  /// The parameters of a request; none are as an empty object.
  ///
  /// - Throws: `invalid-params` that names the parameter.
  static func decode<P: Parameters>(
    _ type: P.Type, from body: Data
  ) throws(RPCError) -> P {
    guard !holdsNull(body) else {
      throw .invalidParams(
        "A text in the parameters holds the character U+0000.", field: "params",
        hint: "The store would end the text there: leave the character out.")
    }
    let decoder = JSONDecoder()
    do {
      let request = try decoder.decode(Request<P>.self, from: body)
      return try request.params?.parameters ?? decoder.decode(P.self, from: Data("{}".utf8))
    } catch let error as RPCError {
      throw error
    } catch let error as DecodingError {
      throw invalid(error)
    } catch let error as HarkError {
      throw RPCError(error, names: Set(P.fields.map(\.name)))
    } catch {
      throw .invalidParams("The parameters cannot be read: \(error).")
    }
  }

  /// Whether JSON holds the escape of U+0000, the only form in which the character can stand there.
  private static func holdsNull(_ json: Data) -> Bool {
    let escape = Data("\\u0000".utf8)
    var start = json.startIndex
    while let found = json.range(of: escape, in: start..<json.endIndex) {
      // After an odd number of backslashes this one is itself escaped.
      let before = json[..<found.lowerBound].reversed().prefix { $0 == UInt8(ascii: "\\") }
      if before.count.isMultiple(of: 2) { return true }
      start = found.upperBound
    }
    return false
  }

  /// Looks for members that an object may not have, and into the objects within. Values of other
  /// forms are left to the decoding that follows.
  ///
  /// - Throws: `invalid-params` that names the member.
  private static func checkNames(_ schema: Schema, _ decoder: any Decoder) throws {
    switch schema {
    case .object(let fields):
      let container = try decoder.container(keyedBy: AnyKey.self)
      let names = Set(fields.map(\.name))
      if let unknown = container.allKeys.filter({ !names.contains($0.stringValue) })
        .min(by: { $0.stringValue < $1.stringValue })
      {
        let place = path(decoder.codingPath + [unknown])
        throw RPCError.invalidParams(
          "There is no parameter \(place).", field: place,
          hint: "The parameters are \(names.sorted().joined(separator: ", ")).")
      }
      for field in fields where field.schema.hasMembers {
        let key = AnyKey(stringValue: field.name)
        guard container.contains(key), try !container.decodeNil(forKey: key) else { continue }
        try checkNames(field.schema, container.superDecoder(forKey: key))
      }
    case .list(let element):
      var list = try decoder.unkeyedContainer()
      while !list.isAtEnd { try checkNames(element, list.superDecoder()) }
    default: break
    }
  }

  private static func invalid(_ error: DecodingError) -> RPCError {
    switch error {
    case .keyNotFound(let key, let context):
      let field = path(context.codingPath + [key])
      return .invalidParams("The parameter \(field) is missing.", field: field)
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      let field = path(context.codingPath)
      guard !field.isEmpty else {
        // A number that no integer holds comes without its place.
        return .invalidParams(
          "params has to be an object of parameters of the right types: "
            + context.debugDescription, field: "params")
      }
      return .invalidParams(
        "The parameter \(field) is of the wrong type, or not one of the values that it may have.",
        field: field, hint: context.debugDescription)
    @unknown default:
      return .invalidParams("The parameters cannot be read.")
    }
  }

  /// A place in the parameters: `sources[2].chunk_id`.
  private static func path(_ keys: [any CodingKey]) -> String {
    keys.dropFirst().reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }
}

extension Schema {
  /// Whether values of the form have members whose names can be checked.
  fileprivate var hasMembers: Bool {
    switch self {
    case .object: true
    case .list(let element): element.hasMembers
    default: false
    }
  }
}
