import Foundation

/// What a line of the server, or an item of a batch, says: a result or an error.
struct Answer<Value: Decodable>: Decodable {
  private enum CodingKeys: CodingKey { case result, error }

  let outcome: Result<Value, HarkClientError>

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let error = try container.decodeIfPresent(ErrorObject.self, forKey: .error) {
      outcome = .failure(error.error)
    } else {
      outcome = .success(try container.decode(Value.self, forKey: .result))
    }
  }

  /// Reads the answer to a method. O(bytes).
  ///
  /// - Throws: the error that the server answers with, `answer-malformed`.
  static func value(in line: Data, of method: String) throws(HarkClientError) -> Value {
    let answer: Self
    do {
      answer = try JSONDecoder().decode(Self.self, from: line)
    } catch {
      throw .malformed("The answer to \(method) cannot be read\(Self.reason(error)).")
    }
    return try answer.outcome.get()
  }

  /// Where and why a text cannot be decoded.
  private static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, let context)?:
      ": the member \(path(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context)?, .typeMismatch(_, let context)?:
      ": the member \(path(context.codingPath)) is of another type"
    case .dataCorrupted(let context)? where !context.codingPath.isEmpty:
      ": the member \(path(context.codingPath)) cannot be used: \(context.debugDescription)"
    default: ": it is no JSON"
    }
  }

  /// A place in the answer: `result.hits[0].rank`.
  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }
}

extension Answer: Sendable where Value: Sendable {}

/// The error of an answer. Whatever is missing in it, or not as it should be, has a substitute: an
/// error is told as well as it can be.
struct ErrorObject: Decodable {
  private enum CodingKeys: CodingKey { case code, message, data }

  private struct Details: Decodable {
    private enum CodingKeys: String, CodingKey {
      case code, retryable, field, hint
      case retryAfterMilliseconds = "retry_after_ms"
    }

    var code: String?
    var retryable = false
    var field: String?
    var hint: String?
    var retryAfter: Duration?

    init() {}

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      code = try? container.decode(String.self, forKey: .code)
      retryable = (try? container.decode(Bool.self, forKey: .retryable)) ?? false
      field = try? container.decode(String.self, forKey: .field)
      hint = try? container.decode(String.self, forKey: .hint)
      retryAfter = (try? container.decode(Int64.self, forKey: .retryAfterMilliseconds))
        .map { .milliseconds(max(0, $0)) }
    }
  }

  let error: HarkClientError

  init(from decoder: any Decoder) throws {
    let container = try? decoder.container(keyedBy: CodingKeys.self)
    let number = try? container?.decode(Int.self, forKey: .code)
    let message = try? container?.decode(String.self, forKey: .message)
    let details = (try? container?.decode(Details.self, forKey: .data)) ?? Details()
    error = HarkClientError(
      details.code.map(HarkClientError.Code.init(rawValue:)) ?? Self.code(of: number),
      message ?? "The server gave an error without a message.", retryable: details.retryable,
      field: details.field, hint: details.hint, number: number, retryAfter: details.retryAfter)
  }

  /// The name of a kind of error of which the number alone is known.
  private static func code(of number: Int?) -> HarkClientError.Code {
    switch number {
    case -32700: HarkClientError.Code(rawValue: "parse-error")
    case -32600: HarkClientError.Code(rawValue: "invalid-request")
    case -32601: .methodNotFound
    case -32602: .invalidParams
    default: .unexpected
    }
  }
}
