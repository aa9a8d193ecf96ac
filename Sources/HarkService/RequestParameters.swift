import Foundation
import HarkServer

/// Takes the parameters of a request apart.
enum RequestParameters {
  /// The transport's own parameter, which every method takes.
  private static let common: Set<String> = ["deadline_ms"]

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
      let known = common.union(P.CodingKeys.allCases.map(\.stringValue))
      let names = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
      if let unknown = names.filter({ !known.contains($0) }).min() {
        throw RPCError.invalidParams(
          "There is no parameter \(unknown).", field: unknown,
          hint: "The parameters are \(known.sorted().joined(separator: ", ")).")
      }
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
    let decoder = JSONDecoder()
    do {
      let request = try decoder.decode(Request<P>.self, from: body)
      return try request.params?.parameters ?? decoder.decode(P.self, from: Data("{}".utf8))
    } catch let error as RPCError {
      throw error
    } catch let error as DecodingError {
      throw invalid(error)
    } catch {
      throw .invalidParams("The parameters cannot be read: \(error).")
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
        field: field)
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
