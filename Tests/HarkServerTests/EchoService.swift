import Foundation
import HarkServer
import Synchronization
import TestKit

/// A service that does what the tests ask of it, and counts.
final class EchoService: RPCService {
  /// What has happened so far.
  struct Counts {
    var running = 0
    var most = 0
    var canceled = 0
    var written = 0
    var notified = 0
    /// The ids in the order in which their work began, of the first thousand.
    var begun: [String] = []
    var isOpen = false
  }

  private struct Params: Decodable {
    struct Values: Decodable { var ms, n: Int? }
    var params: Values?
  }

  private let state = Mutex(Counts())
  private let admitted: Bool

  init(admits admitted: Bool = true) { self.admitted = admitted }

  /// What has happened so far.
  var counts: Counts { state.withLock { $0 } }

  /// Lets all requests end that `hold`, `grind` and `watch` hold.
  func open() { state.withLock { $0.isOpen = true } }

  func admits(_ peer: Peer) -> Bool { admitted }

  func traits(of method: String) -> MethodTraits {
    switch method {
    case "grind": MethodTraits(lane: .heavy)
    case "watch": MethodTraits(lane: .waiting)
    default: MethodTraits(finishesAfterDisconnect: method == "write")
    }
  }

  func health() async -> Data { Data("{\"status\":\"ok\"}".utf8) }

  func metrics() async -> String { "hark_up 1\n" }

  func answer(
    _ request: RPCRequest, notify: @escaping @Sendable (String, Data) async -> Void
  ) async throws(RPCError) -> Data {
    state.withLock { state in
      state.running += 1
      state.most = max(state.most, state.running)
      if state.begun.count < 1_000 { state.begun.append(request.id.json) }
    }
    defer { state.withLock { $0.running -= 1 } }
    let params = (try? JSONDecoder().decode(Params.self, from: request.body))?.params
    let number = max(0, params?.n ?? 0)
    do {
      switch request.method {
      case "echo": return try echo(request.body)
      case "peer": return Data("[\(request.peer.uid),\(request.peer.gid),\(request.peer.pid)]".utf8)
      case "pretty": return Data("{\n  \"a\": 1\r\n}".utf8)
      case "sleep": try await Task.sleep(for: .milliseconds(params?.ms ?? 0))
      case "hold", "grind", "watch":
        while !counts.isOpen { try await Task.sleep(for: .milliseconds(5)) }
      case "fail":
        throw RPCError.invalidParams("It fails.", field: "n", hint: "Do not call it.")
      case "count":
        for index in 0..<min(number, 10_000) { await notify("tick", Data("{\"n\":\(index)}".utf8)) }
      case "flood":
        while true {
          try Task.checkCancellation()
          await notify("flood", try JSONEncoder().encode(String(repeating: "x", count: 100_000)))
          state.withLock { $0.notified += 1 }
        }
      case "big": return Data("\"\(String(repeating: "x", count: number))\"".utf8)
      case "write":
        while !counts.isOpen { try await Task.sleep(for: .milliseconds(5)) }
        state.withLock { $0.written += 1 }
      default: throw RPCError.methodNotFound(request.method)
      }
      return Data("true".utf8)
    } catch let error as RPCError {
      throw error
    } catch {
      state.withLock { $0.canceled += 1 }
      throw .canceled
    }
  }

  private func echo(_ body: Data) throws -> Data {
    let request = try JSONSerialization.jsonObject(with: body) as? [String: Any]
    return try JSONSerialization.data(
      withJSONObject: request?["params"] ?? NSNull(),
      options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
  }
}
