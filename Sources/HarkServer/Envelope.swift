import Foundation

/// What the transport reads of a request; the params are the service's.
struct Envelope {
  /// Why a request cannot be taken, and the id that the error goes to.
  struct Refusal: Error {
    /// The id of the request; null where it cannot be told.
    let id: RequestID
    /// What its sender gets.
    let error: RPCError
  }

  /// How many bytes an id may have: it is kept and sent back.
  static let idBytes = 1_024

  /// The id, or nil for a notification.
  let id: RequestID?
  /// The name of the method.
  let method: String
  /// How long the answer is of use.
  let patience: Duration?
  /// The id in the params, which means something to the method `cancel`.
  let target: RequestID?

  /// Reads the text of a request. O(bytes).
  ///
  /// - Throws: `Refusal` with the error that JSON-RPC has for the case.
  init(_ body: Data, depthLimit: Int) throws(Refusal) {
    let text = body.span
    guard (try? UTF8Span(validating: text)) != nil else {
      throw Refusal(id: .null, error: .parseError("The request is not valid UTF-8."))
    }
    let members = try Self.scan(text, depthLimit: depthLimit)
    id = try Self.id(members[.id], text)
    // From here on the error reaches the request that it is about.
    let sender = id ?? .null
    guard let version = members[.version], JSONText.verbatim(version, of: text) == "\"2.0\"" else {
      throw Refusal(
        id: sender,
        error: .invalidRequest(
          "The member jsonrpc must be the string 2.0.", field: "jsonrpc",
          hint: "Begin with {\"jsonrpc\":\"2.0\","))
    }
    guard let name = members[.method], text[name.lowerBound] == UInt8(ascii: "\""),
      let method = JSONText.string(name, of: text)
    else {
      throw Refusal(
        id: sender,
        error: .invalidRequest("The member method must be a string.", field: "method"))
    }
    self.method = method
    if let params = members[.params], !"{[n".utf8.contains(text[params.lowerBound]) {
      throw Refusal(
        id: sender,
        error: .invalidRequest("The member params must be an object.", field: "params"))
    }
    do throws(RPCError) {
      patience = try Self.patience(members[.deadline], text)
    } catch {
      throw Refusal(id: sender, error: error)
    }
    target = try? Self.id(members[.target], text)
  }

  private static func scan(
    _ text: Span<UInt8>, depthLimit: Int
  ) throws(Refusal) -> [EnvelopeScanner.Member: Range<Int>] {
    var scanner = EnvelopeScanner(depthLimit: depthLimit)
    let failure: RPCError
    do throws(EnvelopeScanner.Fault) {
      try scanner.scan(text)
      let blanks: [UInt8] = [0x09, 0x0A, 0x0D, 0x20]
      let first = text.indices.first { !blanks.contains(text[$0]) }.map { text[$0] }
      switch first {
      case UInt8(ascii: "{"): return scanner.members
      case UInt8(ascii: "["):
        failure = .invalidRequest(
          "Batches of requests are not taken.",
          hint: "Use the method batch, or send the requests one by one without waiting.")
      default: failure = .invalidRequest("A request is a JSON object.")
      }
    } catch {
      failure =
        switch error {
        case .syntax(let offset):
          .parseError("The request is not valid JSON: see its byte \(offset).")
        case .depth:
          .invalidRequest("A request may be nested \(depthLimit) levels deep at most.")
        case .duplicate(let member):
          .invalidRequest(
            "The member \(member.rawValue) is there twice.", field: member.rawValue)
        }
    }
    throw Refusal(id: .null, error: failure)
  }

  private static func id(
    _ range: Range<Int>?, _ text: Span<UInt8>
  ) throws(Refusal) -> RequestID? {
    guard let range else { return nil }
    guard range.count <= idBytes else {
      throw Refusal(
        id: .null,
        error: .invalidRequest("An id may have \(idBytes) bytes at most.", field: "id"))
    }
    switch text[range.lowerBound] {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"):
      throw Refusal(
        id: .null,
        error: .invalidRequest("An id is a number, a string or null.", field: "id"))
    default: return RequestID(json: JSONText.verbatim(range, of: text))
    }
  }

  private static func patience(
    _ range: Range<Int>?, _ text: Span<UInt8>
  ) throws(RPCError) -> Duration? {
    guard let range, text[range.lowerBound] != UInt8(ascii: "n") else { return nil }
    guard let value = Double(JSONText.verbatim(range, of: text)), value >= 0 else {
      throw .invalidParams(
        "deadline_ms must be a number of milliseconds from 0 on.", field: "deadline_ms")
    }
    // A day is longer than any request, and far from where the clock's arithmetic overflows.
    return .milliseconds(min(value, 86_400_000))
  }
}
