import Hark
import HarkServer

extension RPCError {
  /// The engine's error as the socket tells it: its code and sentence stay.
  ///
  /// - Parameter names: the parameters of the method: a sentence that begins with one is about it.
  init(_ error: HarkError, names: Set<String>) {
    let code = error.code.rawValue
    let first = error.message.prefix { $0 != " " }
    let field = names.contains(String(first)) ? String(first) : nil
    switch error.code {
    case .invalidArgument:
      self.init(-32602, code, error.message, field: field)
    case .storeLocked:
      self.init(
        -32011, code, error.message, retryable: true, retryAfterMilliseconds: 1_000)
    case .chatAnswered, .requestKeyReused, .collectionExists, .taskEnded:
      self.init(-32012, code, error.message, field: field)
    case .canceled:
      self = .canceled
    case _ where code.hasSuffix("-missing"):
      self.init(-32010, code, error.message, field: field)
    default:
      self.init(-32013, code, error.message, retryable: error.code == .diskFull)
    }
  }
}
