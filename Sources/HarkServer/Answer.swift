import Foundation

/// What goes back for a request.
struct Answer: Sendable {
  /// The id of the request.
  let id: RequestID
  /// The JSON of the result, or the error.
  let outcome: Result<Data, RPCError>

  /// The answer as one line of JSON without its end.
  var json: Data {
    var json = Data("{\"jsonrpc\":\"2.0\",\"id\":\(id),".utf8)
    switch outcome {
    case .success(let result):
      json += Data("\"result\":".utf8)
      json += JSONText.onOneLine(result)
    case .failure(let error):
      json += Data("\"error\":".utf8)
      json += Self.json(of: error)
    }
    json.append(UInt8(ascii: "}"))
    return json
  }

  /// A notification as one line of JSON without its end.
  static func notification(_ method: String, params: Data) -> Data {
    var json = Data("{\"jsonrpc\":\"2.0\",\"method\":".utf8)
    json += JSONText.quoted(method)
    json += Data(",\"params\":".utf8)
    json += JSONText.onOneLine(params)
    json.append(UInt8(ascii: "}"))
    return json
  }

  private static func json(of error: RPCError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings, numbers and truth values always encode.
    return (try? encoder.encode(error)) ?? Data("null".utf8)
  }
}
