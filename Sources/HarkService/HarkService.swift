package import Foundation
package import Hark
package import HarkServer
import Synchronization

/// What the socket does: the methods of docs/api.md over one store.
package final class HarkService: RPCService {
  let engine: Engine
  private let roster: AccessRoster
  private let retentionDays: Int?
  private let account = Mutex(RequestAccount())
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  /// All methods, in the order of the documentation.
  static let interface: [Method] =
    [hello] + taskMethods + searchMethods + documentMethods + chatMethods + serverMethods
  private static let methods = Dictionary(
    interface.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// A method by its name.
  static func method(_ name: String) -> Method? { methods[name] }

  /// Makes a service.
  ///
  /// - Parameters:
  ///   - engine: the store.
  ///   - owner: the user who may do everything.
  ///   - configuration: what others may do, and how long chats are kept.
  package init(
    engine: Engine, owner: UInt32, configuration: ServerConfiguration = ServerConfiguration()
  ) {
    self.engine = engine
    roster = AccessRoster(owner: owner, rules: configuration.rules)
    retentionDays = configuration.retentionDays
    start = clock.now
  }

  package func answer(
    _ request: RPCRequest, notify: @escaping @Sendable (String, Data) async -> Void
  ) async throws(RPCError) -> Data {
    guard let method = Self.method(request.method) else {
      account.withLock { $0.add("unknown", .zero, failed: true) }
      throw .methodNotFound(request.method)
    }
    let begin = clock.now
    do throws(RPCError) {
      let access = roster.access(of: request.peer)
      if let right = method.description.right, !access.allows(right) {
        throw .forbidden("You may not \(right.rawValue) here, and \(method.name) does.")
      }
      let answer = try await method.answer(
        MethodContext(service: self, request: request, access: access, notify: notify))
      account.withLock { $0.add(method.name, clock.now - begin, failed: false) }
      return answer
    } catch {
      account.withLock { $0.add(method.name, clock.now - begin, failed: true) }
      throw error
    }
  }

  package func admits(_ peer: Peer) -> Bool { !roster.access(of: peer).grants.isEmpty }

  package func traits(of method: String) -> MethodTraits {
    Self.method(method)?.description.traits ?? MethodTraits()
  }

  /// How the server is.
  struct Health: Encodable, Sendable {
    let status: String
    let store: String
    let version: String
    let uptimeSeconds: Double

    enum CodingKeys: String, CodingKey {
      case status, store, version
      case uptimeSeconds = "uptime_s"
    }
  }

  /// How the server is: whether the store can be read.
  var currentHealth: Health {
    get async {
      let isWell = (try? await engine.collections()) != nil
      return Health(
        status: isWell ? "ok" : "failing", store: engine.storePath, version: Self.version,
        uptimeSeconds: (clock.now - start) / .seconds(1))
    }
  }

  package func health() async -> Data {
    (try? JSONText.encode(await currentHealth)) ?? Data("{}".utf8)
  }

  package func metrics() async -> String {
    let statistics = try? await engine.statistics()
    return account.withLock { $0.text }
      + RequestAccount.gauge("hark_up", "Whether the store can be read.", statistics == nil ? 0 : 1)
      + RequestAccount.gauge(
        "hark_documents", "Documents in the store.",
        statistics?.collections.reduce(0) { $0 + $1.documents } ?? 0)
      + RequestAccount.gauge(
        "hark_chunks", "Chunks in the store.",
        statistics?.collections.reduce(0) { $0 + $1.chunks } ?? 0)
  }

  /// Does what the server has to do beside answering, until the task is canceled: it carries out the
  /// tasks of the queue, and deletes turns of the chat log that are too old, at once and then every
  /// hour.
  ///
  /// - Parameter tell: called with what becomes of tasks, from any thread.
  package func keepHouse(_ tell: @escaping @Sendable (TaskEvent) -> Void = { _ in }) async {
    await withTaskGroup { group in
      group.addTask { [engine] in await engine.runTasks(tell) }
      if let retentionDays {
        group.addTask { [self] in await deleteTurns(olderThan: retentionDays) }
      }
    }
  }

  private func deleteTurns(olderThan retentionDays: Int) async {
    repeat {
      // A store that cannot be written now may be written in an hour; metrics tell of failures.
      let isDone = (try? await engine.chat.delete(.olderThan(days: retentionDays))) != nil
      account.withLock { $0.add("retention", .zero, failed: !isDone) }
    } while (try? await Task.sleep(for: .seconds(3_600))) != nil
  }

  /// The version of the interface, which grows with what would break a client.
  static let interfaceVersion = 1
  /// The version of the program.
  package static let version = "0.1.0"
}

/// Requests so far, by method.
struct RequestAccount: Sendable {
  private struct Entry {
    var answered = 0
    var failed = 0
    var seconds = 0.0
  }

  private var entries: [String: Entry] = [:]

  /// Counts a request.
  mutating func add(_ method: String, _ time: Duration, failed: Bool) {
    entries[method, default: Entry()].seconds += time / .seconds(1)
    if failed {
      entries[method, default: Entry()].failed += 1
    } else {
      entries[method, default: Entry()].answered += 1
    }
  }

  /// The account in the format of Prometheus.
  var text: String {
    var text = """
      # HELP hark_requests_total Requests by method and outcome.
      # TYPE hark_requests_total counter

      """
    let sorted = entries.sorted { $0.key < $1.key }
    for (method, entry) in sorted {
      text += "hark_requests_total{method=\"\(method)\",outcome=\"answered\"} \(entry.answered)\n"
      text += "hark_requests_total{method=\"\(method)\",outcome=\"failed\"} \(entry.failed)\n"
    }
    text += """
      # HELP hark_request_seconds_total Seconds spent on requests by method.
      # TYPE hark_request_seconds_total counter

      """
    for (method, entry) in sorted {
      text += "hark_request_seconds_total{method=\"\(method)\"} \(entry.seconds)\n"
    }
    return text
  }

  /// A number that goes up and down.
  static func gauge(_ name: String, _ help: String, _ value: Int) -> String {
    "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(value)\n"
  }
}
