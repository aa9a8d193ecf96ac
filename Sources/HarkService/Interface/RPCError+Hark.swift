import Hark
import HarkServer

extension RPCError {
  /// The engine's error as the socket tells it: its code and sentence stay.
  ///
  /// - Parameter names: the parameters of the method: a sentence that begins with one, or a place in
  ///   one, is about it.
  init(_ error: HarkError, names: Set<String>) {
    if error.code == .canceled {
      self = .canceled
      return
    }
    let code = error.code.rawValue
    let first = String(error.message.prefix { $0 != " " })
    let root = String(first.prefix { $0 != "." && $0 != "[" })
    let isLocked = error.code == .storeLocked
    self.init(
      Self.number(of: code), code, error.message, retryable: isLocked || error.code == .diskFull,
      field: names.contains(root) ? first : nil,
      retryAfterMilliseconds: isLocked ? 1_000 : nil)
  }

  /// JSON-RPC's number for a code of the engine.
  static func number(of code: String) -> Int {
    switch HarkError.Code(rawValue: code) {
    case .invalidArgument, .metadataInvalid, .filterInvalid: -32602
    case .storeLocked: -32011
    case .chatAnswered, .requestKeyReused, .collectionExists, .taskEnded: -32012
    case _ where code == "forbidden": -32007
    case _ where code.hasSuffix("-missing"): -32010
    default: -32013
    }
  }

  /// The peer may not do what it asks for.
  static func forbidden(_ message: String, field: String? = nil) -> RPCError {
    RPCError(
      number(of: "forbidden"), "forbidden", message, field: field,
      hint: "The owner of the server grants rights in its configuration, hark.toml.")
  }
}
