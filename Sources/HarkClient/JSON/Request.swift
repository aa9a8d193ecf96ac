import Foundation
import NIOCore

/// What is asked of the server, apart from the id that it gets on a connection.
struct Request: Sendable {
  /// How many bytes a request may have: the server's limit.
  static let byteLimit = 16 << 20
  /// From how many bytes on the server may refuse a request before it has read its id.
  static let longBytes = 64 << 10

  /// The name of the method.
  let method: String
  /// The parameters as a JSON object.
  let params: Data
  /// Takes what the server tells before it answers.
  let notify: (@Sendable (HarkClient.TaskProgress) -> Void)?

  /// Whether the server may refuse the request before it has read its id.
  var isLong: Bool { params.count + 1_024 > Self.longBytes }

  /// Makes a request.
  ///
  /// - Throws: `invalid-params` where the parameters are no object of JSON, `too-large`.
  init(
    _ method: String, _ params: some Encodable,
    notify: (@Sendable (HarkClient.TaskProgress) -> Void)? = nil
  ) throws(HarkClientError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    do {
      self.params = try encoder.encode(params)
    } catch {
      throw HarkClientError(
        .invalidParams, "The parameters of \(method) cannot be written as JSON: \(error)")
    }
    guard self.params.first == UInt8(ascii: "{") else {
      throw HarkClientError(.invalidParams, "The parameters of \(method) have to be an object.")
    }
    // What stands around the parameters is short.
    guard self.params.count + method.utf8.count <= Self.byteLimit - 1_024 else {
      throw HarkClientError(
        .tooLarge,
        "The parameters of \(method) have \(self.params.count) bytes, and the server takes "
          + "\(Self.byteLimit) a request. Split it into several calls.")
    }
    self.method = method
    self.notify = notify
  }

  /// The line that the server gets.
  ///
  /// - Parameter milliseconds: how long the answer is of use; nil for ever.
  func line(id: Int, milliseconds: Int64?, _ allocator: ByteBufferAllocator) -> ByteBuffer {
    var line = allocator.buffer(capacity: params.count + method.utf8.count + 128)
    line.writeString("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":")
    line.writeBytes(Self.quoted(method))
    line.writeString(",\"params\":")
    if let milliseconds {
      line.writeBytes(params.dropLast())
      line.writeString("\(params.count > 2 ? "," : "")\"deadline_ms\":\(milliseconds)}")
    } else {
      line.writeBytes(params)
    }
    line.writeString("}\n")
    return line
  }

  /// The line that ends the request with an id; it gets no answer.
  static func cancellation(of id: Int, _ allocator: ByteBufferAllocator) -> ByteBuffer {
    allocator.buffer(
      string: "{\"jsonrpc\":\"2.0\",\"method\":\"cancel\",\"params\":{\"id\":\(id)}}\n")
  }

  private static func quoted(_ string: String) -> Data {
    // A string always encodes.
    (try? JSONEncoder().encode(string)) ?? Data("\"\"".utf8)
  }
}
